// RUN: akg-opt %s -p npu-hoist-invariants | filecheck %s

// The load of %w and what is computed from it move in front of both loops; so does the comparison
// with the instruction that uses its mask. The sum %s reads what earlier iterations wrote, the
// second comparison what the loop loads.

// CHECK-LABEL: func.func @scale
// CHECK:       npu.copy
// CHECK-NEXT:  npu.vec vexp
// CHECK-NEXT:  npu.vec vcmp_gt
// CHECK-NEXT:  npu.vec vsel
// CHECK-NEXT:  scf.for
// CHECK-NEXT:    scf.for
// CHECK-NOT:     vexp
// CHECK:         npu.copy
// CHECK:         npu.vec vmul
// CHECK:         npu.vec vadd
// CHECK:         npu.vec vcmp_gt
// CHECK:         npu.vec vsel

// It may not iterate at all.

// CHECK-LABEL: func.func @maybe
// CHECK:       scf.for
// CHECK:         npu.copy

// What a register says changes with what the loop loads.

// CHECK-LABEL: func.func @numbers
// CHECK:       scf.for
// CHECK:         npu.copy
// CHECK:         npu.scalar_load
// CHECK:         npu.fetch

builtin.module attributes {npu.target = "ascend910"} {
  func.func @scale(%x: memref<1536xf32, #npu<space gm>>, %y: memref<64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %w = npu.buffer : memref<64xf32, #npu<space ub>>
    %e = npu.buffer : memref<64xf32, #npu<space ub>>
    %p = npu.buffer : memref<64xf32, #npu<space ub>>
    %a = npu.buffer : memref<64xf32, #npu<space ub>>
    %s = npu.buffer : memref<64xf32, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c12 = arith.constant 12 : index
    %ps = npu.ptr %s[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pw = npu.ptr %w[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pe = npu.ptr %e[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pp = npu.ptr %p[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %g = npu.ptr %x[affine_map<() -> (0)>]() : memref<1536xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    npu.vec vector_dup dst %ps : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 1 mask 64 strides [1, 8], []
    scf.for %i = %c0 to %c2 step %c1 {
      scf.for %j = %c0 to %c12 step %c1 {
        %t = npu.ptr %x[affine_map<(d0, d1) -> (d0 * 3072 + d1 * 256)>](%i, %j) : memref<1536xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
        npu.copy %pa, %t bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
        npu.copy %pw, %g bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
        npu.vec vexp dst %pe : !npu.ptr<ub, f32> src %pw : !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8]
        npu.vec vmul dst %pa : !npu.ptr<ub, f32> src %pa, %pe : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
        npu.vec vcmp_gt src %pw, %pe : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
        npu.vec vsel dst %pp : !npu.ptr<ub, f32> src %pe, %pw : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
        npu.vec vadd dst %ps : !npu.ptr<ub, f32> src %ps, %pp : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
        npu.vec vcmp_gt src %pa, %pe : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
        npu.vec vsel dst %ps : !npu.ptr<ub, f32> src %ps, %pa : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
      }
    }
    %o = npu.ptr %y[affine_map<() -> (0)>]() : memref<64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    npu.copy %o, %ps bursts 1 x 8 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    func.return
  }

  func.func @maybe(%x: memref<64xf32, #npu<space gm>>) attributes {npu.kernel, npu.cores = 2 : i64} {
    %w = npu.buffer : memref<64xf32, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %core = npu.core_id
    %pw = npu.ptr %w[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %g = npu.ptr %x[affine_map<() -> (0)>]() : memref<64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    scf.for %i = %c0 to %core step %c1 {
      npu.copy %pw, %g bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    }
    func.return
  }

  func.func @numbers(%t: memref<9x8xf32, #npu<space gm>>, %i: memref<96xi32, #npu<space gm>>, %y: memref<12x8xf32, #npu<space gm>>) attributes {npu.kernel} {
    %n = npu.buffer : memref<8xi32, #npu<space ub>>
    %b = npu.buffer : memref<8xf32, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c12 = arith.constant 12 : index
    %pn = npu.ptr %n[affine_map<() -> (0)>]() : memref<8xi32, #npu<space ub>> -> !npu.ptr<ub, i32>
    %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<8xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pt = npu.ptr %t[affine_map<() -> (0)>]() : memref<9x8xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    scf.for %k = %c0 to %c12 step %c1 {
      %pi = npu.ptr %i[affine_map<(d0) -> (d0 * 32)>](%k) : memref<96xi32, #npu<space gm>> -> !npu.ptr<gm, i32>
      npu.copy %pn, %pi bursts 1 x 1 gaps 0, 0 : !npu.ptr<ub, i32>, !npu.ptr<gm, i32>
      npu.vec vector_dup dst %pb : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 1 mask 8 strides [1, 8], []
      %r = npu.scalar_load %pn : !npu.ptr<ub, i32> -> i32
      npu.fetch %pb, %pt at %r of 9 x 32 bursts 1 x 1 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>, i32
      %py = npu.ptr %y[affine_map<(d0) -> (d0 * 32)>](%k) : memref<12x8xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      npu.copy %py, %pb bursts 1 x 1 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    }
    func.return
  }
}
