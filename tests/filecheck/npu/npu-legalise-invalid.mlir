// RUN: not akg-opt %s -p npu-legalise 2>&1 | filecheck %s

// Nothing reaches single elements of L1.
// CHECK: npu.dma at {{.*}}: this box needs the scalar unit, which cannot reach l1
// CHECK: help: move whole 32-byte blocks
builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<64x20xf16, #npu<space gm>>) attributes {npu.kernel} {
    %b = npu.buffer : memref<64x20xf16, #npu<space l1>>
    %v = npu.view %b[affine_map<() -> (3)>]() : memref<64x20xf16, #npu<space l1>> -> memref<3x20xf16, strided<[20, 1], offset: ?>, #npu<space l1>>
    %g = npu.view %x[affine_map<() -> (0)>]() : memref<64x20xf16, #npu<space gm>> -> memref<3x20xf16, strided<[20, 1], offset: ?>, #npu<space gm>>
    npu.dma %g -> %v : memref<3x20xf16, strided<[20, 1], offset: ?>, #npu<space gm>> -> memref<3x20xf16, strided<[20, 1], offset: ?>, #npu<space l1>>
    func.return
  }
}
