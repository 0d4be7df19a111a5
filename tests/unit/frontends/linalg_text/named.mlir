func.func @main(%a: tensor<4x8xf16>, %b: tensor<8x16xf16>, %v: tensor<16xf32>) -> (tensor<16x4xf32>, tensor<16xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %m = linalg.matmul ins(%a, %b : tensor<4x8xf16>, tensor<8x16xf16>) outs(%f : tensor<4x16xf32>) -> tensor<4x16xf32>
  %bb = linalg.broadcast ins(%v : tensor<16xf32>) outs(%e : tensor<4x16xf32>) dimensions = [0]
  %s = linalg.add ins(%m, %bb : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %e2 = tensor.empty() : tensor<16x4xf32>
  %t = linalg.transpose ins(%s : tensor<4x16xf32>) outs(%e2 : tensor<16x4xf32>) permutation = [1, 0]
  %r = linalg.exp ins(%t : tensor<16x4xf32>) outs(%e2 : tensor<16x4xf32>) -> tensor<16x4xf32>
  %e3 = tensor.empty() : tensor<16xf32>
  %f3 = linalg.fill ins(%z : f32) outs(%e3 : tensor<16xf32>) -> tensor<16xf32>
  %q = linalg.reduce { arith.addf } ins(%r : tensor<16x4xf32>) outs(%f3 : tensor<16xf32>) dimensions = [1]
  %c = tensor.collapse_shape %r [[0, 1]] : tensor<16x4xf32> into tensor<64xf32>
  %x = tensor.expand_shape %c [[0, 1]] output_shape [16, 4] : tensor<64xf32> into tensor<16x4xf32>
  return %x, %q : tensor<16x4xf32>, tensor<16xf32>
}
