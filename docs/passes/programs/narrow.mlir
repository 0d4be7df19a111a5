func.func @scores(%features: tensor<16x2048xf32>, %classes: tensor<16x10xf32>) -> tensor<2048x10xf32> {
  %0 = te.matmul %features, %classes transpose_a : (tensor<16x2048xf32>, tensor<16x10xf32>) -> tensor<2048x10xf32>
  func.return %0 : tensor<2048x10xf32>
}
