// RUN: akg-opt %s -p 'canonicalize,cse' --print-between-passes | filecheck %s

// Every step is printed, the last one too, then the result.

func.func @f(%a : i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  func.return %2 : i32
}

// CHECK:      IR after canonicalize:
// CHECK:        arith.muli %0, %1
// CHECK:      IR after cse:
// CHECK:        arith.muli %0, %0
// CHECK:      builtin.module
// CHECK:        arith.muli %0, %0
