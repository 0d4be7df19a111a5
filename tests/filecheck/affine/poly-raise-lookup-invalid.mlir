// RUN: akg-opt %s -p poly-raise --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: poly.lookup at {{.*}}: looks up elements of what is stored to
func.func @stored(%t: memref<9xf32>, %i: memref<9xi32>) {
  affine.for %k = 0 to 9 {
    %p = affine.load %i[%k] : memref<9xi32>
    %e = poly.lookup %t[affine_map<() -> (0)>] () at %p dim 0 : memref<9xf32>, i32 -> f32
    affine.store %e, %t[%k] : memref<9xf32>
  }
  func.return
}
// -----
// CHECK: the subscript of `dim` is 0: the place says it
func.func @twice(%t: memref<9xf32>, %i: memref<9xi32>, %y: memref<9xf32>) {
  affine.for %k = 0 to 9 {
    %p = affine.load %i[%k] : memref<9xi32>
    %e = poly.lookup %t[affine_map<(d0) -> (d0)>] (%k) at %p dim 0 : memref<9xf32>, i32 -> f32
    affine.store %e, %y[%k] : memref<9xf32>
  }
  func.return
}
