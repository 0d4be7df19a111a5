func.func @f(%x: tensor<4x8xf32>) -> tensor<4x1xf32> {
  %zero = arith.constant 0 : i64
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4xi64>
  %i = linalg.fill ins(%zero : i64) outs(%e : tensor<4xi64>) -> tensor<4xi64>
  %g = tensor.empty() : tensor<4xf32>
  %m = linalg.fill ins(%least : f32) outs(%g : tensor<4xf32>) -> tensor<4xf32>
  %r:2 = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a)>], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x8xf32>) outs(%m, %i : tensor<4xf32>, tensor<4xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %n = linalg.index 1 : index
    %c = arith.index_cast %n : index to i64
    %l = arith.maximumf %in, %out : f32
    %q = arith.cmpf ogt, %in, %out : f32
    %s = arith.select %q, %c, %at : i64
    linalg.yield %l, %s : f32, i64
  } -> (tensor<4xf32>, tensor<4xi64>)
  %v = tensor.expand_shape %r#0 [[0, 1]] output_shape [4, 1] : tensor<4xf32> into tensor<4x1xf32>
  func.return %v : tensor<4x1xf32>
}
