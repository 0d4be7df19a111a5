// RUN: akg-opt %s -p npu-slice-stores | filecheck %s
// RUN: akg-opt %s -p npu-slice-stores,npu-plan-memory,npu-insert-sync,npu-verify | filecheck %s --check-prefix FLAGS

#gm = #npu<space gm>
#ub = #npu<space ub>

// 32 KB are stored in slices of 22, 21 and 21 fractals, each after the move and the repeats that
// convert it: 40 of the first instruction's and 44 of the second one's for the second slice.

// CHECK-LABEL: func.func @tail
// CHECK:       npu.mad
// CHECK:       npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 22 gaps
// CHECK-NEXT:  npu.vec vconv {{.*}} repeat 88 mask 64
// CHECK-NEXT:  npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 352 gaps
// CHECK:       npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 21 gaps
// CHECK:       npu.vec vconv {{.*}} repeat 40 mask 64
// CHECK-NEXT:  npu.vec vconv {{.*}} repeat 44 mask 64
// CHECK:       npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 336 gaps
// CHECK:       npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 21 gaps
// CHECK:       npu.vec vconv {{.*}} repeat 84 mask 64
// CHECK:       npu.copy %{{\d+}}, %{{\d+}} bursts 1 x 336 gaps
// CHECK-NEXT:  func.return

// FLAGS:       npu.set_flag[v, mte3, 0]
// FLAGS:       npu.wait_flag[v, mte3, 0]
// FLAGS:       npu.set_flag[v, mte3, 1]
// FLAGS:       npu.wait_flag[v, mte3, 1]
builtin.module attributes {npu.target = "ascend910"} {
  func.func @tail(%a: memref<8192xf16, #gm>, %b: memref<8192xf16, #gm>, %c: memref<16384xf16, #gm>) attributes {npu.kernel} {
    %a_l1 = npu.buffer : memref<8192xf16, #npu<space l1>>
    %b_l1 = npu.buffer : memref<8192xf16, #npu<space l1>>
    %a_0 = npu.buffer : memref<8192xf16, #npu<space l0a>>
    %b_0 = npu.buffer : memref<8192xf16, #npu<space l0b>>
    %c_0 = npu.buffer : memref<16384xf32, #npu<space l0c>>
    %s_ub = npu.buffer : memref<16384xf32, #ub>
    %c_ub = npu.buffer : memref<16384xf16, #ub>
    %first = arith.constant true
    %0 = npu.ptr %a_l1[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l1>> -> !npu.ptr<l1, f16>
    %1 = npu.ptr %a[affine_map<() -> (0)>] () : memref<8192xf16, #gm> -> !npu.ptr<gm, f16>
    npu.copy %0, %1 bursts 1 x 512 gaps 0, 0 : !npu.ptr<l1, f16>, !npu.ptr<gm, f16>
    %2 = npu.ptr %b_l1[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l1>> -> !npu.ptr<l1, f16>
    %3 = npu.ptr %b[affine_map<() -> (0)>] () : memref<8192xf16, #gm> -> !npu.ptr<gm, f16>
    npu.copy %2, %3 bursts 1 x 512 gaps 0, 0 : !npu.ptr<l1, f16>, !npu.ptr<gm, f16>
    %4 = npu.ptr %a_0[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %5 = npu.ptr %b_0[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0b>> -> !npu.ptr<l0b, f16>
    %6 = npu.ptr %c_0[affine_map<() -> (0)>] () : memref<16384xf32, #npu<space l0c>> -> !npu.ptr<l0c, f32>
    npu.load2d %4, %0 repeat 32 stride 1 gap 0 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>
    npu.load2d %5, %2 repeat 32 stride 1 gap 0 : !npu.ptr<l0b, f16>, !npu.ptr<l1, f16>
    npu.mad %6, %4, %5 init %first m 128 k 64 n 128 : !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>
    %7 = npu.ptr %s_ub[affine_map<() -> (0)>] () : memref<16384xf32, #ub> -> !npu.ptr<ub, f32>
    npu.copy %7, %6 bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<l0c, f32>
    %8 = npu.ptr %c_ub[affine_map<() -> (0)>] () : memref<16384xf16, #ub> -> !npu.ptr<ub, f16>
    npu.vec vconv dst %8 : !npu.ptr<ub, f16> src %7 : !npu.ptr<ub, f32> repeat 128 mask 64 strides [1, 4], [1, 8]
    %9 = npu.ptr %c_ub[affine_map<() -> (16384)>] () : memref<16384xf16, #ub> -> !npu.ptr<ub, f16>
    %10 = npu.ptr %s_ub[affine_map<() -> (32768)>] () : memref<16384xf32, #ub> -> !npu.ptr<ub, f32>
    npu.vec vconv dst %9 : !npu.ptr<ub, f16> src %10 : !npu.ptr<ub, f32> repeat 128 mask 64 strides [1, 4], [1, 8]
    %11 = npu.ptr %c[affine_map<() -> (0)>] () : memref<16384xf16, #gm> -> !npu.ptr<gm, f16>
    npu.copy %11, %8 bursts 1 x 1024 gaps 0, 0 : !npu.ptr<gm, f16>, !npu.ptr<ub, f16>
    func.return
  }
}
