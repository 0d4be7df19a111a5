func.func @twice(%x: tensor<64x100xf16>) -> (tensor<64xf32>, tensor<64xf32>) {
  %a = te.cast %x : tensor<64x100xf16> -> tensor<64x100xf32>
  %squares = te.mul %a, %a : (tensor<64x100xf32>, tensor<64x100xf32>) -> tensor<64x100xf32>
  %s = te.reduce add %squares axes [1] : tensor<64x100xf32> -> tensor<64xf32>
  %b = te.cast %x : tensor<64x100xf16> -> tensor<64x100xf32>
  %t = te.reduce add %b axes [1] : tensor<64x100xf32> -> tensor<64xf32>
  func.return %s, %t : tensor<64xf32>, tensor<64xf32>
}
