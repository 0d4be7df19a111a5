// A point-wise chain that fuses into one kernel: bias, gelu, and a gate.
func.func @main(
  %x: tensor<128x1024xf16>, %bias: tensor<1024xf16>, %gate: tensor<128x1024xf16>
) -> tensor<128x1024xf16> {
  %biased = te.add %x, %bias : (tensor<128x1024xf16>, tensor<1024xf16>) -> tensor<128x1024xf16>
  %gelu = te.gelu %biased approximate tanh : tensor<128x1024xf16>
  %y = te.mul %gelu, %gate : (tensor<128x1024xf16>, tensor<128x1024xf16>) -> tensor<128x1024xf16>
  func.return %y : tensor<128x1024xf16>
}
