func.func @main(
  %x: tensor<32x64xf16>, %w: tensor<64x32xf16>, %bias: tensor<32xf16>
) -> tensor<32x32xf16> {
  %product = te.matmul %x, %w : (tensor<32x64xf16>, tensor<64x32xf16>) -> tensor<32x32xf16>
  %biased = te.add %product, %bias : (tensor<32x32xf16>, tensor<32xf16>) -> tensor<32x32xf16>
  %y = te.relu %biased : tensor<32x32xf16>
  func.return %y : tensor<32x32xf16>
}
