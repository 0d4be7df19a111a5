// RUN: akg-opt %s -p poly-raise --split-input-file | filecheck %s
// RUN: akg-opt %s --split-input-file --print-op-generic | akg-opt -p poly-raise --split-input-file | filecheck %s

// A lookup keeps its table; its place and subscripts are the statement's.
// CHECK-LABEL: func.func @rows
// CHECK:         poly.stmt @S0
// CHECK-NEXT:      [[P:%.*]] = affine.load
// CHECK-NEXT:      poly.lookup %t[affine_map<(d0) -> (0, d0)>] (%j) at [[P]] dim 0 from_end
func.func @rows(%t: memref<9x4xf32>, %i: memref<2xi32>, %y: memref<2x4xf32>) {
  affine.for %k = 0 to 2 {
    affine.for %j = 0 to 4 {
      %p = affine.load %i[%k] : memref<2xi32>
      %e = poly.lookup %t[affine_map<(d0) -> (0, d0)>] (%j) at %p dim 0 from_end : memref<9x4xf32>, i32 -> f32
      affine.store %e, %y[%k, %j] : memref<2x4xf32>
    }
  }
  func.return
}
