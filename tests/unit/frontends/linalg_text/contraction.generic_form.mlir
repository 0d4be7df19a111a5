#map = affine_map<(d0, d1, d2, d3, d4) -> (d4, d0, d1)>
#map1 = affine_map<(d0, d1, d2, d3, d4) -> (d2, d0, d3, d4)>
#map2 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, d1, d3)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<7x2x3xf16>, tensor<4x2x5x7xf16>) -> tensor<2x4x3x5xf32>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<7x2x3xf16>, %arg1: tensor<4x2x5x7xf16>):
    %0 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %1 = "tensor.empty"() : () -> tensor<2x4x3x5xf32>
    %2 = "linalg.fill"(%0, %1) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg5: f32, %arg6: f32):
      "linalg.yield"(%arg5) : (f32) -> ()
    }) : (f32, tensor<2x4x3x5xf32>) -> tensor<2x4x3x5xf32>
    %3 = "linalg.generic"(%arg0, %arg1, %2) <{indexing_maps = [#map, #map1, #map2], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg2: f16, %arg3: f16, %arg4: f32):
      %4 = "arith.extf"(%arg2) : (f16) -> f32
      %5 = "arith.extf"(%arg3) : (f16) -> f32
      %6 = "arith.mulf"(%4, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %7 = "arith.addf"(%arg4, %6) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%7) : (f32) -> ()
    }) : (tensor<7x2x3xf16>, tensor<4x2x5x7xf16>, tensor<2x4x3x5xf32>) -> tensor<2x4x3x5xf32>
    "func.return"(%3) : (tensor<2x4x3x5xf32>) -> ()
  }) : () -> ()
}) : () -> ()

