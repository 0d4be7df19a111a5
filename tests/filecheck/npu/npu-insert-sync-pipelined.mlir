// RUN: akg-opt %s -p npu-plan-memory,npu-insert-sync{events=2},npu-verify | filecheck %s

// Loads run one iteration ahead. With two ids, the flag that a load of one iteration sets for the
// next is first set by the load in front of the loop, and last awaited behind it. (Barriers around
// the loop would wait for what the vector unit does in front of it.)

// CHECK:      npu.copy %pa
// CHECK-COUNT-2: npu.vec vector_dup
// CHECK-NEXT: npu.set_flag[mte2, v, 0]
// CHECK-NEXT: scf.for
// CHECK:      npu.copy %pc
// CHECK-NEXT: npu.set_flag[mte2, v, 1]
// CHECK-NEXT: npu.wait_flag[mte2, v, 0]
// CHECK:      npu.copy %pa
// CHECK-NEXT: npu.set_flag[mte2, v, 0]
// CHECK-NEXT: npu.wait_flag[mte2, v, 1]
// CHECK:      }
// CHECK-NEXT: npu.wait_flag[mte2, v, 0]
// CHECK-NOT:  mte2, v

builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<8x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %low = arith.constant 0 : index
    %high = arith.constant 8 : index
    %step = arith.constant 1 : index
    %a = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %c = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %d = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %e = npu.buffer : memref<255x64xf32, #npu<space ub>>
    %pe = npu.ptr %e[affine_map<() -> (0)>]() : memref<255x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %px = npu.ptr %x[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pd = npu.ptr %d[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    npu.vec vector_dup dst %pe : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 255 mask 64 strides [1, 8], []
    npu.vec vector_dup dst %pe : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 255 mask 64 strides [1, 8], []
    scf.for %i = %low to %high step %step {
      npu.copy %pc, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pd : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vabs dst %pd : !npu.ptr<ub, f32> src %pc : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    }
    npu.vec vexp dst %pd : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    func.return
  }

  // Of two such loops, barriers on all pipes around them are faster.
  // CHECK-LABEL: @two
  // CHECK:       npu.pipe_barrier all
  // CHECK-NEXT:  scf.for
  // CHECK:       npu.pipe_barrier all
  // CHECK-NEXT:  scf.for
  func.func @two(%x: memref<8x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %low = arith.constant 0 : index
    %high = arith.constant 8 : index
    %step = arith.constant 1 : index
    %a = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %c = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %d = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %e = npu.buffer : memref<255x64xf32, #npu<space ub>>
    %pe = npu.ptr %e[affine_map<() -> (0)>]() : memref<255x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %px = npu.ptr %x[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pd = npu.ptr %d[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    npu.vec vector_dup dst %pe : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 255 mask 64 strides [1, 8], []
    npu.vec vector_dup dst %pe : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 255 mask 64 strides [1, 8], []
    scf.for %i = %low to %high step %step {
      npu.copy %pc, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pd : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vabs dst %pd : !npu.ptr<ub, f32> src %pc : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    }
    scf.for %i = %low to %high step %step {
      npu.copy %pc, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pd : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vabs dst %pd : !npu.ptr<ub, f32> src %pc : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    }
    npu.vec vexp dst %pd : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    func.return
  }
}
