// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S1: 8@UB"},poly-fuse' | filecheck %s

// Overlapping tiles: each tile of S1 computes the elements of t that it reads, as clones that carry
// the tile coordinate. The original stays as the specification, without executing.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @neighbours(%x: memref<34xf32>, %y: memref<32xf32>) attributes {npu.kernel} {
    %t = memref.alloc() : memref<34xf32>
    affine.for %i = 0 to 34 {
      %a = affine.load %x[%i] : memref<34xf32>
      %b = math.absf %a : f32
      affine.store %b, %t[%i] : memref<34xf32>
    }
    affine.for %i = 0 to 32 {
      %a = affine.load %t[%i] : memref<34xf32>
      %b = affine.load %t[%i + 1] : memref<34xf32>
      %c = affine.load %t[%i + 2] : memref<34xf32>
      %d = arith.addf %a, %b : f32
      %e = arith.addf %d, %c : f32
      affine.store %e, %y[%i] : memref<32xf32>
    }
    func.return
  }
}
// CHECK:      poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i <= 33 }" order
// CHECK:      poly.stmt @S0_t(%t0, %i_{{[0-9]}}) domain "{ S0_t[t0, i] : {{.*}} }" clone_of @S0 {
// CHECK-NEXT:   %[[A:.*]] = affine.load %x[%i_{{[0-9]}}]
// CHECK-NEXT:   %[[B:.*]] = math.absf %[[A]]
// CHECK-NEXT:   affine.store %[[B]], %t[%i_{{[0-9]}}]
// CHECK:      poly.domain "{ S1[i] : 0 <= i <= 31 }" {
// CHECK-NEXT:   poly.band "[{ S1[i] -> [(floor((i)/8))] }]" permutable coincident [1] tile [8] {
// CHECK-NEXT:     poly.extension "{ [i0] -> S0_t[i0, i1] : {{.*}}8i0{{.*}} }" {
// CHECK-NEXT:       poly.sequence {
// CHECK-NEXT:         poly.filter "{ S0_t[t0, i] }" {
// CHECK-NEXT:           poly.band "[{ S0_t[{{.*}}] -> [(i1)] }]" permutable coincident [1] {
// CHECK:              poly.filter "{ S1[i] }" {
// CHECK-NEXT:           poly.band "[{ S1[i] -> [(i)] }]" permutable coincident [1] {
