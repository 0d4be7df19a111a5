// RUN: akg-opt %s --split-input-file --verify-diagnostics | filecheck %s

// CHECK: te.conv2d at {{.*}}: the image is 4x8x8, takes rank 4: batch, channels, height, width
func.func @f(%x: tensor<4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: the weights are 6x4x3, take rank 4: output channels, input channels of a group, height, width
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x8x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: 4 input and 6 output channels in 4 groups with weights for 1: input channels must be groups times those of the weights, output channels a multiple of groups
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x1x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 4 : (tensor<1x4x8x8xf32>, tensor<6x1x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: strides are [1, 0], take 2 integers of at least 1
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 0] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: pads are [1, 1], take 4 integers of at least 0
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1] groups 1 : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: a window spans 9 of the 8 elements of dimension 3; it must fit once
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 4] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x1xf32>
  func.return
}
// -----
// CHECK: te.conv2d at {{.*}}: the result is tensor<1x6x8x8xf32>, the operands give tensor<1x6x6x6xf32>
func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  func.return
}
// -----
// CHECK: te.pool2d at {{.*}}: the kernel is [2], takes 2 integers of at least 1
func.func @f(%x: tensor<1x4x8x8xf32>) {
  %0 = te.pool2d max %x kernel [2] strides [1, 1] dilations [1, 1] : tensor<1x4x8x8xf32> -> tensor<1x4x7x7xf32>
  func.return
}
// -----
// CHECK: te.max_pool2d at {{.*}}: window 0 of dimension 2 holds padding only; use smaller pads
func.func @f(%x: tensor<1x4x8x8xf32>) {
  %0 = te.max_pool2d %x kernel [2, 2] strides [1, 1] dilations [1, 1] pads [2, 0, 0, 0] : tensor<1x4x8x8xf32> -> tensor<1x4x9x7xf32>
  func.return
}
// -----
// CHECK: te.avg_pool2d at {{.*}}: got elements of i32, takes f16, bf16 or f32
func.func @f(%x: tensor<1x4x8x8xi32>) {
  %0 = te.avg_pool2d %x kernel [2, 2] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x4x8x8xi32> -> tensor<1x4x7x7xi32>
  func.return
}
// -----
// CHECK: te.pad at {{.*}}: low is [1], takes a number of at least 0 for each of the 2 dimensions
func.func @f(%x: tensor<4x9xf16>) {
  %0 = te.pad %x value 0.0 : f16 low [1] high [2, 0] : tensor<4x9xf16> -> tensor<6x10xf16>
  func.return
}
// -----
// CHECK: te.pad at {{.*}}: the value is f32, the elements are f16
func.func @f(%x: tensor<4x9xf16>) {
  %0 = te.pad %x value 0.0 : f32 low [0, 1] high [2, 0] : tensor<4x9xf16> -> tensor<6x10xf16>
  func.return
}
// -----
// CHECK: te.batch_norm at {{.*}}: scale, bias, mean and variance take one element for each of the 4 channels, got 3
func.func @f(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>) {
  %0 = te.batch_norm %x scale %s bias %s mean %s variance %s epsilon 1.0e-5 : tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  func.return
}
// -----
// CHECK: te.batch_norm at {{.*}}: got 4, takes batch, channels and more
func.func @f(%x: tensor<4xf32>) {
  %0 = te.batch_norm %x scale %x bias %x mean %x variance %x epsilon 1.0e-5 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  func.return
}
