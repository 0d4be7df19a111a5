// RUN: akg-opt %s -p 'te-set-target{target=ascend910},te-to-affine,poly-raise,poly-schedule,poly-tile{policy="S1: 16@L0C, 16@L0C, _, _, 4@L1, _"},poly-fuse,poly-assign-units,poly-promote,npu-generate,npu-slice-results' | filecheck %s

// Of every 4 blocks of k, 2 are multiplied in the loop; the left operand of the others stays in L1.
// They are multiplied last, for one quarter of the columns after the other, which are moved and
// stored at once. Slices take turns at two buffers in L1 and in UB.

// CHECK:         %a_l1 = npu.buffer : memref<2x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %a_l1_1 = npu.buffer : memref<16x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1 = npu.buffer : memref<2x16x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_1 = npu.buffer : memref<16x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %b_l1_2 = npu.buffer : memref<16x4x16x16xf16, #npu<space l1>>
// CHECK-NEXT:    %m0_l0c = npu.buffer : memref<16x16x16x16xf32, #npu<space l0c>>
// CHECK-NEXT:    %m0_ub = npu.buffer : memref<4x16x16x16xf32, #npu<space ub>>
// CHECK-NEXT:    %m0_ub_1 = npu.buffer : memref<4x16x16x16xf32, #npu<space ub>>
// CHECK-NEXT:    scf.for
// CHECK:           npu.dma {{.*}} -> memref<2x16x16x16xf16
// CHECK:           npu.dma {{.*}} -> memref<2x16x16x16xf16
// CHECK:           npu.dma {{.*}} -> memref<2x16x16x16xf16
// CHECK:           npu.mmad {{.*}} m 256 k 32 n 256
// CHECK-NOT:       npu.dma
// CHECK:         }
// CHECK:         npu.dma {{.*}} -> memref<8x2x4x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 64
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<8x2x4x16x16xf16
// CHECK:         npu.mmad {{.*}} m 256 k 256 n 64
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32
// CHECK:         npu.dma {{.*}} -> memref<4x16x16x16xf32

func.func @main(%a: tensor<32x16x16x16xf16>, %b: tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32> {
  %c = te.fractal_matmul %a, %b m 256 k 512 n 256 : (tensor<32x16x16x16xf16>, tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32>
  func.return %c : tensor<16x16x16x16xf32>
}
