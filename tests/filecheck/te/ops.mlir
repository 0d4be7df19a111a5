// RUN: akg-opt %s | akg-opt | filecheck %s
// RUN: akg-opt %s --print-op-generic | akg-opt | filecheck %s

// Every op prints and parses, in custom and generic syntax.

// CHECK-LABEL: func.func @unary
func.func @unary(%x: tensor<4x8xf16>, %p: tensor<8xi1>) {
  // CHECK: te.abs %x : tensor<4x8xf16>
  %0 = te.abs %x : tensor<4x8xf16>
  // CHECK: te.neg %x : tensor<4x8xf16>
  %1 = te.neg %x : tensor<4x8xf16>
  // CHECK: te.exp %x : tensor<4x8xf16>
  %2 = te.exp %x : tensor<4x8xf16>
  // CHECK: te.log %x : tensor<4x8xf16>
  %3 = te.log %x : tensor<4x8xf16>
  // CHECK: te.sqrt %x : tensor<4x8xf16>
  %4 = te.sqrt %x : tensor<4x8xf16>
  // CHECK: te.rsqrt %x : tensor<4x8xf16>
  %5 = te.rsqrt %x : tensor<4x8xf16>
  // CHECK: te.reciprocal %x : tensor<4x8xf16>
  %6 = te.reciprocal %x : tensor<4x8xf16>
  // CHECK: te.tanh %x : tensor<4x8xf16>
  %7 = te.tanh %x : tensor<4x8xf16>
  // CHECK: te.erf %x : tensor<4x8xf16>
  %8 = te.erf %x : tensor<4x8xf16>
  // CHECK: te.relu %x : tensor<4x8xf16>
  %9 = te.relu %x : tensor<4x8xf16>
  // CHECK: te.sigmoid %x : tensor<4x8xf16>
  %10 = te.sigmoid %x : tensor<4x8xf16>
  // CHECK: te.not %p : tensor<8xi1>
  %11 = te.not %p : tensor<8xi1>
  // CHECK: te.cast %x : tensor<4x8xf16> -> tensor<4x8xf32>
  %12 = te.cast %x : tensor<4x8xf16> -> tensor<4x8xf32>
  // CHECK: te.sin %x : tensor<4x8xf16>
  %13 = te.sin %x : tensor<4x8xf16>
  // CHECK: te.cos %x : tensor<4x8xf16>
  %14 = te.cos %x : tensor<4x8xf16>
  // CHECK: te.tan %x : tensor<4x8xf16>
  %15 = te.tan %x : tensor<4x8xf16>
  // CHECK: te.asin %x : tensor<4x8xf16>
  %16 = te.asin %x : tensor<4x8xf16>
  // CHECK: te.acos %x : tensor<4x8xf16>
  %17 = te.acos %x : tensor<4x8xf16>
  // CHECK: te.atan %x : tensor<4x8xf16>
  %18 = te.atan %x : tensor<4x8xf16>
  // CHECK: te.sinh %x : tensor<4x8xf16>
  %19 = te.sinh %x : tensor<4x8xf16>
  // CHECK: te.cosh %x : tensor<4x8xf16>
  %20 = te.cosh %x : tensor<4x8xf16>
  // CHECK: te.asinh %x : tensor<4x8xf16>
  %21 = te.asinh %x : tensor<4x8xf16>
  // CHECK: te.acosh %x : tensor<4x8xf16>
  %22 = te.acosh %x : tensor<4x8xf16>
  // CHECK: te.atanh %x : tensor<4x8xf16>
  %23 = te.atanh %x : tensor<4x8xf16>
  // CHECK: te.floor %x : tensor<4x8xf16>
  %24 = te.floor %x : tensor<4x8xf16>
  // CHECK: te.ceil %x : tensor<4x8xf16>
  %25 = te.ceil %x : tensor<4x8xf16>
  // CHECK: te.round %x : tensor<4x8xf16>
  %26 = te.round %x : tensor<4x8xf16>
  func.return
}

// CHECK-LABEL: func.func @words
func.func @words(%x: tensor<4x8xi32>, %y: tensor<8xi32>) {
  // CHECK: te.and %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %0 = te.and %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.or %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %1 = te.or %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.xor %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %2 = te.xor %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.rem %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %3 = te.rem %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.shift_left %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %4 = te.shift_left %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.shift_right %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  %5 = te.shift_right %x, %y : (tensor<4x8xi32>, tensor<8xi32>) -> tensor<4x8xi32>
  // CHECK: te.not %x : tensor<4x8xi32>
  %6 = te.not %x : tensor<4x8xi32>
  func.return
}

