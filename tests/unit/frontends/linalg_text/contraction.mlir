#a = affine_map<(b, i, h, j, k) -> (k, b, i)>
#b = affine_map<(b, i, h, j, k) -> (h, b, j, k)>
#c = affine_map<(b, i, h, j, k) -> (b, h, i, j)>
func.func @main(%a: tensor<7x2x3xf16>, %b: tensor<4x2x5x7xf16>) -> tensor<2x4x3x5xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4x3x5xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x4x3x5xf32>) -> tensor<2x4x3x5xf32>
  %r = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]} ins(%a, %b : tensor<7x2x3xf16>, tensor<4x2x5x7xf16>) outs(%f : tensor<2x4x3x5xf32>) {
    ^bb0(%x: f16, %y: f16, %o: f32):
      %1 = arith.extf %x : f16 to f32
      %2 = arith.extf %y : f16 to f32
      %3 = arith.mulf %1, %2 : f32
      %4 = arith.addf %o, %3 : f32
      linalg.yield %4 : f32
  } -> tensor<2x4x3x5xf32>
  return %r : tensor<2x4x3x5xf32>
}
