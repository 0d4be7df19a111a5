// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S0: 8@UB, 8@UB"}' | filecheck %s --check-prefix=DEFAULT
// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S0: 8@UB, 8@UB" isolation=full},poly-fuse,poly-assign-units,poly-promote,poly-verify' | filecheck %s --check-prefix=FULL
// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S0: 8@UB, 8@UB"},poly-fuse,poly-assign-units,poly-promote,poly-verify,npu-generate' | filecheck %s --check-prefix=LOOPS
// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S0: 8@UB, 8@UB" isolation=full},poly-fuse,poly-assign-units,poly-promote,poly-verify,npu-generate' | filecheck %s --check-prefix=APART
// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S0: 8@UB, 8@UB" isolation=none},poly-fuse,poly-assign-units,poly-promote,poly-verify,npu-generate' | filecheck %s --check-prefix=TESTED

// Tiles below the diagonal are full, those on it partial. By default the tree says nothing and no
// tile is tested at run time; other ways are on the tile band, where the judge accepts them.
builtin.module attributes {npu.target = "generic_tiny"} {
  func.func @lower(%x: memref<40x40xf32, #npu<space gm>>, %y: memref<40x40xf32, #npu<space gm>>) attributes {npu.kernel} {
    affine.for %i = 0 to 40 {
      affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
        %a = affine.load %x[%i, %j] : memref<40x40xf32, #npu<space gm>>
        %b = math.absf %a : f32
        affine.store %b, %y[%i, %j] : memref<40x40xf32, #npu<space gm>>
      }
    }
    func.return
  }
}
// DEFAULT:    poly.band {{.*}} tile [8, 8] {
// FULL:       poly.scop policy "S0: 8@UB, 8@UB" proved [
// FULL:       poly.band {{.*}} tile [8, 8] options "{ isolate[[] -> [t0, t1]] : t0 <= 4 and 0 <= t1 < t0 }" {

// LOOPS-NOT:  scf.if
// LOOPS:      scf.for %t0
// LOOPS:        scf.for %t1
// LOOPS:        memref<1xf32, strided<[0], offset: ?>, #npu<space ub>>
// LOOPS-NOT:  scf.if

// The first tile row has no full tile: it is apart from the loops over the others.
// APART-NOT:  scf
// APART:      npu.vunary abs {{.*}} : memref<1xf32, strided<[0], offset: ?>
// APART:      npu.vunary abs {{.*}} : memref<8xf32, strided<[1], offset: ?>
// APART:      scf.for %t0
// APART:        scf.for %t1

// TESTED:     scf.for %t0
// TESTED:       scf.for %t1
// TESTED:         scf.if
// TESTED:           npu.vunary abs {{.*}} : memref<1xf32, strided<[0], offset: ?>
