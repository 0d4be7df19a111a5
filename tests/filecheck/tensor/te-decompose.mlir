// RUN: akg-opt %s -p 'te-decompose' | filecheck %s
// RUN: akg-opt %s -p 'te-record-workload,te-decompose' | filecheck %s --check-prefix WORK

// Recorded work (32) moves to the parts, to none more than it costs by itself.
// WORK-LABEL: func.func @softmax
// WORK-NEXT:    {{.*}}te.cast %x {te.work = 32 : i64}
// WORK-NEXT:    {{.*}}te.reduce
// WORK-NOT:     te.work
// WORK-LABEL: func.func @tanh

// f16 composites are computed in f32 between casts.
// CHECK-LABEL: func.func @softmax
// CHECK-NEXT:    [[W:%.*]] = te.cast %x : tensor<16x64xf16> -> tensor<16x64xf32>
// CHECK-NEXT:    [[M:%.*]] = te.reduce max [[W]] axes [1] keepdims : tensor<16x64xf32> -> tensor<16x1xf32>
// CHECK-NEXT:    [[S:%.*]] = te.sub [[W]], [[M]] : (tensor<16x64xf32>, tensor<16x1xf32>) -> tensor<16x64xf32>
// CHECK-NEXT:    [[E:%.*]] = te.exp [[S]] : tensor<16x64xf32>
// CHECK-NEXT:    [[T:%.*]] = te.reduce add [[E]] axes [1] keepdims
// CHECK-NEXT:    [[ONE:%.*]] = te.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT:    [[R:%.*]] = te.div [[ONE]], [[T]] : (tensor<f32>, tensor<16x1xf32>) -> tensor<16x1xf32>
// CHECK-NEXT:    [[P:%.*]] = te.mul [[E]], [[R]]
// CHECK-NEXT:    %y = te.cast [[P]] : tensor<16x64xf32> -> tensor<16x64xf16>
// CHECK-NEXT:    func.return %y
func.func @softmax(%x: tensor<16x64xf16>) -> tensor<16x64xf16> {
  %y = te.softmax %x axis -1 : tensor<16x64xf16>
  func.return %y : tensor<16x64xf16>
}

// CHECK-LABEL: func.func @tanh
// CHECK-NOT:     te.tanh
// CHECK:         te.exp
// CHECK:         te.div
func.func @tanh(%x: tensor<64xf32>) -> tensor<64xf32> {
  %y = te.tanh %x : tensor<64xf32>
  func.return %y : tensor<64xf32>
}

// Sums and products get their accumulator's type and one visible rounding.
// CHECK-LABEL: func.func @accumulators
// CHECK-NEXT:    [[W:%.*]] = te.cast %x : tensor<4x8xf16> -> tensor<4x8xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[W]] axes [0] : tensor<4x8xf32> -> tensor<8xf32>
// CHECK-NEXT:    te.cast [[S]] : tensor<8xf32> -> tensor<8xf16>
// CHECK-NEXT:    te.reduce max %x axes [0] : tensor<4x8xf16> -> tensor<8xf16>
// CHECK-NEXT:    [[P:%.*]] = te.matmul %x, %x transpose_b : (tensor<4x8xf16>, tensor<4x8xf16>) -> tensor<4x4xf32>
// CHECK-NEXT:    te.cast [[P]] : tensor<4x4xf32> -> tensor<4x4xf16>
func.func @accumulators(%x: tensor<4x8xf16>) -> (tensor<8xf16>, tensor<8xf16>, tensor<4x4xf16>) {
  %0 = te.reduce add %x axes [0] : tensor<4x8xf16> -> tensor<8xf16>
  %1 = te.reduce max %x axes [0] : tensor<4x8xf16> -> tensor<8xf16>
  %2 = te.matmul %x, %x transpose_b : (tensor<4x8xf16>, tensor<4x8xf16>) -> tensor<4x4xf16>
  func.return %0, %1, %2 : tensor<8xf16>, tensor<8xf16>, tensor<4x4xf16>
}

// CHECK-LABEL: func.func @powers
// CHECK-NEXT:    [[A:%.*]] = te.mul %x, %x
// CHECK-NEXT:    %cube = te.mul %x, [[A]]
// CHECK-NEXT:    %root = te.sqrt %x
func.func @powers(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %three = te.constant dense<3.0> : tensor<f32>
  %half = te.constant dense<0.5> : tensor<1xf32>
  %cube = te.pow %x, %three : (tensor<64xf32>, tensor<f32>) -> tensor<64xf32>
  %root = te.pow %x, %half : (tensor<64xf32>, tensor<1xf32>) -> tensor<64xf32>
  func.return %cube, %root : tensor<64xf32>, tensor<64xf32>
}

// Broadcasts are read through; conditions become one comparison per selection.
// CHECK-LABEL: func.func @conditions
// CHECK-NEXT:    [[P:%.*]] = te.compare lt %x, %y : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xi1>
// CHECK-NEXT:    [[Q:%.*]] = te.compare gt %x, %y
// CHECK-NEXT:    [[S:%.*]] = te.select [[Q]], %x, %y
// CHECK-NEXT:    %z = te.select [[P]], [[S]], %y
// CHECK-NEXT:    func.return %z
func.func @conditions(%x: tensor<4x8xf32>, %y: tensor<8xf32>) -> tensor<4x8xf32> {
  %b = te.broadcast_to %y : tensor<8xf32> -> tensor<4x8xf32>
  %p = te.compare lt %x, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  %q = te.compare gt %x, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  %r = te.and %p, %q : (tensor<4x8xi1>, tensor<4x8xi1>) -> tensor<4x8xi1>
  %z = te.select %r, %x, %b : (tensor<4x8xi1>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  func.return %z : tensor<4x8xf32>
}
