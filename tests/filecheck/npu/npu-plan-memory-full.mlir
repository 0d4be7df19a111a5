// RUN: not akg-opt %s -p npu-plan-memory 2>&1 | filecheck %s

// CHECK:      akg-opt: error: func.func at {{.*}}: kernel @k needs 65536 bytes of ub, generic_tiny has 30720
// CHECK-NEXT:   live together at the fullest point (65536 bytes):
// CHECK-NEXT:     32768  %a : memref<8192xf32, #npu<space ub>>, from
// CHECK-NEXT:     32768  %b : memref<8192xf32, #npu<space ub>>, from
// CHECK-NEXT:   help: use smaller tiles

builtin.module attributes {npu.target = "generic_tiny"} {
  func.func @k(%x: memref<8192xf32, #npu<space gm>>) attributes {npu.kernel} {
    %a = npu.buffer : memref<8192xf32, #npu<space ub>>
    %b = npu.buffer : memref<8192xf32, #npu<space ub>>
    %g = npu.ptr %x[affine_map<() -> (0)>]() : memref<8192xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<8192xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<8192xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    npu.copy %pa, %g bursts 1 x 1024 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
    npu.vec vabs dst %pb : !npu.ptr<ub, f32> src %pa : !npu.ptr<ub, f32> repeat 128 mask 64 strides [1, 8], [1, 8]
    npu.copy %g, %pb bursts 1 x 1024 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    func.return
  }
}
