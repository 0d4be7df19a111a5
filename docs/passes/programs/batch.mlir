func.func @batch(%x: tensor<1x32x128xf32>, %w: tensor<128x64xf32>) -> tensor<1x32x64xf32> {
  %y = te.exp %x : tensor<1x32x128xf32>
  %rows = te.reshape %y : tensor<1x32x128xf32> -> tensor<32x128xf32>
  %product = te.matmul %rows, %w : (tensor<32x128xf32>, tensor<128x64xf32>) -> tensor<32x64xf32>
  %z = te.reshape %product : tensor<32x64xf32> -> tensor<1x32x64xf32>
  func.return %z : tensor<1x32x64xf32>
}
