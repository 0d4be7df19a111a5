// RUN: akg-opt %s | akg-opt | filecheck %s
// RUN: akg-opt %s --print-op-generic | akg-opt | filecheck %s

// Ops on windows of images, and padding, print and parse.

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<1x4x8x9xf16>, %w: tensor<6x2x3x3xf16>) {
  // CHECK: te.conv2d %x, %w strides [2, 1] dilations [1, 2] pads [1, 1, 1, 1] groups 2 : (tensor<1x4x8x9xf16>, tensor<6x2x3x3xf16>) -> tensor<1x6x4x7xf32>
  %0 = te.conv2d %x, %w strides [2, 1] dilations [1, 2] pads [1, 1, 1, 1] groups 2 : (tensor<1x4x8x9xf16>, tensor<6x2x3x3xf16>) -> tensor<1x6x4x7xf32>
  // CHECK: te.pool2d max %x kernel [2, 2] strides [2, 2] dilations [1, 1] : tensor<1x4x8x9xf16> -> tensor<1x4x4x4xf16>
  %1 = te.pool2d max %x kernel [2, 2] strides [2, 2] dilations [1, 1] : tensor<1x4x8x9xf16> -> tensor<1x4x4x4xf16>
  // CHECK: te.max_pool2d %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 1] : tensor<1x4x8x9xf16> -> tensor<1x4x4x5xf16>
  %2 = te.max_pool2d %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 1] : tensor<1x4x8x9xf16> -> tensor<1x4x4x5xf16>
  // CHECK: te.avg_pool2d %x kernel [2, 3] strides [1, 1] dilations [3, 1] pads [1, 0, 0, 0] count_include_pad : tensor<1x4x8x9xf16> -> tensor<1x4x6x7xf16>
  %3 = te.avg_pool2d %x kernel [2, 3] strides [1, 1] dilations [3, 1] pads [1, 0, 0, 0] count_include_pad : tensor<1x4x8x9xf16> -> tensor<1x4x6x7xf16>
  func.return
}

// CHECK-LABEL: func.func @pads
func.func @pads(%x: tensor<4x9xf16>, %y: tensor<3xi32>) {
  // CHECK: te.pad %x value 0.000000e+00 : f16 low [0, 1] high [2, 0] : tensor<4x9xf16> -> tensor<6x10xf16>
  %0 = te.pad %x value 0.0 : f16 low [0, 1] high [2, 0] : tensor<4x9xf16> -> tensor<6x10xf16>
  // CHECK: te.pad %x value 0xfc00 : f16 low [0, 0] high [1, 0] : tensor<4x9xf16> -> tensor<5x9xf16>
  %1 = te.pad %x value 0xfc00 : f16 low [0, 0] high [1, 0] : tensor<4x9xf16> -> tensor<5x9xf16>
  // CHECK: te.pad %y value -7 : i32 low [1] high [1] : tensor<3xi32> -> tensor<5xi32>
  %2 = te.pad %y value -7 : i32 low [1] high [1] : tensor<3xi32> -> tensor<5xi32>
  func.return
}

// CHECK-LABEL: func.func @normalisation
func.func @normalisation(%x: tensor<2x4x3xf32>, %s: tensor<4xf32>) {
  // CHECK: te.batch_norm %x scale %s bias %s mean %s variance %s epsilon 1.000000e-05 : tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %0 = te.batch_norm %x scale %s bias %s mean %s variance %s epsilon 1.0e-5 : tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  func.return
}
