// RUN: akg-opt %s -p "te-to-affine{target=ascend910b},affine-to-trees" | filecheck %s

// Where the cube has a core of its own its result goes from L0C to GM. What rounds it is part of the
// way: a statement as others are, which poly-verify judges, below npu.dma.
// CHECK-LABEL: func.func private @main_kernel0
// CHECK:         memref<1x1x16x16xf32, #npu<space l0c>>
// CHECK:         poly.stmt @S2_t{{.*}}
// CHECK-NEXT:      affine.load %{{.*}} #npu<space l0c>>
// CHECK-NEXT:      arith.truncf
// CHECK-NEXT:      affine.store %{{.*}} #npu<space gm>>
// CHECK-NOT:     space ub
// CHECK:         poly.mark "npu.cube"
// CHECK:         poly.filter {{.*}}S2_t
// CHECK-NEXT:      poly.mark "npu.dma"
func.func @main(%a: tensor<4x2x16x16xf16>, %b: tensor<4x2x16x16xf16>) -> tensor<2x2x16x16xf16> {
  %0 = te.fractal_matmul %a, %b m 32 k 64 n 32 : (tensor<4x2x16x16xf16>, tensor<4x2x16x16xf16>) -> tensor<2x2x16x16xf32>
  %1 = te.cast %0 : tensor<2x2x16x16xf32> -> tensor<2x2x16x16xf16>
  func.return %1 : tensor<2x2x16x16xf16>
}
