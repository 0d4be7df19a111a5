// RUN: akg-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s
// RUN: not akg-opt %s 2>&1 | filecheck %s --check-prefix=ERROR
// RUN: not akg-opt %s -p canonicalise 2>&1 | filecheck %s --check-prefix=PASS
// RUN: not akg-opt %S/missing.mlir 2>&1 | filecheck %s --check-prefix=MISSING

// ERROR: akg-opt: error: {{.*}}errors.mlir:32
// PASS: akg-opt: error: unknown pass 'canonicalise'
// PASS-NEXT: did you mean canonicalize
// MISSING: akg-opt: error: {{.*}}missing.mlir: No such file or directory

// CHECK:      errors.mlir:15:
// CHECK-NEXT:   func.return %x
// CHECK:      use of undefined value '%x'
func.func @undefined() -> i32 {
  func.return %x : i32
}

// -----

// CHECK:      arith.addi at {{.*}}errors.mlir:22:3: operand 0 (%later) does not dominate its use
func.func @dominance() -> i32 {
  %0 = arith.addi %later, %later : i32
  %later = arith.constant 1 : i32
  func.return %0 : i32
}

// -----

// CHECK:      errors.mlir:32:
// CHECK:      Operation te.no_such_op is not registered
func.func @unknown(%a : tensor<4xf32>) -> tensor<4xf32> {
  %0 = te.no_such_op %a : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
