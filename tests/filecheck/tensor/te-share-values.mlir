// RUN: akg-opt %s -p te-share-values | filecheck %s

// The work of an op makes no difference, and equal operands make equal ops; others do.

// CHECK-LABEL: func.func @padded
// CHECK-NEXT:    [[P:%.*]] = te.pad %x value 0.000000e+00 : f32 low [0, 1] high [0, 1] : tensor<4x6xf32> -> tensor<4x8xf32>
// CHECK-NEXT:    [[Q:%.*]] = te.pad %x value 1.000000e+00 : f32 low [0, 1] high [0, 1]
// CHECK-NEXT:    [[C:%.*]] = te.constant
// CHECK-NEXT:    [[A:%.*]] = te.add [[P]], [[C]] {te.work = 1 : i64}
// CHECK-NEXT:    [[S:%.*]] = te.mul [[A]], [[A]]
// CHECK-NEXT:    [[T:%.*]] = te.sub [[S]], [[Q]]
// CHECK-NEXT:    func.return [[T]]
func.func @padded(%x: tensor<4x6xf32>) -> tensor<4x8xf32> {
  %p = te.pad %x value 0.0 : f32 low [0, 1] high [0, 1] : tensor<4x6xf32> -> tensor<4x8xf32>
  %q = te.pad %x value 1.0 : f32 low [0, 1] high [0, 1] : tensor<4x6xf32> -> tensor<4x8xf32>
  %c = te.constant dense<2.0> : tensor<f32>
  %a = te.add %p, %c {te.work = 1 : i64} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
  %r = te.pad %x value 0.0 : f32 low [0, 1] high [0, 1] : tensor<4x6xf32> -> tensor<4x8xf32>
  %d = te.constant dense<2.0> : tensor<f32>
  %b = te.add %r, %d {te.work = 2 : i64} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
  %s = te.mul %a, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %t = te.sub %s, %q : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  func.return %t : tensor<4x8xf32>
}

// Two results that are the same have a buffer each; what is no result becomes one of them.

// CHECK-LABEL: func.func @results
// CHECK-NEXT:    [[A:%.*]] = te.exp %x
// CHECK-NEXT:    [[B:%.*]] = te.exp %x
// CHECK-NEXT:    [[R:%.*]] = te.reshape [[B]]
// CHECK-NEXT:    [[D:%.*]] = te.add [[A]], [[A]]
// CHECK-NEXT:    func.return [[A]], [[R]], [[D]]
func.func @results(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>) {
  %a = te.exp %x : tensor<4xf32>
  %b = te.exp %x : tensor<4xf32>
  %r = te.reshape %b : tensor<4xf32> -> tensor<2x2xf32>
  %c = te.exp %x : tensor<4xf32>
  %d = te.add %a, %c : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %a, %r, %d : tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>
}

// What bodies compute is not compared.

// CHECK-LABEL: func.func @bodies
// CHECK-COUNT-2: te.compute
func.func @bodies(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = te.compute %x bounds [4] maps [affine_map<(d0) -> (d0)>] : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    %v = arith.negf %e : f32
    te.yield %v : f32
  }
  %b = te.compute %x bounds [4] maps [affine_map<(d0) -> (d0)>] : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%e: f32):
    %v = math.exp %e : f32
    te.yield %v : f32
  }
  %c = te.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %c : tensor<4xf32>
}
