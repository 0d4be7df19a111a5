// RUN: akg-opt %s -p npu-plan-memory,npu-insert-sync{scheme=barrier-all} | filecheck %s

// No flags: instructions that depend on others wait for all pipes. The load of the next iteration
// need not: the vector instructions before it are known to be complete.

// CHECK-NOT:  _flag
// CHECK:      scf.for
// CHECK-NEXT:   npu.ptr
// CHECK-NEXT:   npu.ptr
// CHECK-NEXT:   npu.copy
// CHECK:        npu.pipe_barrier all
// CHECK-NEXT:   npu.vec vexp
// CHECK-NEXT:   npu.pipe_barrier all
// CHECK-NEXT:   npu.vec vabs
// CHECK:        npu.pipe_barrier all
// CHECK-NEXT:   npu.copy
// CHECK-NOT:  _flag

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
