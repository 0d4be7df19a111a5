// RUN: akg-opt %s -p 'te-split-reductions' | filecheck %s
// RUN: akg-opt %s -p 'te-split-reductions,te-partition' | filecheck %s --check-prefix=KERNELS

// 8 channels are too few for 32 cores: they share images first, whose sums are few.
// CHECK-LABEL: func.func @statistics
// CHECK-NEXT:    [[P:%.*]] = te.reduce add %x axes [2, 3] keepdims {te.partial} : tensor<128x8x56x56xf32> -> tensor<128x8x1x1xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[P]] axes [0] keepdims : tensor<128x8x1x1xf32> -> tensor<1x8x1x1xf32>
// CHECK-NEXT:    te.reshape [[S]] : tensor<1x8x1x1xf32> -> tensor<8xf32>
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    te.reduce add {{.*}} axes [2, 3] keepdims {te.partial}
// CHECK-NEXT:    te.reduce add {{.*}} axes [0] keepdims
// CHECK-NEXT:    te.reshape
// The input is read by one kernel, and its squares never leave it.
// KERNELS-LABEL: func.func private @statistics_kernel0
// KERNELS-NEXT:    te.reduce add %x
// KERNELS-NEXT:    te.mul %x, %x
// KERNELS-NEXT:    te.reduce add
// KERNELS-NEXT:    func.return
func.func @statistics(%x: tensor<128x8x56x56xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<128x8x56x56xf32> -> tensor<8xf32>
  %1 = te.mul %x, %x : (tensor<128x8x56x56xf32>, tensor<128x8x56x56xf32>) -> tensor<128x8x56x56xf32>
  %2 = te.reduce add %1 axes [0, 2, 3] : tensor<128x8x56x56xf32> -> tensor<8xf32>
  func.return %0, %2 : tensor<8xf32>, tensor<8xf32>
}

// 16 cores have the whole bandwidth: a tile takes its elements in chunks, in one kernel.
// CHECK-LABEL: func.func @busy
// CHECK-NEXT:    te.reduce add %x axes [0, 2, 3] :
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    te.reduce add {{.*}} axes [0, 2, 3] :
// CHECK-NEXT:    te.add
// KERNELS-LABEL: func.func private @busy_kernel0
// KERNELS-NEXT:    te.reduce add %x
// KERNELS-NEXT:    te.mul %x, %x
// KERNELS-NEXT:    te.reduce add
// KERNELS-NEXT:    te.add
func.func @busy(%x: tensor<128x16x64x64xf32>) -> tensor<16xf32> {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<128x16x64x64xf32> -> tensor<16xf32>
  %1 = te.mul %x, %x : (tensor<128x16x64x64xf32>, tensor<128x16x64x64xf32>) -> tensor<128x16x64x64xf32>
  %2 = te.reduce add %1 axes [0, 2, 3] : tensor<128x16x64x64xf32> -> tensor<16xf32>
  %3 = te.add %0, %2 : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  func.return %3 : tensor<16xf32>
}

// Results in one line of memory are one task; a second kernel costs more than reading little.
// CHECK-LABEL: func.func @lines
// CHECK-NEXT:    [[Q:%.*]] = te.reduce add %x axes [2, 3] keepdims {te.partial} : tensor<16x4x112x112x16xf32> -> tensor<16x4x1x1x16xf32>
// CHECK-NEXT:    te.reduce add [[Q]] axes [0] keepdims
// CHECK-NEXT:    te.reshape
// CHECK-NEXT:    te.reduce max %y axes [0, 2] :
func.func @lines(%x: tensor<16x4x112x112x16xf32>, %y: tensor<4x8x16xf32>) -> (tensor<4x16xf32>, tensor<8xf32>) {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<16x4x112x112x16xf32> -> tensor<4x16xf32>
  %1 = te.reduce max %y axes [0, 2] : tensor<4x8x16xf32> -> tensor<8xf32>
  func.return %0, %1 : tensor<4x16xf32>, tensor<8xf32>
}

