// RUN: akg-opt %s -p 'te-set-target{target=ascend910},te-to-affine,poly-raise,poly-schedule,poly-tile{policy="S1: 16@L0C, 16@L0C, _, _, 4@L1, _"},poly-fuse,poly-assign-units,poly-promote,npu-generate,npu-slice-results' | filecheck %s

// L1 has no room for the whole left operand. Of every 4 blocks of k, 3 are multiplied in the loop;
// the left operand of the others stays in L1. They are multiplied last, for one quarter of the columns after the other, which are moved and
// stored at once. Slices take turns at two buffers in L1 and in UB.

// CHECK:         %a_l1 = npu.buffer : memref<3x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %a_l1_1 = npu.buffer : memref<34x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1 = npu.buffer : memref<3x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_1 = npu.buffer : memref<34x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_2 = npu.buffer : memref<34x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %m0_l0c = npu.buffer : memref<16x16x16x16xf32, #npu<space l0c>>
// CHECK-NEXT:    %m0_ub = npu.buffer : memref<4x16x16x16xf32, #npu<space ub>>
// CHECK-NEXT:    %m0_ub_1 = npu.buffer : memref<4x16x16x16xf32, #npu<space ub>>
// CHECK-NEXT:    scf.for
// CHECK:           npu.dma {{.*}} -> memref<3x16x16x16xf16
// CHECK:           npu.dma {{.*}} -> memref<1x16x16x16xf16
// CHECK:           npu.dma {{.*}} -> memref<3x16x16x16xf16
// CHECK:           npu.mmad {{.*}} m 256 k 48 n 256
// CHECK-NOT:       npu.dma
// CHECK:         }
// CHECK:         npu.dma {{.*}} -> memref<34x1x4x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 544 n 64
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<34x1x4x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 544 n 64
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32

func.func @main(%a: tensor<136x64x16x16xf16>, %b: tensor<136x16x16x16xf16>) -> tensor<16x64x16x16xf32> {
  %c = te.fractal_matmul %a, %b m 1024 k 2176 n 256 : (tensor<136x64x16x16xf16>, tensor<136x16x16x16xf16>) -> tensor<16x64x16x16xf32>
  func.return %c : tensor<16x64x16x16xf32>
}
