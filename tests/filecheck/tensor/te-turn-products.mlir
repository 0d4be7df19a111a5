// RUN: akg-opt %s -p 'te-turn-products' | filecheck %s

// Ten columns would use ten of 64 lanes: the 2048 rows take their place.
// CHECK-LABEL: func.func @narrow
// CHECK-NEXT:    [[T:%.*]] = te.matmul %b, %a transpose_a : (tensor<16x10xf32>, tensor<16x2048xf32>) -> tensor<10x2048xf32>
// CHECK-NEXT:    te.transpose [[T]] perm [1, 0] : tensor<10x2048xf32> -> tensor<2048x10xf32>
func.func @narrow(%a: tensor<16x2048xf32>, %b: tensor<16x10xf32>) -> tensor<2048x10xf32> {
  %0 = te.matmul %a, %b transpose_a : (tensor<16x2048xf32>, tensor<16x10xf32>) -> tensor<2048x10xf32>
  func.return %0 : tensor<2048x10xf32>
}

// The other factor as it is given, in every batch.
// CHECK-LABEL: func.func @batch
// CHECK-NEXT:    [[T:%.*]] = te.batch_matmul %b, %a : (tensor<3x10x16xf32>, tensor<3x16x128xf32>) -> tensor<3x10x128xf32>
// CHECK-NEXT:    te.transpose [[T]] perm [0, 2, 1] : tensor<3x10x128xf32> -> tensor<3x128x10xf32>
func.func @batch(%a: tensor<3x16x128xf32>, %b: tensor<3x10x16xf32>) -> tensor<3x128x10xf32> {
  %0 = te.batch_matmul %a, %b transpose_a transpose_b : (tensor<3x16x128xf32>, tensor<3x10x16xf32>) -> tensor<3x128x10xf32>
  func.return %0 : tensor<3x128x10xf32>
}

// Wide enough; given row by row; on the cube.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-3: te.matmul
// CHECK-NOT:     te.transpose
func.func @others(%a: tensor<16x2048xf32>, %b: tensor<16x64xf32>, %c: tensor<2048x16xf32>, %d: tensor<16x10xf32>, %e: tensor<16x2048xf16>, %f: tensor<16x10xf16>) -> (tensor<2048x64xf32>, tensor<2048x10xf32>, tensor<2048x10xf16>) {
  %0 = te.matmul %a, %b transpose_a : (tensor<16x2048xf32>, tensor<16x64xf32>) -> tensor<2048x64xf32>
  %1 = te.matmul %c, %d : (tensor<2048x16xf32>, tensor<16x10xf32>) -> tensor<2048x10xf32>
  %2 = te.matmul %e, %f transpose_a : (tensor<16x2048xf16>, tensor<16x10xf16>) -> tensor<2048x10xf16>
  func.return %0, %1, %2 : tensor<2048x64xf32>, tensor<2048x10xf32>, tensor<2048x10xf16>
}
