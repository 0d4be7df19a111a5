func.func @main(%x: tensor<64x64xf32>, %bias: tensor<64xf32>) -> tensor<64x64xf32> {
  %y = te.add %x, %bias : (tensor<64x64xf32>, tensor<64xf32>) -> tensor<64x64xf32>
  func.return %y : tensor<64x64xf32>
}
