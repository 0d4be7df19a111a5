// RUN: akg-opt %s -p 'te-set-target{target=ascend910},te-to-affine,poly-raise,poly-schedule,poly-tile{policy="S1: 16@L0C, 16@L0C, _, _, 4@L1, _"},poly-fuse,poly-assign-units,poly-promote,npu-generate,npu-slice-results' | filecheck %s

// The loop multiplies the first 10 of 16 blocks of columns; all of the left operand stays in L1.
// Slices of 4 and 2 blocks follow, each with its blocks of k in two parts. Their loads take turns at
// two buffers, and come before the product in front of theirs.

// CHECK:         %a_l1 = npu.buffer : memref<32x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1 = npu.buffer : memref<16x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_1 = npu.buffer : memref<16x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_2 = npu.buffer : memref<4x10x16x16xf16, #npu<space l1>>
// CHECK:         scf.for
// CHECK:           npu.dma {{.*}} -> memref<4x10x16x16xf16
// CHECK:           npu.dma {{.*}} -> memref<4x16x16x16xf16
// CHECK:           npu.mmad {{.*}} m 256 k 64 n 160
// CHECK:         }
// CHECK:         npu.dma {{.*}} -> memref<2x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<16x4x16x16xf16
// CHECK:         npu.dma {{.*}} -> memref<16x4x16x16xf16
// CHECK-NOT:     npu.dma
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 64
// CHECK:         npu.dma {{.*}} -> memref<16x2x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 64
// CHECK:         npu.dma {{.*}} -> memref<2x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<16x2x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 32
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 32

func.func @main(%a: tensor<32x16x16x16xf16>, %b: tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32> {
  %c = te.fractal_matmul %a, %b m 256 k 512 n 256 : (tensor<32x16x16x16xf16>, tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32>
  func.return %c : tensor<16x16x16x16xf32>
}
