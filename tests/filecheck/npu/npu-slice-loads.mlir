// RUN: akg-opt %s -p npu-slice-loads | filecheck %s
// RUN: akg-opt %s -p npu-slice-loads,npu-plan-memory,npu-insert-sync,npu-verify | filecheck %s --check-prefix FLAGS

#gm = #npu<space gm>
#l1 = #npu<space l1>

// The first product needs half of both operands. Bursts of %a stay apart in L1, %b is one burst;
// %a is read first and comes last, so that one flag is enough for each half.

// CHECK-LABEL: func.func @product
// CHECK:       [[A:%\d+]] = npu.ptr %a_l1[affine_map<() -> (0)>]
// CHECK:       [[B:%\d+]] = npu.ptr %b_l1[affine_map<() -> (0)>]
// CHECK:       npu.copy [[B]], %{{\d+}} bursts 1 x 512 gaps 0, 0
// CHECK-NEXT:  npu.copy [[A]], %{{\d+}} bursts 2 x 256 gaps 256, 256
// CHECK-NEXT:  [[B:%\d+]] = npu.ptr %b_l1[affine_map<() -> (16384)>]
// CHECK-NEXT:  [[FROM:%\d+]] = npu.ptr %b[affine_map<() -> (16384)>]
// CHECK-NEXT:  npu.copy [[B]], [[FROM]] bursts 1 x 512 gaps 0, 0
// CHECK-NEXT:  [[A:%\d+]] = npu.ptr %a_l1[affine_map<() -> (32768)>]
// CHECK-NEXT:  [[FROM:%\d+]] = npu.ptr %a[affine_map<() -> (32768)>]
// CHECK-NEXT:  npu.copy [[A]], [[FROM]] bursts 2 x 256 gaps 256, 256
// CHECK:       npu.load2d

// FLAGS-COUNT-2: npu.copy
// FLAGS-NEXT:    npu.set_flag[mte2, mte1, 0]
// FLAGS:         npu.set_flag[mte2, mte1, 1]
// FLAGS:         npu.wait_flag[mte2, mte1, 0]
// FLAGS:         npu.load2d
// FLAGS:         npu.wait_flag[mte2, mte1, 1]
builtin.module attributes {npu.target = "ascend910"} {
  func.func @product(%a: memref<32768xf16, #gm>, %b: memref<16384xf16, #gm>, %c: memref<16384xf32, #gm>) attributes {npu.kernel} {
    %a_l1 = npu.buffer : memref<32768xf16, #l1>
    %b_l1 = npu.buffer : memref<16384xf16, #l1>
    %a_0 = npu.buffer : memref<8192xf16, #npu<space l0a>>
    %a_1 = npu.buffer : memref<8192xf16, #npu<space l0a>>
    %b_0 = npu.buffer : memref<8192xf16, #npu<space l0b>>
    %b_1 = npu.buffer : memref<8192xf16, #npu<space l0b>>
    %c_0 = npu.buffer : memref<16384xf32, #npu<space l0c>>
    %c_ub = npu.buffer : memref<16384xf32, #npu<space ub>>
    %first = arith.constant true
    %more = arith.constant false
    %0 = npu.ptr %a_l1[affine_map<() -> (0)>] () : memref<32768xf16, #l1> -> !npu.ptr<l1, f16>
    %1 = npu.ptr %a[affine_map<() -> (0)>] () : memref<32768xf16, #gm> -> !npu.ptr<gm, f16>
    npu.copy %0, %1 bursts 4 x 256 gaps 256, 256 : !npu.ptr<l1, f16>, !npu.ptr<gm, f16>
    %2 = npu.ptr %b_l1[affine_map<() -> (0)>] () : memref<16384xf16, #l1> -> !npu.ptr<l1, f16>
    %3 = npu.ptr %b[affine_map<() -> (0)>] () : memref<16384xf16, #gm> -> !npu.ptr<gm, f16>
    npu.copy %2, %3 bursts 1 x 1024 gaps 0, 0 : !npu.ptr<l1, f16>, !npu.ptr<gm, f16>
    %4 = npu.ptr %a_0[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %5 = npu.ptr %b_0[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0b>> -> !npu.ptr<l0b, f16>
    %6 = npu.ptr %a_1[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %7 = npu.ptr %b_1[affine_map<() -> (0)>] () : memref<8192xf16, #npu<space l0b>> -> !npu.ptr<l0b, f16>
    %8 = npu.ptr %a_l1[affine_map<() -> (16384)>] () : memref<32768xf16, #l1> -> !npu.ptr<l1, f16>
    %14 = npu.ptr %a_l1[affine_map<() -> (49152)>] () : memref<32768xf16, #l1> -> !npu.ptr<l1, f16>
    %15 = npu.ptr %a_0[affine_map<() -> (8192)>] () : memref<8192xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %16 = npu.ptr %a_1[affine_map<() -> (8192)>] () : memref<8192xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %9 = npu.ptr %a_l1[affine_map<() -> (32768)>] () : memref<32768xf16, #l1> -> !npu.ptr<l1, f16>
    %10 = npu.ptr %b_l1[affine_map<() -> (16384)>] () : memref<16384xf16, #l1> -> !npu.ptr<l1, f16>
    %11 = npu.ptr %c_0[affine_map<() -> (0)>] () : memref<16384xf32, #npu<space l0c>> -> !npu.ptr<l0c, f32>
    npu.load2d %4, %0 repeat 16 stride 1 gap 0 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>
    npu.load2d %15, %8 repeat 16 stride 1 gap 0 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>
    npu.load2d %5, %2 repeat 32 stride 1 gap 0 : !npu.ptr<l0b, f16>, !npu.ptr<l1, f16>
    npu.load2d %6, %9 repeat 16 stride 1 gap 0 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>
    npu.load2d %16, %14 repeat 16 stride 1 gap 0 : !npu.ptr<l0a, f16>, !npu.ptr<l1, f16>
    npu.load2d %7, %10 repeat 32 stride 1 gap 0 : !npu.ptr<l0b, f16>, !npu.ptr<l1, f16>
    npu.mad %11, %4, %5 init %first m 128 k 64 n 128 : !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>
    npu.mad %11, %6, %7 init %more m 128 k 64 n 128 : !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>
    %12 = npu.ptr %c_ub[affine_map<() -> (0)>] () : memref<16384xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.copy %12, %11 bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<l0c, f32>
    %13 = npu.ptr %c[affine_map<() -> (0)>] () : memref<16384xf32, #gm> -> !npu.ptr<gm, f32>
    npu.copy %13, %12 bursts 1 x 2048 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    func.return
  }
}
