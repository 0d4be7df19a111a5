// RUN: akg-opt %s -p te-drop-unit-dims | filecheck %s

// A batch of one goes, from the given values to the product that does without.

// CHECK-LABEL: func.func @norm
// CHECK-NEXT:    [[X:%.*]] = te.reshape %x : tensor<1x32x128xf32> -> tensor<32x128xf32>
// CHECK-NEXT:    [[M:%.*]] = te.reduce add [[X]] axes [1] keepdims {note} : tensor<32x128xf32> -> tensor<32x1xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.sub [[X]], [[M]] : (tensor<32x128xf32>, tensor<32x1xf32>) -> tensor<32x128xf32>
// CHECK-NEXT:    [[Z:%.*]] = te.mul [[Y]], %s : (tensor<32x128xf32>, tensor<128xf32>) -> tensor<32x128xf32>
// CHECK-NEXT:    [[R:%.*]] = te.reshape [[Z]] : tensor<32x128xf32> -> tensor<1x32x128xf32>
// CHECK-NEXT:    [[F:%.*]] = te.slice [[Z]] offsets [3, 0] strides [1, 1] : tensor<32x128xf32> -> tensor<1x128xf32>
// CHECK-NEXT:    [[G:%.*]] = te.reshape [[F]] : tensor<1x128xf32> -> tensor<1x1x128xf32>
// CHECK-NEXT:    te.reshape [[R]] : tensor<1x32x128xf32> -> tensor<32x128xf32>
// CHECK-NEXT:    [[P:%.*]] = te.matmul
// CHECK-NEXT:    func.return [[P]], [[R]], [[G]]
func.func @norm(%x: tensor<1x32x128xf32>, %s: tensor<128xf32>, %w: tensor<128x64xf32>) -> (tensor<32x64xf32>, tensor<1x32x128xf32>, tensor<1x1x128xf32>) {
  %m = te.reduce add %x axes [2] keepdims {note} : tensor<1x32x128xf32> -> tensor<1x32x1xf32>
  %y = te.sub %x, %m : (tensor<1x32x128xf32>, tensor<1x32x1xf32>) -> tensor<1x32x128xf32>
  %z = te.mul %y, %s : (tensor<1x32x128xf32>, tensor<128xf32>) -> tensor<1x32x128xf32>
  %f = te.slice %z offsets [0, 3, 0] strides [1, 1, 1] : tensor<1x32x128xf32> -> tensor<1x1x128xf32>
  %r = te.reshape %z : tensor<1x32x128xf32> -> tensor<32x128xf32>
  %p = te.matmul %r, %w : (tensor<32x128xf32>, tensor<128x64xf32>) -> tensor<32x64xf32>
  func.return %p, %z, %f : tensor<32x64xf32>, tensor<1x32x128xf32>, tensor<1x1x128xf32>
}

// The batch of a window stays, and with it that of all that is connected; so does what broadcasts.

// CHECK-LABEL: func.func @image
// CHECK-NOT:     te.reshape
func.func @image(%x: tensor<1x4x8x8xf32>, %b: tensor<4x1x1xf32>) -> tensor<1x4x7x7xf32> {
  %y = te.add %x, %b : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %p = te.pool2d max %y kernel [2, 2] strides [1, 1] dilations [1, 1] : tensor<1x4x8x8xf32> -> tensor<1x4x7x7xf32>
  %z = te.exp %p : tensor<1x4x7x7xf32>
  func.return %z : tensor<1x4x7x7xf32>
}

// A last dimension of size 1 goes from transpositions, one in front stays.

// CHECK-LABEL: func.func @transposed
// CHECK-NEXT:    [[X:%.*]] = te.reshape %x : tensor<1x64x48x32x1xf16> -> tensor<1x64x48x32xf16>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[X]] perm [0, 3, 1, 2] : tensor<1x64x48x32xf16> -> tensor<1x32x64x48xf16>
// CHECK-NEXT:    te.reshape [[T]] : tensor<1x32x64x48xf16> -> tensor<1x32x64x48x1xf16>
func.func @transposed(%x: tensor<1x64x48x32x1xf16>) -> tensor<1x32x64x48x1xf16> {
  %y = te.transpose %x perm [0, 3, 1, 2, 4] : tensor<1x64x48x32x1xf16> -> tensor<1x32x64x48x1xf16>
  func.return %y : tensor<1x32x64x48x1xf16>
}
