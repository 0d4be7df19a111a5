func.func @points(%x: tensor<1x2x14x14x16xf16>, %w: tensor<2x1x1x8x16x16xf16>) -> tensor<1x8x14x14x16xf16> {
  %c = te.fractal_conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] channels 32 outputs 128 : (tensor<1x2x14x14x16xf16>, tensor<2x1x1x8x16x16xf16>) -> tensor<1x8x14x14x16xf32>
  %r = te.relu %c : tensor<1x8x14x14x16xf32>
  %y = te.cast %r : tensor<1x8x14x14x16xf32> -> tensor<1x8x14x14x16xf16>
  func.return %y : tensor<1x8x14x14x16xf16>
}
