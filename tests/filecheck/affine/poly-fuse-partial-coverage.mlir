// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S2: 9@UB, _"},poly-fuse' | filecheck %s

// Rows 0 to 7 of what S0 writes to A are results, the others are replaced by S2. The results keep a
// tile band of their own, the tiles of S2 compute what they read as clones.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @rows(%x: memref<64x24xf32>, %A: memref<64x24xf32>) attributes {npu.kernel} {
    %B = memref.alloc() : memref<64x24xf32>
    affine.for %i = 0 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %x[%i, %j] : memref<64x24xf32>
        %b = math.exp %a : f32
        affine.store %b, %A[%i, %j] : memref<64x24xf32>
      }
    }
    affine.for %i = 8 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %A[%i, %j] : memref<64x24xf32>
        %b = affine.load %A[%i - 1, %j] : memref<64x24xf32>
        %c = arith.addf %a, %b : f32
        affine.store %c, %B[%i, %j] : memref<64x24xf32>
      }
    }
    affine.for %i = 8 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %B[%i, 23 - %j] : memref<64x24xf32>
        %b = math.absf %a : f32
        affine.store %b, %A[%i, %j] : memref<64x24xf32>
      }
    }
    func.return
  }
}
// CHECK:      poly.domain "{ S0[i, j] : 0 <= i <= 7 and 0 <= j <= 23; S2[i, j] : 8 <= i <= 63 and 0 <= j <= 23 }" {
// CHECK-NEXT:   poly.sequence {
// CHECK-NEXT:     poly.filter "{ S0[{{.*}}] : {{.*}} <= 7 and {{.*}} }" {
// CHECK-NEXT:       poly.band "[{ S0[i, j] -> [{{.*}}" permutable coincident [1{{.*}}] tile [{{.*}}] {
// CHECK:          poly.filter "{ S2[i, j] }" {
// CHECK-NEXT:       poly.band {{.*}} tile [9] {
// CHECK-NEXT:         poly.extension "{ [i0] -> S0_t[i0, i1, i2] : {{.*}}; [i0] -> S1_t[i0, i1, i2] : {{.*}} }" {
