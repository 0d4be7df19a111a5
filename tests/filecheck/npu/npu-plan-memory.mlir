// RUN: akg-opt %s -p npu-plan-memory | filecheck %s
// RUN: akg-opt %s -p 'npu-plan-memory{reuse=always}' | filecheck %s --check-prefix SHARE
// RUN: akg-opt %s -p 'npu-plan-memory{skew=false}' | filecheck %s --check-prefix PLAIN

// The memory is large, so buffers are kept apart: sharing bytes would order their users. Buffers in
// a loop move to the top, unused ones vanish. %a and %b are read together, %c and %sum as well:
// their addresses differ by 256 modulo 512, so that no two repeats meet in a bank group.

// CHECK-LABEL: func.func @stages
// CHECK-NEXT:  %sum = npu.buffer at 0 :
// CHECK-NEXT:  %a = npu.buffer at 2048 :
// CHECK-NEXT:  %b = npu.buffer at 4352 :
// CHECK-NEXT:  %c = npu.buffer at 6400 :
// CHECK-NOT:   npu.buffer

// Without the skew they follow each other.

// PLAIN-LABEL: func.func @stages
// PLAIN-NEXT:  %sum = npu.buffer at 0 :
// PLAIN-NEXT:  %a = npu.buffer at 2048 :
// PLAIN-NEXT:  %b = npu.buffer at 4096 :
// PLAIN-NEXT:  %c = npu.buffer at 6144 :

// %a is dead once %c is written: with reuse they overlap. %sum lives through the whole loop.

// SHARE-LABEL: func.func @stages
// SHARE-NEXT:  %sum = npu.buffer at 0 :
// SHARE-NEXT:  %a = npu.buffer at 2048 :
// SHARE-NEXT:  %b = npu.buffer at 4352 :
// SHARE-NEXT:  %c = npu.buffer at 2304 :

builtin.module attributes {npu.target = "ascend910"} {
  func.func @stages(%x: memref<4096xf32, #npu<space gm>>, %y: memref<512xf32, #npu<space gm>>) attributes {npu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %sum = npu.buffer : memref<512xf32, #npu<space ub>>
    %unused = npu.buffer : memref<512xf32, #npu<space ub>>
    %s = npu.ptr %sum[affine_map<() -> (0)>]() : memref<512xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.vec vector_dup dst %s : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 8 mask 64 strides [1, 8], []
    scf.for %i = %c0 to %c8 step %c1 {
      %a = npu.buffer : memref<512xf32, #npu<space ub>>
      %b = npu.buffer : memref<512xf32, #npu<space ub>>
      %c = npu.buffer : memref<512xf32, #npu<space ub>>
      %g = npu.ptr %x[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<4096xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<512xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<512xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      %pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<512xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %pa, %g bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pb : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.vec vadd dst %pb : !npu.ptr<ub, f32> src %pa, %pb : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8, 1, 8]
      npu.vec vabs dst %pc : !npu.ptr<ub, f32> src %pb : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.vec vadd dst %s : !npu.ptr<ub, f32> src %pc, %s : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8, 1, 8]
    }
    %o = npu.ptr %y[affine_map<() -> (0)>]() : memref<512xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    npu.copy %o, %s bursts 1 x 64 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    func.return
  }
}
