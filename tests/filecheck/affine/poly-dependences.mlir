// RUN: akg-opt %s -p 'poly-raise,poly-dependences' | filecheck %s
// RUN: akg-opt %s -p 'poly-raise,poly-dependences{kind=memory}' | filecheck %s --check-prefix MEMORY

// A buffer that is used twice, and a declared sum of it. By value, what is read comes from the
// last write alone; in memory, every pair that touches an element in this order counts. The
// updates of the sum may be reordered among themselves only.
func.func @reuse(%x: memref<8xf32>, %y: memref<1xf32>) {
  %t = memref.alloc() : memref<8xf32>
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 8 {
    %a = affine.load %x[%i] : memref<8xf32>
    affine.store %a, %t[%i] : memref<8xf32>
  }
  affine.for %i = 0 to 8 {
    %a = affine.load %t[%i] : memref<8xf32>
    affine.store %a, %x[%i] : memref<8xf32>
  }
  affine.for %i = 0 to 8 {
    %a = affine.load %x[%i] : memref<8xf32>
    %b = arith.negf %a : f32
    affine.store %b, %t[%i] : memref<8xf32>
  }
  affine.store %zero, %y[0] : memref<1xf32>
  affine.for %i = 0 to 8 {
    %a = affine.load %y[0] : memref<1xf32>
    %b = affine.load %t[%i] : memref<8xf32>
    %c = arith.addf %a, %b : f32
    affine.store %c, %y[0] : memref<1xf32>
  } {poly.reduction = "add"}
  func.return
}
// CHECK:      } {raw = "{ S0[i] -> S1[i0 = i] : 0 <= i <= 7; S1[i] -> S2[i0 = i] : 0 <= i <= 7; S2[i] -> S4[i0 = i] : 0 <= i <= 7 }",
// CHECK-SAME: war = "{ S0[i0] -> S1[i = i0] : 0 <= i0 <= 7; S1[i0] -> S2[i = i0] : 0 <= i0 <= 7 }",
// CHECK-SAME: waw = "{ S0[i] -> S2[i0 = i] : 0 <= i <= 7 }",
// CHECK-SAME: reduction_self = "{ S4[i0] -> S4[i0'] : 0 <= i0 <= 7 and i0' > i0 and 0 <= i0' <= 7 }",
// CHECK-SAME: reduction_order = "{ S3[] -> S4[i0] : 0 <= i0 <= 7 }"}

// MEMORY:      } {raw = "{ S0[i0] -> S1[i0' = i0] : 0 <= i0 <= 7; S0[i0] -> S4[i0' = i0] : 0 <= i0 <= 7;
// MEMORY-SAME: S3[] -> S4[i0] : 0 <= i0 <= 7 }",
// MEMORY-SAME: reduction_self = "{ S4[i0] -> S4[i0'] : 0 <= i0 <= 7 and i0' > i0 and 0 <= i0' <= 7 }"}
