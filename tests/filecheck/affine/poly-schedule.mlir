// RUN: akg-opt %s -p 'poly-raise,poly-schedule' | filecheck %s

// An initialised row maximum and what uses it: the reduction is one cluster with its
// initialisation, its own member is tilable but not parallel, and the user stays apart because it
// would lose its second parallel dimension.
func.func @row_max(%x: memref<6x8xf32>, %y: memref<6x8xf32>) attributes {npu.kernel} {
  %m = memref.alloc() : memref<6xf32>
  affine.for %i = 0 to 6 {
    %low = arith.constant 0xFF800000 : f32
    affine.store %low, %m[%i] : memref<6xf32>
  }
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 8 {
      %a = affine.load %m[%i] : memref<6xf32>
      %b = affine.load %x[%i, %j] : memref<6x8xf32>
      %c = arith.maximumf %a, %b : f32
      affine.store %c, %m[%i] : memref<6xf32>
    }
  } {poly.reduction = "max"}
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 8 {
      %a = affine.load %x[%i, %j] : memref<6x8xf32>
      %b = affine.load %m[%i] : memref<6xf32>
      %c = arith.subf %a, %b : f32
      affine.store %c, %y[%i, %j] : memref<6x8xf32>
    }
  }
  func.return
}
// CHECK:      poly.domain
// CHECK-NEXT:   poly.sequence {
// CHECK-NEXT:     poly.filter "{ S0[i]; S1[i, j] }" {
// CHECK-NEXT:       poly.band "[{ S0[i] -> [(i)]; S1[i, j] -> [(i)] }]" permutable coincident [1] {
// CHECK-NEXT:         poly.sequence {
// CHECK-NEXT:           poly.filter "{ S0[i] }" {
// CHECK-NEXT:           }
// CHECK-NEXT:           poly.filter "{ S1[i, j] }" {
// CHECK-NEXT:             poly.band "[{ S1[i, j] -> [(j)] }]" permutable coincident [0] {
// CHECK:          poly.filter "{ S2[i, j] }" {
// CHECK-NEXT:       poly.band "[{ S2[i, j] -> [(i)] }, { S2[i, j] -> [(j)] }]" permutable coincident [1, 1] {
