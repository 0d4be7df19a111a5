// RMS normalisation over the rows, as mlir-opt-19 --mlir-print-op-generic prints it.
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d0)>
#map2 = affine_map<(d0, d1) -> (d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<64x512xf32>, tensor<512xf32>) -> tensor<64x512xf32>, sym_name = "main"}> ({
  ^bb0(%arg0: tensor<64x512xf32>, %arg1: tensor<512xf32>):
    %0 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %1 = "arith.constant"() <{value = 0.001953125 : f32}> : () -> f32
    %2 = "arith.constant"() <{value = 9.99999974E-6 : f32}> : () -> f32
    %3 = "tensor.empty"() : () -> tensor<64xf32>
    %4 = "linalg.fill"(%0, %3) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg8: f32, %arg9: f32):
      "linalg.yield"(%arg8) : (f32) -> ()
    }) : (f32, tensor<64xf32>) -> tensor<64xf32>
    %5 = "linalg.generic"(%arg0, %4) <{indexing_maps = [#map, #map1], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg6: f32, %arg7: f32):
      %13 = "arith.mulf"(%arg6, %arg6) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %14 = "arith.addf"(%13, %arg7) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%14) : (f32) -> ()
    }) : (tensor<64x512xf32>, tensor<64xf32>) -> tensor<64xf32>
    %6 = "tensor.empty"() : () -> tensor<64x512xf32>
    %7 = "linalg.generic"(%arg0, %5, %arg1, %6) <{indexing_maps = [#map, #map1, #map2, #map], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 3, 1>}> ({
    ^bb0(%arg2: f32, %arg3: f32, %arg4: f32, %arg5: f32):
      %8 = "arith.mulf"(%arg3, %1) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %9 = "arith.addf"(%8, %2) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %10 = "math.rsqrt"(%9) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      %11 = "arith.mulf"(%arg2, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %12 = "arith.mulf"(%11, %arg4) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%12) : (f32) -> ()
    }) : (tensor<64x512xf32>, tensor<64xf32>, tensor<512xf32>, tensor<64x512xf32>) -> tensor<64x512xf32>
    "func.return"(%7) : (tensor<64x512xf32>) -> ()
  }) : () -> ()
}) : () -> ()
