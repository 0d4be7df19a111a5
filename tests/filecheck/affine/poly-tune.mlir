// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tune{trials=3}' | filecheck %s
// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tune{trials=3},poly-tile' | filecheck %s --check-prefix=TILED

// The fastest policy stands in the scop, and is what poly-tile tiles by.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @double(%x: memref<96x64xf32, #npu<space gm>>, %y: memref<96x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    affine.for %i = 0 to 96 {
      affine.for %j = 0 to 64 {
        %a = affine.load %x[%i, %j] : memref<96x64xf32, #npu<space gm>>
        %b = arith.addf %a, %a : f32
        affine.store %b, %y[%i, %j] : memref<96x64xf32, #npu<space gm>>
      }
    }
    func.return
  }
}
// CHECK:      poly.scop policy "S0: {{[0-9]+}}@UB, _" {
// CHECK-NOT:  tile [{{[0-9]+}}]
// TILED:      poly.scop policy "S0: {{[0-9]+}}@UB, _" {
// TILED:      poly.band {{.*}} tile [{{[0-9]+}}]
