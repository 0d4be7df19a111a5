// RUN: not akg-opt %s -p 'te-set-target{target=generic_tiny},poly-raise,poly-schedule,poly-tile{max-redundancy=8.0},poly-assign-units' 2>&1 | filecheck %s

// poly-tile cuts S1 into a part that is a result and a part that tiles need; only poly-fuse makes
// statements of them, and filters by statement would execute both parts twice.
// CHECK: parts of @S1 are in several places: run poly-fuse first
func.func @k(%a0: memref<15xf32, #npu<space gm>>, %a1: memref<14x10xf32, #npu<space gm>>, %a3: memref<1x1xf32, #npu<space gm>>, %a4: memref<6x5xf32, #npu<space gm>>) attributes {npu.kernel} {
  %a2 = memref.alloc() : memref<f32, #npu<space gm>>
  %half = arith.constant 0.5 : f32
  %quarter = arith.constant 0.25 : f32
  affine.for %n0i0 = 2 to 7 {
    affine.for %n0x0i1 = 0 to min affine_map<(d0) -> (d0 * 1 + 2, 5)>(%n0i0) step 2 {
      affine.for %n0x0x0i2 = 2 to 3 step 2 {
        %v1 = affine.load %a1[%n0i0 * 1 + %n0x0i1 * 2 + -1, 3] : memref<14x10xf32, #npu<space gm>>
        %v2 = affine.load %a4[%n0i0 * 1 + -2, %n0x0i1 * 1 + 0] : memref<6x5xf32, #npu<space gm>>
        %v3 = arith.maximumf %v1, %v2 : f32
        affine.store %v3, %a1[%n0i0 * 1 + -1, %n0x0i1 * 1 + 5] : memref<14x10xf32, #npu<space gm>>
        %v4 = affine.load %a0[0] : memref<15xf32, #npu<space gm>>
        %v5 = affine.load %a1[%n0i0 * 1 + -2, %n0x0i1 * 1 + 4] : memref<14x10xf32, #npu<space gm>>
        %v6 = arith.maximumf %v4, %v5 : f32
        affine.store %v6, %a0[%n0i0 * 2 + 2] : memref<15xf32, #npu<space gm>>
        %v7 = affine.load %a1[(%n0i0 * 1 + 2) floordiv 3 + -1, %n0i0 * -1 + 6] : memref<14x10xf32, #npu<space gm>>
        %v8 = affine.load %a4[%n0i0 * 1 + -1, %n0x0i1 * 1 + 0] : memref<6x5xf32, #npu<space gm>>
        %v9 = arith.subf %v7, %v8 : f32
        %v10 = arith.mulf %v9, %half : f32
        affine.store %v10, %a0[%n0i0 * 1 + 0] : memref<15xf32, #npu<space gm>>
      }
    }
  }
  func.return
}
