// RUN: akg-opt %s -p npu-plan-memory,npu-insert-sync | filecheck %s

// A double hop with one buffer per side: forward flags inside an iteration, tokens (set before
// the loop, waited for after it) across iterations, a barrier between dependent vector ops.

// CHECK:      %in = npu.buffer at 0
// CHECK-NEXT: %out = npu.buffer at 2048
// CHECK:      npu.set_flag[v, mte2, 0]
// CHECK-NEXT: npu.set_flag[mte3, v, 0]
// CHECK-NEXT: scf.for
// CHECK:        npu.wait_flag[v, mte2, 0]
// CHECK-NEXT:   npu.copy
// CHECK-NEXT:   npu.set_flag[mte2, v, 0]
// CHECK:        npu.wait_flag[mte3, v, 0]
// CHECK-NEXT:   npu.wait_flag[mte2, v, 0]
// CHECK-NEXT:   npu.vec vexp
// CHECK-NEXT:   npu.set_flag[v, mte2, 0]
// CHECK-NEXT:   npu.pipe_barrier v
// CHECK-NEXT:   npu.vec vabs
// CHECK-NEXT:   npu.set_flag[v, mte3, 0]
// CHECK:        npu.wait_flag[v, mte3, 0]
// CHECK-NEXT:   npu.copy
// CHECK-NEXT:   npu.set_flag[mte3, v, 0]
// CHECK-NEXT: }
// CHECK-NEXT: npu.wait_flag[v, mte2, 0]
// CHECK-NEXT: npu.wait_flag[mte3, v, 0]
// CHECK-NEXT: func.return

builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<64x64xf32, #npu<space gm>>, %y: memref<64x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c1 = arith.constant 1 : index
    %in = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %out = npu.buffer : memref<8x64xf32, #npu<space ub>>
    scf.for %i = %c0 to %c8 step %c1 {
      %p = npu.ptr %x[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<64x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %q = npu.ptr %in[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %q, %p bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      %r = npu.ptr %out[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.vec vexp dst %r : !npu.ptr<ub, f32> src %q : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.vec vabs dst %r : !npu.ptr<ub, f32> src %r : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      %s = npu.ptr %y[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<64x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      npu.copy %s, %r bursts 1 x 64 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    }
    func.return
  }
}
