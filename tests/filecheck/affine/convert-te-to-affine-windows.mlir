// RUN: akg-opt %s -p convert-te-to-affine | filecheck %s

// Rows above, rows below, columns to the left; then the image: every element is written once.
// CHECK-LABEL: func.func private @pad
// CHECK:         affine.for %i = 0 to 1 {
// CHECK-NEXT:      affine.for %j = 0 to 8 {
// CHECK-NEXT:        [[V:%.*]] = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:        affine.store [[V]], %0[%i, %j]
// CHECK:         affine.for %i_1 = 5 to 7 {
// CHECK-NEXT:      affine.for %j_1 = 0 to 8 {
// CHECK:         affine.for %i_2 = 1 to 5 {
// CHECK-NEXT:      affine.for %j_2 = 0 to 3 {
// CHECK:         affine.for %i_3 = 0 to 4 {
// CHECK-NEXT:      affine.for %j_3 = 0 to 5 {
// CHECK-NEXT:        [[X:%.*]] = affine.load %x[%i_3, %j_3]
// CHECK-NEXT:        affine.store [[X]], %0[%i_3 + 1, %j_3 + 3]
func.func private @pad(%x: tensor<4x5xf32>) -> tensor<7x8xf32> attributes {npu.kernel} {
  %y = te.pad %x value 0.25 : f32 low [1, 3] high [2, 0] : tensor<4x5xf32> -> tensor<7x8xf32>
  func.return %y : tensor<7x8xf32>
}

// CHECK-LABEL: func.func private @slice
// CHECK:      [[X:%.*]] = affine.load %x[%i + 1, %j * 3 + 2]
// CHECK-NEXT: affine.store [[X]], %0[%i, %j]
func.func private @slice(%x: tensor<4x9xf32>) -> tensor<3x2xf32> attributes {npu.kernel} {
  %y = te.slice %x offsets [1, 2] strides [1, 3] : tensor<4x9xf32> -> tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}

// CHECK-LABEL: func.func private @conv
// CHECK:         affine.load %x[%i_1, %m, %k_1 * 2 + %n, %l_1 + %p * 3]
// CHECK:         affine.load %w[%j_1, %m, %n, %p]
func.func private @conv(%x: tensor<1x4x7x7xf32>, %w: tensor<6x4x3x2xf32>) -> tensor<1x6x3x4xf32> attributes {npu.kernel} {
  %y = te.conv2d %x, %w strides [2, 1] dilations [1, 3] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x7x7xf32>, tensor<6x4x3x2xf32>) -> tensor<1x6x3x4xf32>
  func.return %y : tensor<1x6x3x4xf32>
}

// Channels of a group: counted from the group's first.
// CHECK-LABEL: func.func private @groups
// CHECK:         affine.load %x[%i_1, %j_1 * 2 + %n
// CHECK:         affine.store {{.*}}, %0[%i_1, %j_1 * 3 + %k_1
func.func private @groups(%x: tensor<1x4x7x7xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<1x6x5x5xf32> attributes {npu.kernel} {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 2 : (tensor<1x4x7x7xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x5x5xf32>
  func.return %y : tensor<1x6x5x5xf32>
}

// CHECK-LABEL: func.func private @pool
// CHECK:         affine.store
// CHECK:         poly.reduction = "max"
func.func private @pool(%x: tensor<1x4x7x7xf32>) -> tensor<1x4x3x3xf32> attributes {npu.kernel} {
  %y = te.pool2d max %x kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x4x7x7xf32> -> tensor<1x4x3x3xf32>
  func.return %y : tensor<1x4x3x3xf32>
}
