// RUN: akg-opt %s -p 'te-record-workload' | filecheck %s

// Cycles are slope x repeats of 256 bytes of the widest operand; what the cube or the scalar unit
// can do counts as nothing.

// CHECK-LABEL: func.func @main
func.func @main(%a: tensor<32x64xf16>, %b: tensor<64x128xf16>, %bias: tensor<128xf16>, %i: tensor<1000xi64>) {
  // CHECK: te.matmul %a, %b :
  %0 = te.matmul %a, %b : (tensor<32x64xf16>, tensor<64x128xf16>) -> tensor<32x128xf16>
  // a bias can start in L0C, relu can happen on the way out of it
  // CHECK-NEXT: te.add {{%.*}}, %bias :
  %1 = te.add %0, %bias : (tensor<32x128xf16>, tensor<128xf16>) -> tensor<32x128xf16>
  // CHECK-NEXT: te.relu {{%.*}} : tensor<32x128xf16>
  %2 = te.relu %1 : tensor<32x128xf16>
  // CHECK-NEXT: te.exp {{%.*}} {te.work = 64 : i64}
  %3 = te.exp %2 : tensor<32x128xf16>
  // 8 KiB go in, 64 bytes come out
  // CHECK-NEXT: te.reduce add {{%.*}} axes [1] {te.work = 31 : i64}
  %4 = te.reduce add %3 axes [1] : tensor<32x128xf16> -> tensor<32xf16>
  // CHECK-NEXT: te.softmax {{%.*}} axis 1 {te.work = 128 : i64}
  %5 = te.softmax %3 axis 1 : tensor<32x128xf16>
  // CHECK-NEXT: te.cast {{%.*}} {te.work = 128 : i64}
  %6 = te.cast %5 : tensor<32x128xf16> -> tensor<32x128xf32>
  // a multiply and an add per product
  // CHECK-NEXT: te.matmul {{%.*}}, {{%.*}} transpose_b {te.work = 4096 : i64}
  %7 = te.matmul %6, %6 transpose_b : (tensor<32x128xf32>, tensor<32x128xf32>) -> tensor<32x32xf32>
  // CHECK-NEXT: te.add %i, %i :
  %8 = te.add %i, %i : (tensor<1000xi64>, tensor<1000xi64>) -> tensor<1000xi64>
  // to the same type is a copy
  // CHECK-NEXT: te.cast %a : tensor<32x64xf16> -> tensor<32x64xf16>
  %9 = te.cast %a : tensor<32x64xf16> -> tensor<32x64xf16>
  func.return
}
