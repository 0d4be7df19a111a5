"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x6x7x4xf32>, tensor<5x3x2x4xf32>, tensor<5xf32>, tensor<3x3x5x2xf32>, tensor<10xf32>) -> (tensor<1x2x2x10xf32>, tensor<1x3x3x5xf32>), sym_name = "windows"}> ({
  ^bb0(%arg4: tensor<1x6x7x4xf32>, %arg5: tensor<5x3x2x4xf32>, %arg6: tensor<5xf32>, %arg7: tensor<3x3x5x2xf32>, %arg8: tensor<10xf32>):
    %30 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %31 = "tosa.conv2d"(%arg4, %arg5, %arg6, %30, %30) <{acc_type = f32, dilation = array<i64: 1, 2>, pad = array<i64: 1, 0, 0, 1>, stride = array<i64: 1, 1>}> : (tensor<1x6x7x4xf32>, tensor<5x3x2x4xf32>, tensor<5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x5x6x5xf32>
    %32 = "tosa.clamp"(%31) <{max_val = 7.500000e-01 : f32, min_val = -5.000000e-01 : f32, nan_mode = #tosa.nan_mode<PROPAGATE>}> : (tensor<1x5x6x5xf32>) -> tensor<1x5x6x5xf32>
    %33 = "tosa.avg_pool2d"(%32, %30, %30) <{acc_type = f32, kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 0, 1>, stride = array<i64: 2, 2>}> : (tensor<1x5x6x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x3x5xf32>
    %34 = "tosa.max_pool2d"(%32) <{kernel = array<i64: 2, 3>, nan_mode = #tosa.nan_mode<PROPAGATE>, pad = array<i64: 1, 0, 1, 0>, stride = array<i64: 1, 1>}> : (tensor<1x5x6x5xf32>) -> tensor<1x5x5x5xf32>
    %35 = "tosa.depthwise_conv2d"(%34, %arg7, %arg8, %30, %30) <{acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>}> : (tensor<1x5x5x5xf32>, tensor<3x3x5x2xf32>, tensor<10xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x10xf32>
    "func.return"(%35, %33) : (tensor<1x2x2x10xf32>, tensor<1x3x3x5xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<2x3x4xf32>, tensor<2x5xi32>) -> (tensor<2x5x4xf32>, tensor<4x2x6xf32>, tensor<2x3xi32>, tensor<3x6x4xf32>), sym_name = "moves"}> ({
  ^bb0(%arg2: tensor<2x3x4xf32>, %arg3: tensor<2x5xi32>):
    %16 = "tosa.gather"(%arg2, %arg3) : (tensor<2x3x4xf32>, tensor<2x5xi32>) -> tensor<2x5x4xf32>
    %17 = "tosa.transpose"(%arg2) <{perms = array<i32: 2, 0, 1>}> : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
    %18 = "tosa.const_shape"() <{values = dense<[0, 0, 0, 0, 1, 2]> : tensor<6xindex>}> : () -> !tosa.shape<6>
    %19 = "tosa.const"() <{values = dense<2.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %20 = "tosa.pad"(%17, %18, %19) : (tensor<4x2x3xf32>, !tosa.shape<6>, tensor<1xf32>) -> tensor<4x2x6xf32>
    %21 = "tosa.argmax"(%arg2) <{axis = 2 : i32, nan_mode = #tosa.nan_mode<PROPAGATE>}> : (tensor<2x3x4xf32>) -> tensor<2x3xi32>
    %22 = "tosa.const_shape"() <{values = dense<[1, 2, 1]> : tensor<3xindex>}> : () -> !tosa.shape<3>
    %23 = "tosa.concat"(%arg2, %arg2) <{axis = 1 : i32}> : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x6x4xf32>
    %24 = "tosa.const_shape"() <{values = dense<[1, 0, 0]> : tensor<3xindex>}> : () -> !tosa.shape<3>
    %25 = "tosa.const_shape"() <{values = dense<[1, 6, 4]> : tensor<3xindex>}> : () -> !tosa.shape<3>
    %26 = "tosa.slice"(%23, %24, %25) : (tensor<2x6x4xf32>, !tosa.shape<3>, !tosa.shape<3>) -> tensor<1x6x4xf32>
    %27 = "tosa.reverse"(%26) <{axis = 1 : i32}> : (tensor<1x6x4xf32>) -> tensor<1x6x4xf32>
    %28 = "tosa.const_shape"() <{values = dense<[3, 1, 1]> : tensor<3xindex>}> : () -> !tosa.shape<3>
    %29 = "tosa.tile"(%27, %28) : (tensor<1x6x4xf32>, !tosa.shape<3>) -> tensor<3x6x4xf32>
    "func.return"(%16, %20, %21, %29) : (tensor<2x5x4xf32>, tensor<4x2x6xf32>, tensor<2x3xi32>, tensor<3x6x4xf32>) -> ()
  }) : () -> ()
  "func.func"() <{function_type = (tensor<3x4xf32>, tensor<1x4xf32>) -> (tensor<3x1xf32>, tensor<3x4xi32>, tensor<1x4xi1>, tensor<1x3x5xf32>), sym_name = "elements"}> ({
  ^bb0(%arg0: tensor<3x4xf32>, %arg1: tensor<1x4xf32>):
    %0 = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
    %1 = "tosa.const"() <{values = dense<5.000000e-01> : tensor<1x4x5xf32>}> : () -> tensor<1x4x5xf32>
    %2 = "tosa.const"() <{values = dense<0.000000e+00> : tensor<1xf32>}> : () -> tensor<1xf32>
    %3 = "tosa.mul"(%arg0, %arg1, %0) : (tensor<3x4xf32>, tensor<1x4xf32>, tensor<1xi8>) -> tensor<3x4xf32>
    %4 = "tosa.tanh"(%3) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %5 = "tosa.negate"(%4, %2, %2) : (tensor<3x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x4xf32>
    %6 = "tosa.greater"(%5, %arg1) : (tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<3x4xi1>
    %7 = "tosa.select"(%6, %5, %arg1) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
    %8 = "tosa.reduce_sum"(%7) <{axis = 1 : i32}> : (tensor<3x4xf32>) -> tensor<3x1xf32>
    %9 = "tosa.const"() <{values = dense<1.000000e+01> : tensor<1x1xf32>}> : () -> tensor<1x1xf32>
    %10 = "tosa.mul"(%7, %9, %0) : (tensor<3x4xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<3x4xf32>
    %11 = "tosa.cast"(%10) : (tensor<3x4xf32>) -> tensor<3x4xi32>
    %12 = "tosa.reduce_any"(%6) <{axis = 0 : i32}> : (tensor<3x4xi1>) -> tensor<1x4xi1>
    %13 = "tosa.const_shape"() <{values = dense<[1, 3, 4]> : tensor<3xindex>}> : () -> !tosa.shape<3>
    %14 = "tosa.reshape"(%7, %13) : (tensor<3x4xf32>, !tosa.shape<3>) -> tensor<1x3x4xf32>
    %15 = "tosa.matmul"(%14, %1, %2, %2) : (tensor<1x3x4xf32>, tensor<1x4x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x5xf32>
    "func.return"(%8, %11, %12, %15) : (tensor<3x1xf32>, tensor<3x4xi32>, tensor<1x4xi1>, tensor<1x3x5xf32>) -> ()
  }) : () -> ()
}) : () -> ()

