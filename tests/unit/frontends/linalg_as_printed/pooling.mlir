func.func @f(%x: tensor<1x2x4x5xf32>, %start: tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32> {
  %k = tensor.empty() : tensor<2x2xf32>
  %r = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<[2, 1]> : vector<2xi64>} ins(%x, %k : tensor<1x2x4x5xf32>, tensor<2x2xf32>) outs(%start : tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32>
  func.return %r : tensor<1x2x2x4xf32>
}
