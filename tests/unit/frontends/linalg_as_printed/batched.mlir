func.func @f(%a: tensor<1x3x4xf32>, %b: tensor<4x5xf32>) -> tensor<1x3x5xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x5xf32>
  %w = linalg.generic {indexing_maps = [affine_map<(n, i, j) -> (i, j)>, affine_map<(n, i, j) -> (n, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%b : tensor<4x5xf32>) outs(%e : tensor<1x4x5xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x4x5xf32>
  %o = tensor.empty() : tensor<1x3x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%o : tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  %r = linalg.batch_matmul ins(%a, %w : tensor<1x3x4xf32>, tensor<1x4x5xf32>) outs(%z : tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  func.return %r : tensor<1x3x5xf32>
}
