func.func @main(%x: tensor<64x64x3xf16>) -> tensor<3x64x64xf16> {
  %0 = te.transpose %x perm [2, 0, 1] : tensor<64x64x3xf16> -> tensor<3x64x64xf16>
  func.return %0 : tensor<3x64x64xf16>
}
