// RUN: akg-opt %s -p npu-legalise | filecheck %s

// 3 x 10 output points are two fractals of rows. One load by img2col per tap and block of channels;
// the loads of a step come before the product of the step in front of it.
builtin.module attributes {npu.target = "ascend910"} {
  // CHECK-LABEL: @conv
  func.func @conv() attributes {npu.kernel} {
    // CHECK-COUNT-2: npu.buffer : memref<16384xf16, #npu<space l0a>>
    // CHECK-COUNT-2: npu.buffer : memref<16384xf16, #npu<space l0b>>
    %image = npu.buffer : memref<2x3x10x16xf16, #npu<space l1>>
    %kernel = npu.buffer : memref<2x2x1x1x16x16xf16, #npu<space l1>>
    %result = npu.buffer : memref<1x2x16x16xf32, #npu<space l0c>>
    %init = arith.constant true
    // CHECK: npu.load3d {{.*}} image [3, 10] pads [1, 0, 0, 0] kernel [2, 1] strides [1, 1] dilations [1, 1] tap [0, 0] repeat 2 jump 1
    // CHECK: npu.load2d {{.*}} repeat 1 stride 1 gap 0
    // CHECK: npu.load3d {{.*}} tap [1, 0] repeat 2 jump 3
    // CHECK: npu.load3d {{.*}} tap [0, 0] repeat 2 jump 3
    // CHECK: npu.load3d {{.*}} tap [1, 0] repeat 2 jump 3
    // CHECK: npu.load2d {{.*}} repeat 3 stride 1 gap 0
    // CHECK: npu.mad {{.*}} m 30 k 16 n 16
    // CHECK: npu.mad {{.*}} m 30 k 48 n 16
    npu.conv %image, %kernel -> %result init %init points [3, 10] pitch 10 strides [1, 1] dilations [1, 1] pads [1, 0, 0, 0] : memref<2x3x10x16xf16, #npu<space l1>>, memref<2x2x1x1x16x16xf16, #npu<space l1>> -> memref<1x2x16x16xf32, #npu<space l0c>>
    func.return
  }
}
