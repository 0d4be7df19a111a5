// RUN: akg-opt %s -p 'convert-te-to-affine' | filecheck %s

// Scalars are constants of the body, broadcasts constant subscripts; conditions join their user.
// CHECK-LABEL: func.func private @map
// CHECK-SAME:    (%x: memref<4x8xf32, #npu<space gm>>, %c: memref<4x1xf32, #npu<space gm>>, [[OUT:%.*]]: memref<4x8xf32, #npu<space gm>>) attributes {npu.kernel}
// CHECK-NEXT:    affine.for %i = 0 to 4 {
// CHECK-NEXT:      affine.for %j = 0 to 8 {
// CHECK-NEXT:        [[L:%.*]] = affine.load %x[%i, %j]
// CHECK-NEXT:        [[R:%.*]] = affine.load %c[%i, 0]
// CHECK-NEXT:        [[P:%.*]] = arith.cmpf olt, [[L]], [[R]] : f32
// CHECK-NEXT:        [[Z:%.*]] = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        [[S:%.*]] = arith.select [[P]], [[L]], [[Z]] : f32
// CHECK-NEXT:        affine.store [[S]], [[OUT]][%i, %j]
// CHECK-NEXT:      }
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
func.func private @map(%x: tensor<4x8xf32>, %c: tensor<4x1xf32>) -> tensor<4x8xf32> attributes {npu.kernel} {
  %h = te.constant dense<0.5> : tensor<f32>
  %p = te.compare lt %x, %c : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xi1>
  %y = te.select %p, %x, %h : (tensor<4x8xi1>, tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
  func.return %y : tensor<4x8xf32>
}

// A nest that initialises, one that accumulates; intermediates are buffers in GM.
// CHECK-LABEL: func.func private @reduce
// CHECK-NEXT:    %m = memref.alloc() : memref<4xf32, #npu<space gm>>
// CHECK-NEXT:    affine.for %i = 0 to 4 {
// CHECK-NEXT:      [[I:%.*]] = arith.constant 0xff800000 : f32
// CHECK-NEXT:      affine.store [[I]], %m[%i]
// CHECK-NEXT:    }
// CHECK-NEXT:    affine.for %i_1 = 0 to 4 {
// CHECK-NEXT:      affine.for %j = 0 to 8 {
// CHECK-NEXT:        [[V:%.*]] = affine.load %x[%i_1, %j]
// CHECK-NEXT:        [[A:%.*]] = affine.load %m[%i_1]
// CHECK-NEXT:        [[N:%.*]] = arith.maximumf [[A]], [[V]] : f32
// CHECK-NEXT:        affine.store [[N]], %m[%i_1]
// CHECK-NEXT:      }
// CHECK-NEXT:    } {poly.reduction = "max"}
// CHECK:         math.exp
func.func private @reduce(%x: tensor<4x8xf32>) -> tensor<4xf32> attributes {npu.kernel} {
  %m = te.reduce max %x axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %y = te.exp %m : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func private @cube
// CHECK:         affine.for %i_1 = 0 to 3 {
// CHECK-NEXT:      affine.for %j_1 = 0 to 2 {
// CHECK-NEXT:        affine.for %k_1 = 0 to 16 {
// CHECK-NEXT:          affine.for %l_1 = 0 to 16 {
// CHECK-NEXT:            affine.for %m = 0 to 4 {
// CHECK-NEXT:              affine.for %n = 0 to 16 {
// CHECK-NEXT:                [[A:%.*]] = affine.load %a[%m, %j_1, %k_1, %n]
// CHECK-NEXT:                [[B:%.*]] = affine.load %b[%m, %i_1, %l_1, %n]
// CHECK-NEXT:                [[X:%.*]] = arith.extf [[A]] : f16 to f32
// CHECK-NEXT:                [[Y:%.*]] = arith.extf [[B]] : f16 to f32
// CHECK-NEXT:                [[P:%.*]] = arith.mulf [[X]], [[Y]] : f32
// CHECK-NEXT:                [[C:%.*]] = affine.load [[OUT:%.*]][%i_1, %j_1, %k_1, %l_1]
// CHECK-NEXT:                [[S:%.*]] = arith.addf [[C]], [[P]] : f32
// CHECK-NEXT:                affine.store [[S]], [[OUT]][%i_1, %j_1, %k_1, %l_1]
func.func private @cube(%a: tensor<4x2x16x16xf16>, %b: tensor<4x3x16x16xf16>) -> tensor<3x2x16x16xf32> attributes {npu.kernel} {
  %c = te.fractal_matmul %a, %b m 32 k 64 n 48 : (tensor<4x2x16x16xf16>, tensor<4x3x16x16xf16>) -> tensor<3x2x16x16xf32>
  func.return %c : tensor<3x2x16x16xf32>
}

// Zeros, then one box of copies per combination of full and partial fractals.
// CHECK-LABEL: func.func private @pack
// CHECK:         affine.store [[ZERO:%.*]], [[OUT:%.*]][%i, %j, %k, %l]
// CHECK:         affine.for %i_1 = 0 to 1 {
// CHECK-NEXT:      affine.for %j_1 = 0 to 1 {
// CHECK-NEXT:        affine.for %k_1 = 0 to 16 {
// CHECK-NEXT:          affine.for %l_1 = 0 to 16 {
// CHECK-NEXT:            [[V:%.*]] = affine.load %x[%j_1 * 16 + %k_1, %i_1 * 16 + %l_1]
// CHECK-NEXT:            affine.store [[V]], [[OUT]][%i_1, %j_1, %k_1, %l_1]
// CHECK:         affine.for %i_2 = 1 to 2 {
// CHECK-NEXT:      affine.for %j_2 = 0 to 1 {
// CHECK-NEXT:        affine.for %k_2 = 0 to 16 {
// CHECK-NEXT:          affine.for %l_2 = 0 to 4 {
// CHECK:         affine.for %i_3 = 0 to 1 {
// CHECK-NEXT:      affine.for %j_3 = 1 to 2 {
// CHECK-NEXT:        affine.for %k_3 = 0 to 1 {
// CHECK-NEXT:          affine.for %l_3 = 0 to 16 {
// CHECK:         affine.for %i_4 = 1 to 2 {
// CHECK-NEXT:      affine.for %j_4 = 1 to 2 {
// CHECK-NEXT:        affine.for %k_4 = 0 to 1 {
// CHECK-NEXT:          affine.for %l_4 = 0 to 4 {
func.func private @pack(%x: tensor<17x20xf16>) -> tensor<2x2x16x16xf16> attributes {npu.kernel} {
  %p = te.pack %x nz : tensor<17x20xf16> -> tensor<2x2x16x16xf16>
  func.return %p : tensor<2x2x16x16xf16>
}

func.func private @uses(%p: tensor<4x3x16x16xf16>, %c: tensor<2xf32>) -> tensor<2xf32> attributes {npu.kernel} {
  %z = te.exp %c : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

// The graph: calls, views, constants, and weights that the host moves, a buffer for each that is used.
// CHECK-LABEL: func.func @graph
// CHECK-SAME:    (%x: memref<32xf32, #npu<space gm>>, %w: memref<64x48xf16, #npu<space gm>> {te.resource = "w"}) -> (memref<4xf32, #npu<space gm>>, memref<2xf32, #npu<space gm>>)
// CHECK-NEXT:    %v = memref.reinterpret_cast %x to offset: [0], sizes: [4, 8], strides: [8, 1]
// CHECK-NEXT:    %y = memref.alloc() : memref<4xf32, #npu<space gm>>
// CHECK-NEXT:    func.call @reduce(%v, %y) : (memref<4x8xf32, #npu<space gm>>, memref<4xf32, #npu<space gm>>) -> ()
// CHECK-NEXT:    [[W:%.*]] = te.to_tensor %w : memref<64x48xf16, #npu<space gm>> -> tensor<64x48xf16>
// CHECK-NEXT:    %t = te.transpose [[W]] perm [1, 0] : tensor<64x48xf16> -> tensor<48x64xf16>
// CHECK-NEXT:    %p = te.pack %t nz : tensor<48x64xf16> -> tensor<4x3x16x16xf16>
// CHECK-NEXT:    %c = te.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT:    [[P:%.*]] = te.to_buffer %p : tensor<4x3x16x16xf16> -> memref<4x3x16x16xf16, #npu<space gm>>
// CHECK-NEXT:    [[C:%.*]] = te.to_buffer %c : tensor<2xf32> -> memref<2xf32, #npu<space gm>>
// CHECK-NEXT:    %z = memref.alloc()
// CHECK-NEXT:    func.call @uses([[P]], [[C]], %z)
// CHECK-NEXT:    func.return %y, %z
func.func @graph(%x: tensor<32xf32>, %w: tensor<64x48xf16> {te.resource = "w"}) -> (tensor<4xf32>, tensor<2xf32>) {
  %v = te.reshape %x : tensor<32xf32> -> tensor<4x8xf32>
  %y = func.call @reduce(%v) : (tensor<4x8xf32>) -> tensor<4xf32>
  %t = te.transpose %w perm [1, 0] : tensor<64x48xf16> -> tensor<48x64xf16>
  %p = te.pack %t nz : tensor<48x64xf16> -> tensor<4x3x16x16xf16>
  %c = te.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %z = func.call @uses(%p, %c) : (tensor<4x3x16x16xf16>, tensor<2xf32>) -> tensor<2xf32>
  func.return %y, %z : tensor<4xf32>, tensor<2xf32>
}
