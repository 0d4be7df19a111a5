// RUN: akg-opt %s -p npu-multi-buffer | filecheck %s
// RUN: akg-opt %s -p 'npu-multi-buffer{copies=1}' | filecheck %s --check-prefix OFF
// RUN: akg-opt %s -p npu-multi-buffer,npu-plan-memory,npu-insert-sync,npu-verify | filecheck %s --check-prefix FLAGS
// RUN: akg-opt %s -p 'npu-multi-buffer{most=14}' | filecheck %s --check-prefix MOST

// Five iterations: the load of the first, twice two with the load one iteration ahead, the last.
// What %t holds is used by the vector unit alone, so it gets other names, but nothing waits for it.

// CHECK-LABEL: func.func @stream
// CHECK:       %a = npu.buffer
// CHECK-NEXT:  %a_1 = npu.buffer
// CHECK-NEXT:  %t = npu.buffer
// CHECK-NEXT:  %t_1 = npu.buffer
// CHECK-NEXT:  %t_2 = npu.buffer
// CHECK-NEXT:  %b = npu.buffer
// CHECK-NEXT:  %b_1 = npu.buffer
// CHECK:       [[FIRST:%\S+]] = npu.ptr %a[
// CHECK-NEXT:  npu.copy [[FIRST]]
// CHECK:       scf.for %i = %{{.+}} to %{{.+}} step %{{.+}} {
// CHECK-NEXT:    [[NEXT:%\d+]] = affine.apply affine_map<(d0) -> ((d0 + 1))> (%i)
// CHECK:         npu.ptr %a_1[
// CHECK:         npu.copy
// CHECK:         npu.vec vexp
// CHECK:         npu.copy
// CHECK:         affine.apply affine_map<(d0) -> ((d0 + 2))> (%i)
// CHECK:         npu.ptr %a[
// CHECK:         npu.copy
// CHECK:         npu.vec vexp
// CHECK:         npu.copy
// CHECK-NEXT:  }
// CHECK:       npu.vec vexp
// CHECK:       npu.copy
// CHECK-NEXT:  func.return

// OFF-LABEL:   func.func @stream
// OFF-COUNT-2: npu.copy
// OFF-NOT:     npu.copy
// OFF:         func.func @sum

// The first load of the next two iterations waits for what the vector unit did with the last but
// one, not with the last.

// FLAGS-LABEL: func.func @stream
// FLAGS:       scf.for
// FLAGS:         npu.wait_flag[v, mte2, [[ODD:\d]]]
// FLAGS:         npu.wait_flag[mte2, v, {{\d}}]
// FLAGS:         npu.wait_flag[v, mte2, [[EVEN:\d]]]

// The sum passes from one iteration to the next: it has one buffer.

// CHECK-LABEL: func.func @sum
// CHECK:       %s = npu.buffer
// CHECK-NEXT:  %a = npu.buffer
// CHECK-NEXT:  %a_1 = npu.buffer
// CHECK-NOT:   npu.buffer

// How often the loop iterates differs between cores: the rest is one iteration or two, if any.

// CHECK-LABEL: func.func @some
// CHECK:       [[ANY:%\d+]] = arith.cmpi slt, %low, %high
// CHECK-NEXT:  scf.if [[ANY]] {
// CHECK:         affine.apply affine_map<(d0, d1) -> ((d0 + (((((d0 * -1) + d1) + -1) floordiv 2) * 2)))> (%low, %high)
// CHECK:         scf.for
// CHECK:         scf.if
// CHECK:           npu.vec vexp
// CHECK:           npu.vec vexp
// CHECK:         } else {
// CHECK:           npu.vec vexp
// CHECK-NOT:       npu.vec vexp
// CHECK:       func.return

// The four instructions of the first loop are written three times, which makes twelve; the three of
// the last loop, whose length is not known, would be written five times.

// MOST-LABEL:  func.func @stream
// MOST:        %a_1 = npu.buffer
// MOST-LABEL:  func.func @some
// MOST-NOT:    %a_1
// MOST-COUNT-1: npu.vec vexp
// MOST-NOT:    npu.vec vexp

builtin.module attributes {npu.target = "ascend910"} {
  func.func @stream(%x: memref<320xf32, #npu<space gm>>, %y: memref<320xf32, #npu<space gm>>) attributes {npu.kernel} {
    %a = npu.buffer : memref<64xf32, #npu<space ub>>
    %t = npu.buffer : memref<64xf32, #npu<space ub>>
    %b = npu.buffer : memref<64xf32, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    scf.for %i = %c0 to %c5 step %c1 {
      %g = npu.ptr %x[affine_map<(d0) -> (d0 * 256)>](%i) : memref<320xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %o = npu.ptr %y[affine_map<(d0) -> (d0 * 256)>](%i) : memref<320xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      %pt = npu.ptr %t[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %pa, %g bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pt : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8]
      npu.vec vabs dst %pb : !npu.ptr<ub, f32> src %pt : !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8]
      npu.copy %o, %pb bursts 1 x 8 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    }
    func.return
  }

  func.func @sum(%x: memref<320xf32, #npu<space gm>>, %y: memref<64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %s = npu.buffer : memref<64xf32, #npu<space ub>>
    %a = npu.buffer : memref<64xf32, #npu<space ub>>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %ps = npu.ptr %s[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.vec vector_dup dst %ps : !npu.ptr<ub, f32> scalar 0.0 : f32 repeat 1 mask 64 strides [1, 8], []
    scf.for %i = %c0 to %c5 step %c1 {
      %g = npu.ptr %x[affine_map<(d0) -> (d0 * 256)>](%i) : memref<320xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %pa, %g bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vadd dst %ps : !npu.ptr<ub, f32> src %ps, %pa : !npu.ptr<ub, f32>, !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8, 1, 8]
    }
    %o = npu.ptr %y[affine_map<() -> (0)>]() : memref<64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    npu.copy %o, %ps bursts 1 x 8 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    func.return
  }

  func.func @some(%x: memref<320xf32, #npu<space gm>>, %y: memref<320xf32, #npu<space gm>>) attributes {npu.kernel, npu.cores = 3 : i64} {
    %a = npu.buffer : memref<64xf32, #npu<space ub>>
    %b = npu.buffer : memref<64xf32, #npu<space ub>>
    %core = npu.core_id
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %low = affine.apply affine_map<(d0) -> (d0 * 3)> (%core)
    %end = affine.apply affine_map<(d0) -> (d0 * 3 + 3)> (%core)
    %high = arith.minsi %end, %c5 : index
    scf.for %i = %low to %high step %c1 {
      %g = npu.ptr %x[affine_map<(d0) -> (d0 * 256)>](%i) : memref<320xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %o = npu.ptr %y[affine_map<(d0) -> (d0 * 256)>](%i) : memref<320xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %pa, %g bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.vec vexp dst %pb : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 1 mask 64 strides [1, 8], [1, 8]
      npu.copy %o, %pb bursts 1 x 8 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    }
    func.return
  }
}
