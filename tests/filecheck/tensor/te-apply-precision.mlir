// RUN: akg-opt %s -p 'te-apply-precision{precision=mixed}' | filecheck %s
// RUN: akg-opt %s -p 'te-apply-precision' | filecheck %s --check-prefix STRICT

// CHECK-LABEL: func.func @main
// CHECK-NEXT:    [[A:%.*]] = te.cast %a : tensor<4x8xf32> -> tensor<4x8xf16>
// CHECK-NEXT:    [[B:%.*]] = te.cast %b : tensor<6x8xf32> -> tensor<6x8xf16>
// CHECK-NEXT:    %c = te.matmul [[A]], [[B]] transpose_b : (tensor<4x8xf16>, tensor<6x8xf16>) -> tensor<4x6xf32>
// CHECK-NEXT:    func.return %c

// STRICT:      %c = te.matmul %a, %b transpose_b : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
func.func @main(%a: tensor<4x8xf32>, %b: tensor<6x8xf32>) -> tensor<4x6xf32> {
  %c = te.matmul %a, %b transpose_b : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  func.return %c : tensor<4x6xf32>
}
