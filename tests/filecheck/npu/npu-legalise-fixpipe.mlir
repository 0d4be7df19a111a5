// RUN: akg-opt %s -p npu-legalise | filecheck %s

// From L0C to GM: rows of columns of fractals, one instruction for all columns.
builtin.module attributes {npu.target = "ascend910b"} {
  // 32 of 96 rows of two columns, rounded on the way.
  // CHECK-LABEL: @rounded
  func.func @rounded(%x: memref<4x96x16xf16, #npu<space gm>>) attributes {npu.kernel} {
    %c = npu.buffer : memref<2x32x16xf32, #npu<space l0c>>
    %g = npu.view %x[affine_map<() -> (1536)>]() : memref<4x96x16xf16, #npu<space gm>> -> memref<2x32x16xf16, strided<[1536, 16, 1], offset: ?>, #npu<space gm>>
    // CHECK: npu.copy {{.*}} bursts 2 x 32 gaps 0, 64 : !npu.ptr<gm, f16>, !npu.ptr<l0c, f32>
    npu.dma %c -> %g : memref<2x32x16xf32, #npu<space l0c>> -> memref<2x32x16xf16, strided<[1536, 16, 1], offset: ?>, #npu<space gm>>
    func.return
  }

  // 20 points of an image end inside the second fractal of every column.
  // CHECK-LABEL: @points
  func.func @points(%x: memref<2x20x16xf32, #npu<space gm>>) attributes {npu.kernel} {
    %c = npu.buffer : memref<2x32x16xf32, #npu<space l0c>>
    %p = npu.view %c[affine_map<() -> (0)>]() : memref<2x32x16xf32, #npu<space l0c>> -> memref<2x20x16xf32, strided<[512, 16, 1], offset: ?>, #npu<space l0c>>
    // CHECK: npu.copy {{.*}} bursts 2 x 20 gaps 12, 0 : !npu.ptr<gm, f32>, !npu.ptr<l0c, f32>
    npu.dma %p -> %x : memref<2x20x16xf32, strided<[512, 16, 1], offset: ?>, #npu<space l0c>> -> memref<2x20x16xf32, #npu<space gm>>
    func.return
  }
}
