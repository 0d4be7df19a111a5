// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S1: 8@UB, 16@UB"}' | filecheck %s

// The tile band counts tiles of the loops that the policy splits, above the points; the policy is
// kept, with what it left open filled in.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @scale_and_shift(%x: memref<20x40xf32>, %y: memref<20x40xf32>) attributes {npu.kernel} {
    %t = memref.alloc() : memref<20x40xf32>
    affine.for %i = 0 to 20 {
      affine.for %j = 0 to 40 {
        %a = affine.load %x[%i, %j] : memref<20x40xf32>
        %b = arith.addf %a, %a : f32
        affine.store %b, %t[%i, %j] : memref<20x40xf32>
      }
    }
    affine.for %i = 0 to 20 {
      affine.for %j = 0 to 40 {
        %a = affine.load %t[%i, %j] : memref<20x40xf32>
        %b = math.absf %a : f32
        affine.store %b, %y[%i, %j] : memref<20x40xf32>
      }
    }
    func.return
  }
}
// CHECK:      poly.scop policy "S1: 8@UB, 16@UB" {
// CHECK:      poly.domain
// CHECK-NEXT:   poly.band "[{ S0[i, j] -> [(floor((i)/8))]; S1[i, j] -> [(floor((i)/8))] }, { S0[i, j] -> [(floor((j)/16))]; S1[i, j] -> [(floor((j)/16))] }]" permutable coincident [1, 1] tile [8, 16] {
// CHECK-NEXT:     poly.band "[{ S0[i, j] -> [(i)]; S1[i, j] -> [(i)] }, { S0[i, j] -> [(j)]; S1[i, j] -> [(j)] }]" permutable coincident [1, 1] {
// CHECK-NEXT:       poly.sequence {
// CHECK-NEXT:         poly.filter "{ S0[i, j] }" {
// CHECK-NEXT:         }
// CHECK-NEXT:         poly.filter "{ S1[i, j] }" {
