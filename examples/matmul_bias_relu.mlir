// The program of matmul_bias_relu.onnx: f16 operands, products summed in f32, result in f16.
func.func @main(
  %x: tensor<128x256xf16>, %w: tensor<256x128xf16>, %bias: tensor<128xf16>
) -> tensor<128x128xf16> {
  %product = te.matmul %x, %w : (tensor<128x256xf16>, tensor<256x128xf16>) -> tensor<128x128xf16>
  %biased = te.add %product, %bias : (tensor<128x128xf16>, tensor<128xf16>) -> tensor<128x128xf16>
  %y = te.relu %biased : tensor<128x128xf16>
  func.return %y : tensor<128x128xf16>
}
