// RUN: akg-opt %s -p npu-plan-memory,npu-insert-sync{events=1},npu-verify | filecheck %s

// One event id for two flags that cannot be merged: the second load waits until the first flag has
// been waited for. No barrier on all pipes.

// CHECK:      npu.copy
// CHECK-NEXT: npu.set_flag[mte2, v, 0]
// CHECK:      npu.wait_flag[mte2, v, 0]
// CHECK-NEXT: npu.vec vexp
// CHECK-NEXT: npu.set_flag[v, mte2, 0]
// CHECK:      npu.wait_flag[v, mte2, 0]
// CHECK-NEXT: npu.copy
// CHECK-NEXT: npu.set_flag[mte2, v, 0]
// CHECK:      npu.wait_flag[mte2, v, 0]
// CHECK-NEXT: npu.vec vabs
// CHECK-NOT:  pipe_barrier

builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<8x64xf32, #npu<space gm>>, %y: memref<8x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %a = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %b = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %c = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %d = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %px = npu.ptr %x[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    %py = npu.ptr %y[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pd = npu.ptr %d[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.copy %pa, %px bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    npu.vec vexp dst %pb : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    npu.copy %pc, %py bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    npu.vec vabs dst %pd : !npu.ptr<ub, f32> src %pc : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
    func.return
  }
}
