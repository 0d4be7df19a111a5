func.func @layer(%image: tensor<1x16x14x14xf32>, %weights: tensor<32x16x3x3xf32>, %bias: tensor<32x1x1xf32>) -> tensor<1x32x14x14xf32> {
  %0 = te.conv2d %image, %weights strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x16x14x14xf32>, tensor<32x16x3x3xf32>) -> tensor<1x32x14x14xf32>
  %1 = te.add %0, %bias : (tensor<1x32x14x14xf32>, tensor<32x1x1xf32>) -> tensor<1x32x14x14xf32>
  func.return %1 : tensor<1x32x14x14xf32>
}