// Of a long row cores have parts.
// CHECK-LABEL: func.func @row
// CHECK-NEXT:    [[P:%.*]] = te.compute reduce add %x bounds [16, 2, 65536] maps [affine_map<(d0, d1, d2) -> (d1, (d2 + (d0 * 65536)))>] {te.partial} :
// CHECK-NEXT:    ^bb0([[E:%.*]]: f32):
// CHECK-NEXT:      te.yield [[E]]
// CHECK-NEXT:    }
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[P]] axes [0] keepdims : tensor<16x2xf32> -> tensor<1x2xf32>
// CHECK-NEXT:    te.reshape [[S]] : tensor<1x2xf32> -> tensor<2xf32>
func.func @row(%x: tensor<2x1048576xf32>) -> tensor<2xf32> {
  %0 = te.reduce add %x axes [1] : tensor<2x1048576xf32> -> tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// Parts start on blocks. What equal ones leave is reduced apart, and element-wise ops stay whole.
// CHECK-LABEL: func.func @left
// CHECK-NEXT:    [[X:%.*]] = te.exp %x
// CHECK-NEXT:    [[P:%.*]] = te.compute reduce max [[X]] bounds [32, 1, 1568] maps [affine_map<(d0, d1, d2) -> (d1, (d2 + (d0 * 1568)))>] {te.partial} :
// CHECK:         [[M:%.*]] = te.reduce max [[P]] axes [0] keepdims
// CHECK-NEXT:    [[R:%.*]] = te.compute reduce max [[X]] bounds [1, 1, 81] maps [affine_map<(d0, d1, d2) -> (d1, (d2 + 50176))>] :
// CHECK:         te.max [[M]], [[R]]
// A short row is not worth a second kernel.
// CHECK-NEXT:    te.reduce max %y axes [1] keepdims :
func.func @left(%x: tensor<1x50257xf32>, %y: tensor<1x1024xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %0 = te.exp %x : tensor<1x50257xf32>
  %1 = te.reduce max %0 axes [1] keepdims : tensor<1x50257xf32> -> tensor<1x1xf32>
  %2 = te.reduce max %y axes [1] keepdims : tensor<1x1024xf32> -> tensor<1x1xf32>
  func.return %1, %2 : tensor<1x1xf32>, tensor<1x1xf32>
}

// Rows are cut anywhere, where those of a core follow each other; but no sum that is rounded once.
// CHECK-LABEL: func.func @rows
// CHECK-NEXT:    te.compute reduce add %x bounds [32, 64, 98] maps [affine_map<(d0, d1, d2) -> ((d2 + (d0 * 98)), d1)>] {te.partial} :
// CHECK:         te.reduce add {{.*}} axes [0] keepdims : tensor<32x64xf32> -> tensor<1x64xf32>
// CHECK-NEXT:    te.reshape
// CHECK-NEXT:    te.reduce add %y axes [0] :
func.func @rows(%x: tensor<3136x64xf32>, %y: tensor<3136x64xf16>) -> (tensor<64xf32>, tensor<64xf16>) {
  %0 = te.reduce add %x axes [0] : tensor<3136x64xf32> -> tensor<64xf32>
  %1 = te.reduce add %y axes [0] : tensor<3136x64xf16> -> tensor<64xf16>
  func.return %0, %1 : tensor<64xf32>, tensor<64xf16>
}

// A product of two vectors is a sum for one result. Where results are many, k stays whole.
// CHECK-LABEL: func.func @products
// CHECK-NEXT:    te.compute reduce add %x, %y bounds [32, 1, 1, 2048] maps
// CHECK:         te.matmul
func.func @products(%x: tensor<1x65536xf32>, %y: tensor<1x65536xf32>, %a: tensor<1x4096xf32>, %b: tensor<4096x4096xf32>) -> (tensor<1x1xf32>, tensor<1x4096xf32>) {
  %0 = te.matmul %x, %y transpose_b : (tensor<1x65536xf32>, tensor<1x65536xf32>) -> tensor<1x1xf32>
  %1 = te.matmul %a, %b : (tensor<1x4096xf32>, tensor<4096x4096xf32>) -> tensor<1x4096xf32>
  func.return %0, %1 : tensor<1x1xf32>, tensor<1x4096xf32>
}

// A row whose work nobody has recorded is no reason for a step that reduces nothing.
// CHECK-LABEL: func.func @unrecorded
// CHECK-NEXT:    te.reshape
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    te.reduce add {{.*}} axes [1] :
func.func @unrecorded(%x: tensor<32x1xf32>, %y: tensor<1000x128xf32>) -> tensor<32x128xf32> {
  %0 = te.reshape %x : tensor<32x1xf32> -> tensor<32x1x1xf32>
  %1 = te.mul %0, %y : (tensor<32x1x1xf32>, tensor<1000x128xf32>) -> tensor<32x1000x128xf32>
  %2 = te.reduce add %1 axes [1] : tensor<32x1000x128xf32> -> tensor<32x128xf32>
  func.return %2 : tensor<32x128xf32>
}