// CHECK-LABEL: func.func @binary
func.func @binary(%x: tensor<4x8xf16>, %y: tensor<8xf16>, %p: tensor<4x1xi1>, %q: tensor<8xi1>) {
  // CHECK: te.add %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  %0 = te.add %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.sub %y, %x : (tensor<8xf16>, tensor<4x8xf16>) -> tensor<4x8xf16>
  %1 = te.sub %y, %x : (tensor<8xf16>, tensor<4x8xf16>) -> tensor<4x8xf16>
  // CHECK: te.mul %x, %y :
  %2 = te.mul %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.div %x, %y :
  %3 = te.div %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.max %x, %y :
  %4 = te.max %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.min %x, %y :
  %5 = te.min %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.pow %x, %y :
  %6 = te.pow %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  // CHECK: te.and %p, %q : (tensor<4x1xi1>, tensor<8xi1>) -> tensor<4x8xi1>
  %7 = te.and %p, %q : (tensor<4x1xi1>, tensor<8xi1>) -> tensor<4x8xi1>
  // CHECK: te.or %p, %q : (tensor<4x1xi1>, tensor<8xi1>) -> tensor<4x8xi1>
  %8 = te.or %p, %q : (tensor<4x1xi1>, tensor<8xi1>) -> tensor<4x8xi1>
  // CHECK: te.compare le %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xi1>
  %9 = te.compare le %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xi1>
  // CHECK: te.select %p, %x, %y : (tensor<4x1xi1>, tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  %10 = te.select %p, %x, %y : (tensor<4x1xi1>, tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  func.return
}

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<4x8xf16>) {
  // CHECK: te.constant dense<5.000000e-01> : tensor<3xf16>
  %0 = te.constant dense<0.5> : tensor<3xf16>
  // CHECK: te.constant dense<[1, -2]> : tensor<2xi32>
  %1 = te.constant dense<[1, -2]> : tensor<2xi32>
  // CHECK: te.constant dense<0xff800000> : tensor<f32>
  %2 = te.constant dense<0xff800000> : tensor<f32>
  // CHECK: te.broadcast_to %x : tensor<4x8xf16> -> tensor<2x4x8xf16>
  %4 = te.broadcast_to %x : tensor<4x8xf16> -> tensor<2x4x8xf16>
  // CHECK: te.transpose %x perm [1, 0] : tensor<4x8xf16> -> tensor<8x4xf16>
  %5 = te.transpose %x perm [1, 0] : tensor<4x8xf16> -> tensor<8x4xf16>
  // CHECK: te.reshape %x : tensor<4x8xf16> -> tensor<2x16xf16>
  %6 = te.reshape %x : tensor<4x8xf16> -> tensor<2x16xf16>
  // CHECK: te.reduce add %x axes [-1] : tensor<4x8xf16> -> tensor<4xf16>
  %7 = te.reduce add %x axes [-1] : tensor<4x8xf16> -> tensor<4xf16>
  // CHECK: te.reduce max %x axes [0, 1] keepdims : tensor<4x8xf16> -> tensor<1x1xf16>
  %8 = te.reduce max %x axes [0, 1] keepdims : tensor<4x8xf16> -> tensor<1x1xf16>
  func.return
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%a: tensor<20x40xf16>, %b: tensor<30x40xf16>, %c: tensor<2x5x7xf32>) {
  // CHECK: te.matmul %a, %b transpose_b : (tensor<20x40xf16>, tensor<30x40xf16>) -> tensor<20x30xf32>
  %0 = te.matmul %a, %b transpose_b : (tensor<20x40xf16>, tensor<30x40xf16>) -> tensor<20x30xf32>
  // CHECK: te.batch_matmul %c, %c transpose_a : (tensor<2x5x7xf32>, tensor<2x5x7xf32>) -> tensor<2x7x7xf32>
  %1 = te.batch_matmul %c, %c transpose_a : (tensor<2x5x7xf32>, tensor<2x5x7xf32>) -> tensor<2x7x7xf32>
  // CHECK: [[A:%.*]] = te.pack %a nz : tensor<20x40xf16> -> tensor<3x2x16x16xf16>
  %2 = te.pack %a nz : tensor<20x40xf16> -> tensor<3x2x16x16xf16>
  // CHECK: [[B:%.*]] = te.pack %b nz : tensor<30x40xf16> -> tensor<3x2x16x16xf16>
  %3 = te.pack %b nz : tensor<30x40xf16> -> tensor<3x2x16x16xf16>
  // CHECK: [[C:%.*]] = te.fractal_matmul [[A]], [[B]] m 20 k 40 n 30 : (tensor<3x2x16x16xf16>, tensor<3x2x16x16xf16>) -> tensor<2x2x16x16xf32>
  %4 = te.fractal_matmul %2, %3 m 20 k 40 n 30 : (tensor<3x2x16x16xf16>, tensor<3x2x16x16xf16>) -> tensor<2x2x16x16xf32>
  // CHECK: te.unpack [[C]] nz : tensor<2x2x16x16xf32> -> tensor<20x30xf32>
  %5 = te.unpack %4 nz : tensor<2x2x16x16xf32> -> tensor<20x30xf32>
  // CHECK: te.pack %a zn : tensor<20x40xf16> -> tensor<2x3x16x16xf16>
  %6 = te.pack %a zn : tensor<20x40xf16> -> tensor<2x3x16x16xf16>
  func.return
}

// CHECK-LABEL: func.func @composites
func.func @composites(%x: tensor<4x8xf16>, %s: tensor<8xf16>, %i: tensor<4x8xi32>) {
  // CHECK: te.one_hot %i axis 1 depth 3 on 1.000000e+00 : f16 off 0.000000e+00 : f16 : tensor<4x8xi32> -> tensor<4x3x8xf16>
  %h = te.one_hot %i axis 1 depth 3 on 1.0 : f16 off 0.0 : f16 : tensor<4x8xi32> -> tensor<4x3x8xf16>
  // CHECK: te.softmax %x axis -1 : tensor<4x8xf16>
  %0 = te.softmax %x axis -1 : tensor<4x8xf16>
  // CHECK: te.layer_norm %x scale %s axis 1 epsilon 1.000000e-05 : tensor<4x8xf16>, tensor<8xf16>
  %1 = te.layer_norm %x scale %s axis 1 epsilon 1.0e-05 : tensor<4x8xf16>, tensor<8xf16>
  // CHECK: te.layer_norm %x scale %s bias %s axis -1 epsilon 1.000000e-05 : tensor<4x8xf16>, tensor<8xf16>, tensor<8xf16>
  %2 = te.layer_norm %x scale %s bias %s axis -1 epsilon 1.0e-05 : tensor<4x8xf16>, tensor<8xf16>, tensor<8xf16>
  // CHECK: te.gelu %x approximate tanh : tensor<4x8xf16>
  %3 = te.gelu %x approximate tanh : tensor<4x8xf16>
  func.return
}
