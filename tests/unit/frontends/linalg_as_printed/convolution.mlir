func.func @f(%x: tensor<1x2x5x6xf32>, %w: tensor<3x2x2x3xf32>, %b: tensor<3xf32>) -> tensor<1x3x3x2xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 0] high[0, 0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x5x6xf32> to tensor<1x2x6x7xf32>
  %e = tensor.empty() : tensor<1x3x3x2xf32>
  %i = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<1x3x3x2xf32>) dimensions = [0, 2, 3]
  %c = linalg.conv_2d_nchw_fchw {dilations = dense<[1, 2]> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%p, %w : tensor<1x2x6x7xf32>, tensor<3x2x2x3xf32>) outs(%i : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%c : tensor<1x3x3x2xf32>) outs(%e : tensor<1x3x3x2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %q = arith.cmpf ugt, %in, %zero : f32
    %s = arith.select %q, %in, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x3x3x2xf32>
  func.return %r : tensor<1x3x3x2xf32>
}
