#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map4 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map5 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d1, d2)>
#map7 = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
#map8 = affine_map<(d0) -> (d0)>
#map9 = affine_map<(d0) -> ()>
#map10 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map11 = affine_map<(d0, d1) -> (d0, d1)>
#map12 = affine_map<(d0, d1) -> (d1)>
#map13 = affine_map<(d0, d1) -> (d0)>
#map14 = affine_map<(d0, d1) -> (d1, d0)>
#map15 = affine_map<(d0, d1) -> (d0 + d1)>
#map16 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d2 * 2 + d4)>
#map17 = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
#map18 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
#map19 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 2 + d3, d4)>
#map20 = affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, d2)>
#map21 = affine_map<(d0, d1, d2, d3) -> (d0 + d2, d1 + d3)>
#map22 = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
#map23 = affine_map<(d0, d1, d2, d3) -> (d0, d1)>
#map24 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 * 2 + d5, d3 + d6 * 2)>
#map25 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
#map26 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
#map27 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d5, d3 * 2 + d6, d4 + d7 * 2)>
#map28 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d2, d1, d5, d6, d7)>
#map29 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1, d2, d3, d4)>
#map30 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d1, d2, d5, d6, d7)>
#map31 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 + d5 * 2, d6)>
#map32 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
#map33 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>
#map34 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 2 + d5, d2 + d6 * 2, d3, d7)>
#map35 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d3, d4, d5, d6, d7)>
#map36 = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 * 2 + d3)>
#map37 = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1)>
#map38 = affine_map<(d0, d1, d2, d3) -> (d0, d1 * 2 + d3, d2)>
#map39 = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
#map40 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 2 + d4, d2)>
#map41 = affine_map<(d0, d1, d2, d3, d4) -> (d4, d2, d3)>
#map42 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
#map43 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 2 + d4, d2 + d5 * 2)>
#map44 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, d5)>
#map45 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2)>
#map46 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 + d5 * 2, d3)>
#map47 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>
#map48 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
#map49 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d5, d2 + d6 * 2, d3)>
#map50 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d5, d6, d3, d4)>
#map51 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3, d4)>
#map52 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 * 2 + d3)>
#map53 = affine_map<(d0, d1, d2, d3) -> (d3)>
#map54 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 + d5 * 2)>
#map55 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
#map56 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 * 2 + d5, d2 + d6 * 2, d3 + d7, d4)>
#map57 = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d6, d7)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<2x3x5xf32>, tensor<2x5x2xf32>, tensor<2x3x2xf32>) -> tensor<2x3x2xf32>, sym_name = "batch_matmul"}> ({
  ^bb0(%arg216: tensor<2x3x5xf32>, %arg217: tensor<2x5x2xf32>, %arg218: tensor<2x3x2xf32>):
    %95 = "linalg.batch_matmul"(%arg216, %arg217, %arg218) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg219: f32, %arg220: f32, %arg221: f32):
      %96 = "arith.mulf"(%arg219, %arg220) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %97 = "arith.addf"(%arg221, %96) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%97) : (f32) -> ()
    }) : (tensor<2x3x5xf32>, tensor<2x5x2xf32>, tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
    "func.return"(%95) : (tensor<2x3x2xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>, sym_name = "batch_matvec"}> ({
  ^bb0(%arg210: tensor<2x3x5xf32>, %arg211: tensor<2x5xf32>, %arg212: tensor<2x3xf32>):
    %92 = "linalg.batch_matvec"(%arg210, %arg211, %arg212) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg213: f32, %arg214: f32, %arg215: f32):
      %93 = "arith.mulf"(%arg213, %arg214) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %94 = "arith.addf"(%arg215, %93) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%94) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map3, #map4, #map5]} : (tensor<2x3x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    "func.return"(%92) : (tensor<2x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x5xf32>, tensor<2x5x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>, sym_name = "batch_reduce_matmul"}> ({
  ^bb0(%arg204: tensor<2x3x5xf32>, %arg205: tensor<2x5x2xf32>, %arg206: tensor<3x2xf32>):
    %89 = "linalg.batch_reduce_matmul"(%arg204, %arg205, %arg206) <{indexing_maps = [#map, #map1, #map6], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg207: f32, %arg208: f32, %arg209: f32):
      %90 = "arith.mulf"(%arg207, %arg208) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %91 = "arith.addf"(%arg209, %90) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%91) : (f32) -> ()
    }) : (tensor<2x3x5xf32>, tensor<2x5x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    "func.return"(%89) : (tensor<3x2xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x5xf32>, tensor<2x5x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>, sym_name = "batch_vecmat"}> ({
  ^bb0(%arg198: tensor<2x5xf32>, %arg199: tensor<2x5x2xf32>, %arg200: tensor<2x2xf32>):
    %86 = "linalg.batch_vecmat"(%arg198, %arg199, %arg200) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg201: f32, %arg202: f32, %arg203: f32):
      %87 = "arith.mulf"(%arg201, %arg202) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %88 = "arith.addf"(%arg203, %87) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%88) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map4, #map7, #map5]} : (tensor<2x5xf32>, tensor<2x5x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    "func.return"(%86) : (tensor<2x2xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<5xf32>, tensor<5xf32>, tensor<f32>) -> tensor<f32>, sym_name = "dot"}> ({
  ^bb0(%arg192: tensor<5xf32>, %arg193: tensor<5xf32>, %arg194: tensor<f32>):
    %83 = "linalg.dot"(%arg192, %arg193, %arg194) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg195: f32, %arg196: f32, %arg197: f32):
      %84 = "arith.mulf"(%arg195, %arg196) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %85 = "arith.addf"(%arg197, %84) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%85) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map8, #map8, #map9]} : (tensor<5xf32>, tensor<5xf32>, tensor<f32>) -> tensor<f32>
    "func.return"(%83) : (tensor<f32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<3x5xf32>, tensor<5x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>, sym_name = "matmul"}> ({
  ^bb0(%arg186: tensor<3x5xf32>, %arg187: tensor<5x2xf32>, %arg188: tensor<3x2xf32>):
    %80 = "linalg.matmul"(%arg186, %arg187, %arg188) <{indexing_maps = [#map4, #map10, #map5], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg189: f32, %arg190: f32, %arg191: f32):
      %81 = "arith.mulf"(%arg189, %arg190) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %82 = "arith.addf"(%arg191, %81) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%82) : (f32) -> ()
    }) : (tensor<3x5xf32>, tensor<5x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    "func.return"(%80) : (tensor<3x2xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<3x5xf32>, tensor<5xf32>, tensor<3xf32>) -> tensor<3xf32>, sym_name = "matvec"}> ({
  ^bb0(%arg180: tensor<3x5xf32>, %arg181: tensor<5xf32>, %arg182: tensor<3xf32>):
    %77 = "linalg.matvec"(%arg180, %arg181, %arg182) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg183: f32, %arg184: f32, %arg185: f32):
      %78 = "arith.mulf"(%arg183, %arg184) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %79 = "arith.addf"(%arg185, %78) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%79) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map11, #map12, #map13]} : (tensor<3x5xf32>, tensor<5xf32>, tensor<3xf32>) -> tensor<3xf32>
    "func.return"(%77) : (tensor<3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<5xf32>, tensor<5x2xf32>, tensor<2xf32>) -> tensor<2xf32>, sym_name = "vecmat"}> ({
  ^bb0(%arg174: tensor<5xf32>, %arg175: tensor<5x2xf32>, %arg176: tensor<2xf32>):
    %74 = "linalg.vecmat"(%arg174, %arg175, %arg176) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg177: f32, %arg178: f32, %arg179: f32):
      %75 = "arith.mulf"(%arg177, %arg178) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %76 = "arith.addf"(%arg179, %75) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%76) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map12, #map14, #map13]} : (tensor<5xf32>, tensor<5x2xf32>, tensor<2xf32>) -> tensor<2xf32>
    "func.return"(%74) : (tensor<2xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<9xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<4xf32>, sym_name = "conv_1d"}> ({
  ^bb0(%arg168: tensor<9xf32>, %arg169: tensor<3xf32>, %arg170: tensor<4xf32>):
    %71 = "linalg.conv_1d"(%arg168, %arg169, %arg170) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg171: f32, %arg172: f32, %arg173: f32):
      %72 = "arith.mulf"(%arg171, %arg172) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %73 = "arith.addf"(%arg173, %72) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%73) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map15, #map12, #map13]} : (tensor<9xf32>, tensor<3xf32>, tensor<4xf32>) -> tensor<4xf32>
    "func.return"(%71) : (tensor<4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x9xf32>, tensor<4x3x3xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>, sym_name = "conv_1d_ncw_fcw"}> ({
  ^bb0(%arg162: tensor<2x3x9xf32>, %arg163: tensor<4x3x3xf32>, %arg164: tensor<2x4x4xf32>):
    %68 = "linalg.conv_1d_ncw_fcw"(%arg162, %arg163, %arg164) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg165: f32, %arg166: f32, %arg167: f32):
      %69 = "arith.mulf"(%arg165, %arg166) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %70 = "arith.addf"(%arg167, %69) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%70) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map16, #map17, #map18]} : (tensor<2x3x9xf32>, tensor<4x3x3xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
    "func.return"(%68) : (tensor<2x4x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3x3x4xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>, sym_name = "conv_1d_nwc_wcf"}> ({
  ^bb0(%arg156: tensor<2x9x3xf32>, %arg157: tensor<3x3x4xf32>, %arg158: tensor<2x4x4xf32>):
    %65 = "linalg.conv_1d_nwc_wcf"(%arg156, %arg157, %arg158) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg159: f32, %arg160: f32, %arg161: f32):
      %66 = "arith.mulf"(%arg159, %arg160) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %67 = "arith.addf"(%arg161, %66) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%67) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map19, #map20, #map18]} : (tensor<2x9x3xf32>, tensor<3x3x4xf32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
    "func.return"(%65) : (tensor<2x4x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<6x8xf32>, tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>, sym_name = "conv_2d"}> ({
  ^bb0(%arg150: tensor<6x8xf32>, %arg151: tensor<2x3xf32>, %arg152: tensor<3x4xf32>):
    %62 = "linalg.conv_2d"(%arg150, %arg151, %arg152) <{operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg153: f32, %arg154: f32, %arg155: f32):
      %63 = "arith.mulf"(%arg153, %arg154) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %64 = "arith.addf"(%arg155, %63) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%64) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map21, #map22, #map23]} : (tensor<6x8xf32>, tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
    "func.return"(%62) : (tensor<3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x6x8xf32>, tensor<4x3x2x3xf32>, tensor<2x4x3x4xf32>) -> tensor<2x4x3x4xf32>, sym_name = "conv_2d_nchw_fchw"}> ({
  ^bb0(%arg144: tensor<2x3x6x8xf32>, %arg145: tensor<4x3x2x3xf32>, %arg146: tensor<2x4x3x4xf32>):
    %59 = "linalg.conv_2d_nchw_fchw"(%arg144, %arg145, %arg146) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg147: f32, %arg148: f32, %arg149: f32):
      %60 = "arith.mulf"(%arg147, %arg148) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %61 = "arith.addf"(%arg149, %60) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%61) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map24, #map25, #map26]} : (tensor<2x3x6x8xf32>, tensor<4x3x2x3xf32>, tensor<2x4x3x4xf32>) -> tensor<2x4x3x4xf32>
    "func.return"(%59) : (tensor<2x4x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x2x3x6x8xf32>, tensor<4x2x3x2x3xf32>, tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>, sym_name = "conv_2d_ngchw_fgchw"}> ({
  ^bb0(%arg138: tensor<2x2x3x6x8xf32>, %arg139: tensor<4x2x3x2x3xf32>, %arg140: tensor<2x2x4x3x4xf32>):
    %56 = "linalg.conv_2d_ngchw_fgchw"(%arg138, %arg139, %arg140) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg141: f32, %arg142: f32, %arg143: f32):
      %57 = "arith.mulf"(%arg141, %arg142) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %58 = "arith.addf"(%arg143, %57) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%58) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map27, #map28, #map29]} : (tensor<2x2x3x6x8xf32>, tensor<4x2x3x2x3xf32>, tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>
    "func.return"(%56) : (tensor<2x2x4x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x2x3x6x8xf32>, tensor<2x4x3x2x3xf32>, tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>, sym_name = "conv_2d_ngchw_gfchw"}> ({
  ^bb0(%arg132: tensor<2x2x3x6x8xf32>, %arg133: tensor<2x4x3x2x3xf32>, %arg134: tensor<2x2x4x3x4xf32>):
    %53 = "linalg.conv_2d_ngchw_gfchw"(%arg132, %arg133, %arg134) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg135: f32, %arg136: f32, %arg137: f32):
      %54 = "arith.mulf"(%arg135, %arg136) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %55 = "arith.addf"(%arg137, %54) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%55) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map27, #map30, #map29]} : (tensor<2x2x3x6x8xf32>, tensor<2x4x3x2x3xf32>, tensor<2x2x4x3x4xf32>) -> tensor<2x2x4x3x4xf32>
    "func.return"(%53) : (tensor<2x2x4x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<4x2x3x3xf32>, tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>, sym_name = "conv_2d_nhwc_fhwc"}> ({
  ^bb0(%arg126: tensor<2x6x8x3xf32>, %arg127: tensor<4x2x3x3xf32>, %arg128: tensor<2x3x4x4xf32>):
    %50 = "linalg.conv_2d_nhwc_fhwc"(%arg126, %arg127, %arg128) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg129: f32, %arg130: f32, %arg131: f32):
      %51 = "arith.mulf"(%arg129, %arg130) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %52 = "arith.addf"(%arg131, %51) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%52) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map31, #map32, #map26]} : (tensor<2x6x8x3xf32>, tensor<4x2x3x3xf32>, tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>
    "func.return"(%50) : (tensor<2x3x4x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3x3x4xf32>, tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>, sym_name = "conv_2d_nhwc_hwcf"}> ({
  ^bb0(%arg120: tensor<2x6x8x3xf32>, %arg121: tensor<2x3x3x4xf32>, %arg122: tensor<2x3x4x4xf32>):
    %47 = "linalg.conv_2d_nhwc_hwcf"(%arg120, %arg121, %arg122) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg123: f32, %arg124: f32, %arg125: f32):
      %48 = "arith.mulf"(%arg123, %arg124) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %49 = "arith.addf"(%arg125, %48) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%49) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map31, #map33, #map26]} : (tensor<2x6x8x3xf32>, tensor<2x3x3x4xf32>, tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>
    "func.return"(%47) : (tensor<2x3x4x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x2x3xf32>, tensor<2x4x2x3x3xf32>, tensor<2x3x4x2x4xf32>) -> tensor<2x3x4x2x4xf32>, sym_name = "conv_2d_nhwgc_gfhwc"}> ({
  ^bb0(%arg114: tensor<2x6x8x2x3xf32>, %arg115: tensor<2x4x2x3x3xf32>, %arg116: tensor<2x3x4x2x4xf32>):
    %44 = "linalg.conv_2d_nhwgc_gfhwc"(%arg114, %arg115, %arg116) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg117: f32, %arg118: f32, %arg119: f32):
      %45 = "arith.mulf"(%arg117, %arg118) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %46 = "arith.addf"(%arg119, %45) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%46) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map34, #map35, #map29]} : (tensor<2x6x8x2x3xf32>, tensor<2x4x2x3x3xf32>, tensor<2x3x4x2x4xf32>) -> tensor<2x3x4x2x4xf32>
    "func.return"(%44) : (tensor<2x3x4x2x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x9xf32>, tensor<3x3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>, sym_name = "depthwise_conv_1d_ncw_cw"}> ({
  ^bb0(%arg108: tensor<2x3x9xf32>, %arg109: tensor<3x3xf32>, %arg110: tensor<2x3x4xf32>):
    %41 = "linalg.depthwise_conv_1d_ncw_cw"(%arg108, %arg109, %arg110) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg111: f32, %arg112: f32, %arg113: f32):
      %42 = "arith.mulf"(%arg111, %arg112) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %43 = "arith.addf"(%arg113, %42) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%43) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map36, #map22, #map37]} : (tensor<2x3x9xf32>, tensor<3x3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
    "func.return"(%41) : (tensor<2x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3x3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>, sym_name = "depthwise_conv_1d_nwc_wc"}> ({
  ^bb0(%arg102: tensor<2x9x3xf32>, %arg103: tensor<3x3xf32>, %arg104: tensor<2x4x3xf32>):
    %38 = "linalg.depthwise_conv_1d_nwc_wc"(%arg102, %arg103, %arg104) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg105: f32, %arg106: f32, %arg107: f32):
      %39 = "arith.mulf"(%arg105, %arg106) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %40 = "arith.addf"(%arg107, %39) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%40) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map38, #map39, #map2]} : (tensor<2x9x3xf32>, tensor<3x3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
    "func.return"(%38) : (tensor<2x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3x3x3xf32>, tensor<2x4x3x3xf32>) -> tensor<2x4x3x3xf32>, sym_name = "depthwise_conv_1d_nwc_wcm"}> ({
  ^bb0(%arg96: tensor<2x9x3xf32>, %arg97: tensor<3x3x3xf32>, %arg98: tensor<2x4x3x3xf32>):
    %35 = "linalg.depthwise_conv_1d_nwc_wcm"(%arg96, %arg97, %arg98) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg99: f32, %arg100: f32, %arg101: f32):
      %36 = "arith.mulf"(%arg99, %arg100) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %37 = "arith.addf"(%arg101, %36) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%37) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map40, #map41, #map42]} : (tensor<2x9x3xf32>, tensor<3x3x3xf32>, tensor<2x4x3x3xf32>) -> tensor<2x4x3x3xf32>
    "func.return"(%35) : (tensor<2x4x3x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x6x8xf32>, tensor<3x2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>, sym_name = "depthwise_conv_2d_nchw_chw"}> ({
  ^bb0(%arg90: tensor<2x3x6x8xf32>, %arg91: tensor<3x2x3xf32>, %arg92: tensor<2x3x3x4xf32>):
    %32 = "linalg.depthwise_conv_2d_nchw_chw"(%arg90, %arg91, %arg92) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg93: f32, %arg94: f32, %arg95: f32):
      %33 = "arith.mulf"(%arg93, %arg94) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %34 = "arith.addf"(%arg95, %33) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%34) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map43, #map44, #map45]} : (tensor<2x3x6x8xf32>, tensor<3x2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>
    "func.return"(%32) : (tensor<2x3x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>, sym_name = "depthwise_conv_2d_nhwc_hwc"}> ({
  ^bb0(%arg84: tensor<2x6x8x3xf32>, %arg85: tensor<2x3x3xf32>, %arg86: tensor<2x3x4x3xf32>):
    %29 = "linalg.depthwise_conv_2d_nhwc_hwc"(%arg84, %arg85, %arg86) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg87: f32, %arg88: f32, %arg89: f32):
      %30 = "arith.mulf"(%arg87, %arg88) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %31 = "arith.addf"(%arg89, %30) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%31) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map46, #map47, #map48]} : (tensor<2x6x8x3xf32>, tensor<2x3x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
    "func.return"(%29) : (tensor<2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3x3x3xf32>, tensor<2x3x4x3x3xf32>) -> tensor<2x3x4x3x3xf32>, sym_name = "depthwise_conv_2d_nhwc_hwcm"}> ({
  ^bb0(%arg78: tensor<2x6x8x3xf32>, %arg79: tensor<2x3x3x3xf32>, %arg80: tensor<2x3x4x3x3xf32>):
    %26 = "linalg.depthwise_conv_2d_nhwc_hwcm"(%arg78, %arg79, %arg80) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg81: f32, %arg82: f32, %arg83: f32):
      %27 = "arith.mulf"(%arg81, %arg82) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %28 = "arith.addf"(%arg83, %27) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%28) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map49, #map50, #map51]} : (tensor<2x6x8x3xf32>, tensor<2x3x3x3xf32>, tensor<2x3x4x3x3xf32>) -> tensor<2x3x4x3x3xf32>
    "func.return"(%26) : (tensor<2x3x4x3x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x9xf32>, tensor<3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>, sym_name = "pooling_ncw_sum"}> ({
  ^bb0(%arg72: tensor<2x3x9xf32>, %arg73: tensor<3xf32>, %arg74: tensor<2x3x4xf32>):
    %24 = "linalg.pooling_ncw_sum"(%arg72, %arg73, %arg74) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg75: f32, %arg76: f32, %arg77: f32):
      %25 = "arith.addf"(%arg77, %arg75) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%25) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map52, #map53, #map2]} : (tensor<2x3x9xf32>, tensor<3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
    "func.return"(%24) : (tensor<2x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x9xf32>, tensor<3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>, sym_name = "pooling_ncw_max"}> ({
  ^bb0(%arg66: tensor<2x3x9xf32>, %arg67: tensor<3xf32>, %arg68: tensor<2x3x4xf32>):
    %22 = "linalg.pooling_ncw_max"(%arg66, %arg67, %arg68) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg69: f32, %arg70: f32, %arg71: f32):
      %23 = "arith.maximumf"(%arg71, %arg69) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%23) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map52, #map53, #map2]} : (tensor<2x3x9xf32>, tensor<3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
    "func.return"(%22) : (tensor<2x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>, sym_name = "pooling_nwc_sum"}> ({
  ^bb0(%arg60: tensor<2x9x3xf32>, %arg61: tensor<3xf32>, %arg62: tensor<2x4x3xf32>):
    %20 = "linalg.pooling_nwc_sum"(%arg60, %arg61, %arg62) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg63: f32, %arg64: f32, %arg65: f32):
      %21 = "arith.addf"(%arg65, %arg63) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%21) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map38, #map53, #map2]} : (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
    "func.return"(%20) : (tensor<2x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>, sym_name = "pooling_nwc_max"}> ({
  ^bb0(%arg54: tensor<2x9x3xf32>, %arg55: tensor<3xf32>, %arg56: tensor<2x4x3xf32>):
    %18 = "linalg.pooling_nwc_max"(%arg54, %arg55, %arg56) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg57: f32, %arg58: f32, %arg59: f32):
      %19 = "arith.maximumf"(%arg59, %arg57) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%19) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map38, #map53, #map2]} : (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
    "func.return"(%18) : (tensor<2x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>, sym_name = "pooling_nwc_min"}> ({
  ^bb0(%arg48: tensor<2x9x3xf32>, %arg49: tensor<3xf32>, %arg50: tensor<2x4x3xf32>):
    %16 = "linalg.pooling_nwc_min"(%arg48, %arg49, %arg50) <{dilations = dense<1> : tensor<1xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : tensor<1xi64>}> ({
    ^bb0(%arg51: f32, %arg52: f32, %arg53: f32):
      %17 = "arith.minimumf"(%arg53, %arg51) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%17) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map38, #map53, #map2]} : (tensor<2x9x3xf32>, tensor<3xf32>, tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
    "func.return"(%16) : (tensor<2x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x6x8xf32>, tensor<2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>, sym_name = "pooling_nchw_sum"}> ({
  ^bb0(%arg42: tensor<2x3x6x8xf32>, %arg43: tensor<2x3xf32>, %arg44: tensor<2x3x3x4xf32>):
    %14 = "linalg.pooling_nchw_sum"(%arg42, %arg43, %arg44) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg45: f32, %arg46: f32, %arg47: f32):
      %15 = "arith.addf"(%arg47, %arg45) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%15) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map54, #map55, #map48]} : (tensor<2x3x6x8xf32>, tensor<2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>
    "func.return"(%14) : (tensor<2x3x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x6x8xf32>, tensor<2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>, sym_name = "pooling_nchw_max"}> ({
  ^bb0(%arg36: tensor<2x3x6x8xf32>, %arg37: tensor<2x3xf32>, %arg38: tensor<2x3x3x4xf32>):
    %12 = "linalg.pooling_nchw_max"(%arg36, %arg37, %arg38) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg39: f32, %arg40: f32, %arg41: f32):
      %13 = "arith.maximumf"(%arg41, %arg39) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%13) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map54, #map55, #map48]} : (tensor<2x3x6x8xf32>, tensor<2x3xf32>, tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>
    "func.return"(%12) : (tensor<2x3x3x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>, sym_name = "pooling_nhwc_sum"}> ({
  ^bb0(%arg30: tensor<2x6x8x3xf32>, %arg31: tensor<2x3xf32>, %arg32: tensor<2x3x4x3xf32>):
    %10 = "linalg.pooling_nhwc_sum"(%arg30, %arg31, %arg32) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg33: f32, %arg34: f32, %arg35: f32):
      %11 = "arith.addf"(%arg35, %arg33) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%11) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map46, #map55, #map48]} : (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
    "func.return"(%10) : (tensor<2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>, sym_name = "pooling_nhwc_max"}> ({
  ^bb0(%arg24: tensor<2x6x8x3xf32>, %arg25: tensor<2x3xf32>, %arg26: tensor<2x3x4x3xf32>):
    %8 = "linalg.pooling_nhwc_max"(%arg24, %arg25, %arg26) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg27: f32, %arg28: f32, %arg29: f32):
      %9 = "arith.maximumf"(%arg29, %arg27) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%9) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map46, #map55, #map48]} : (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
    "func.return"(%8) : (tensor<2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>, sym_name = "pooling_nhwc_min"}> ({
  ^bb0(%arg18: tensor<2x6x8x3xf32>, %arg19: tensor<2x3xf32>, %arg20: tensor<2x3x4x3xf32>):
    %6 = "linalg.pooling_nhwc_min"(%arg18, %arg19, %arg20) <{dilations = dense<[1, 2]> : tensor<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1]> : tensor<2xi64>}> ({
    ^bb0(%arg21: f32, %arg22: f32, %arg23: f32):
      %7 = "arith.minimumf"(%arg23, %arg21) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%7) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map46, #map55, #map48]} : (tensor<2x6x8x3xf32>, tensor<2x3xf32>, tensor<2x3x4x3xf32>) -> tensor<2x3x4x3xf32>
    "func.return"(%6) : (tensor<2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>, sym_name = "pooling_ndhwc_sum"}> ({
  ^bb0(%arg12: tensor<2x4x5x6x3xf32>, %arg13: tensor<2x2x3xf32>, %arg14: tensor<2x2x3x4x3xf32>):
    %4 = "linalg.pooling_ndhwc_sum"(%arg12, %arg13, %arg14) <{dilations = dense<[1, 2, 1]> : tensor<3xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1, 1]> : tensor<3xi64>}> ({
    ^bb0(%arg15: f32, %arg16: f32, %arg17: f32):
      %5 = "arith.addf"(%arg17, %arg15) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%5) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map56, #map57, #map29]} : (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>
    "func.return"(%4) : (tensor<2x2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>, sym_name = "pooling_ndhwc_max"}> ({
  ^bb0(%arg6: tensor<2x4x5x6x3xf32>, %arg7: tensor<2x2x3xf32>, %arg8: tensor<2x2x3x4x3xf32>):
    %2 = "linalg.pooling_ndhwc_max"(%arg6, %arg7, %arg8) <{dilations = dense<[1, 2, 1]> : tensor<3xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1, 1]> : tensor<3xi64>}> ({
    ^bb0(%arg9: f32, %arg10: f32, %arg11: f32):
      %3 = "arith.maximumf"(%arg11, %arg9) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%3) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map56, #map57, #map29]} : (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>
    "func.return"(%2) : (tensor<2x2x3x4x3xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>, sym_name = "pooling_ndhwc_min"}> ({
  ^bb0(%arg0: tensor<2x4x5x6x3xf32>, %arg1: tensor<2x2x3xf32>, %arg2: tensor<2x2x3x4x3xf32>):
    %0 = "linalg.pooling_ndhwc_min"(%arg0, %arg1, %arg2) <{dilations = dense<[1, 2, 1]> : tensor<3xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<[2, 1, 1]> : tensor<3xi64>}> ({
    ^bb0(%arg3: f32, %arg4: f32, %arg5: f32):
      %1 = "arith.minimumf"(%arg5, %arg3) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%1) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map56, #map57, #map29]} : (tensor<2x4x5x6x3xf32>, tensor<2x2x3xf32>, tensor<2x2x3x4x3xf32>) -> tensor<2x2x3x4x3xf32>
    "func.return"(%0) : (tensor<2x2x3x4x3xf32>) -> ()
  }) : () -> ()
}) : () -> ()

