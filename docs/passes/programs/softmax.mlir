func.func @main(%x: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %y = te.softmax %x axis -1 : tensor<16x64xf32>
  func.return %y : tensor<16x64xf32>
}
