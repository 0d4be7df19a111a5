func.func @main(%x: tensor<64x56x56xf16>) -> tensor<64x58x58xf16> {
  %0 = te.pad %x value 0.0 : f16 low [0, 1, 1] high [0, 1, 1] : tensor<64x56x56xf16> -> tensor<64x58x58xf16>
  func.return %0 : tensor<64x58x58xf16>
}
