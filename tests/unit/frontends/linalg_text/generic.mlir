#ij = affine_map<(i, j) -> (i, j)>
#ji = affine_map<(i, j) -> (j, i)>
#i = affine_map<(i, j) -> (i)>
#one = affine_map<(i, j) -> (0, j)>
func.func @main(%x: tensor<6x10xf32>, %y: tensor<10x6xf32>, %row: tensor<1x10xf32>, %start: tensor<6xf32>) -> (tensor<6x10xf32>, tensor<6xf32>, tensor<6xf32>) {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<6x10xf32>
  %r = linalg.generic {indexing_maps = [#ij, #ji, #one, #ij], iterator_types = ["parallel", "parallel"]} ins(%x, %y, %row : tensor<6x10xf32>, tensor<10x6xf32>, tensor<1x10xf32>) outs(%e : tensor<6x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
      %1 = arith.addf %a, %b : f32
      %2 = arith.cmpf ugt, %1, %zero : f32
      %3 = arith.mulf %1, %c : f32
      %4 = arith.select %2, %1, %3 : f32
      %5 = arith.truncf %4 : f32 to f16
      %6 = arith.extf %5 : f16 to f32
      linalg.yield %6 : f32
  } -> tensor<6x10xf32>
  %e1 = tensor.empty() : tensor<6xf32>
  %f = linalg.fill ins(%low : f32) outs(%e1 : tensor<6xf32>) -> tensor<6xf32>
  %m = linalg.generic {indexing_maps = [#ij, #i], iterator_types = ["parallel", "reduction"]} ins(%r : tensor<6x10xf32>) outs(%f : tensor<6xf32>) {
    ^bb0(%a: f32, %o: f32):
      %1 = arith.maximumf %o, %a : f32
      linalg.yield %1 : f32
  } -> tensor<6xf32>
  %s = linalg.generic {indexing_maps = [#ij, #i, #i], iterator_types = ["parallel", "reduction"]} ins(%r, %m : tensor<6x10xf32>, tensor<6xf32>) outs(%start : tensor<6xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %1 = arith.subf %a, %b : f32
      %2 = math.exp %1 : f32
      %3 = arith.addf %o, %2 : f32
      linalg.yield %3 : f32
  } -> tensor<6xf32>
  return %r, %m, %s : tensor<6x10xf32>, tensor<6xf32>, tensor<6xf32>
}
