#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1, d0)>
#map2 = affine_map<(d0, d1) -> (0, d1)>
#map3 = affine_map<(d0, d1) -> (d0)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<6x10xf32>, tensor<10x6xf32>, tensor<1x10xf32>, tensor<6xf32>) -> (tensor<6x10xf32>, tensor<6xf32>, tensor<6xf32>), sym_name = "main"}> ({
  ^bb0(%arg0: tensor<6x10xf32>, %arg1: tensor<10x6xf32>, %arg2: tensor<1x10xf32>, %arg3: tensor<6xf32>):
    %0 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %1 = "arith.constant"() <{value = 0xFF800000 : f32}> : () -> f32
    %2 = "tensor.empty"() : () -> tensor<6x10xf32>
    %3 = "linalg.generic"(%arg0, %arg1, %arg2, %2) <{indexing_maps = [#map, #map1, #map2, #map], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 3, 1>}> ({
    ^bb0(%arg11: f32, %arg12: f32, %arg13: f32, %arg14: f32):
      %12 = "arith.addf"(%arg11, %arg12) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %13 = "arith.cmpf"(%12, %0) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %14 = "arith.mulf"(%12, %arg13) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %15 = "arith.select"(%13, %12, %14) : (i1, f32, f32) -> f32
      %16 = "arith.truncf"(%15) : (f32) -> f16
      %17 = "arith.extf"(%16) : (f16) -> f32
      "linalg.yield"(%17) : (f32) -> ()
    }) : (tensor<6x10xf32>, tensor<10x6xf32>, tensor<1x10xf32>, tensor<6x10xf32>) -> tensor<6x10xf32>
    %4 = "tensor.empty"() : () -> tensor<6xf32>
    %5 = "linalg.fill"(%1, %4) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg9: f32, %arg10: f32):
      "linalg.yield"(%arg9) : (f32) -> ()
    }) : (f32, tensor<6xf32>) -> tensor<6xf32>
    %6 = "linalg.generic"(%3, %5) <{indexing_maps = [#map, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg7: f32, %arg8: f32):
      %11 = "arith.maximumf"(%arg8, %arg7) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%11) : (f32) -> ()
    }) : (tensor<6x10xf32>, tensor<6xf32>) -> tensor<6xf32>
    %7 = "linalg.generic"(%3, %6, %arg3) <{indexing_maps = [#map, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg4: f32, %arg5: f32, %arg6: f32):
      %8 = "arith.subf"(%arg4, %arg5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %9 = "math.exp"(%8) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      %10 = "arith.addf"(%arg6, %9) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%10) : (f32) -> ()
    }) : (tensor<6x10xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    "func.return"(%3, %6, %7) : (tensor<6x10xf32>, tensor<6xf32>, tensor<6xf32>) -> ()
  }) : () -> ()
}) : () -> ()

