// RUN: akg-opt %s -p 'te-split-reductions' | filecheck %s
// RUN: akg-opt %s -p 'te-split-reductions,te-partition' | filecheck %s --check-prefix=KERNELS

// 400 KB of squares per channel do not stay on chip: the sum of a plane does.
// CHECK-LABEL: func.func @statistics
// CHECK-NEXT:    [[P:%.*]] = te.reduce add %x axes [2, 3] keepdims {te.partial} : tensor<32x64x56x56xf32> -> tensor<32x64x1x1xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[P]] axes [0] keepdims : tensor<32x64x1x1xf32> -> tensor<1x64x1x1xf32>
// CHECK-NEXT:    te.reshape [[S]] : tensor<1x64x1x1xf32> -> tensor<64xf32>
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    te.reduce add {{.*}} axes [2, 3] keepdims {te.partial}
// CHECK-NEXT:    te.reduce add {{.*}} axes [0] keepdims
// CHECK-NEXT:    te.reshape
// The input is read by one kernel, and its squares never leave it.
// KERNELS-LABEL: func.func private @statistics_kernel0
// KERNELS-NEXT:    te.reduce add %x
// KERNELS-NEXT:    te.mul %x, %x
// KERNELS-NEXT:    te.reduce add
// KERNELS-NEXT:    func.return
func.func @statistics(%x: tensor<32x64x56x56xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<32x64x56x56xf32> -> tensor<64xf32>
  %1 = te.mul %x, %x : (tensor<32x64x56x56xf32>, tensor<32x64x56x56xf32>) -> tensor<32x64x56x56xf32>
  %2 = te.reduce add %1 axes [0, 2, 3] : tensor<32x64x56x56xf32> -> tensor<64xf32>
  func.return %0, %2 : tensor<64xf32>, tensor<64xf32>
}

// What is only loaded passes through the tile in parts, and small rows stay whole.
// CHECK-LABEL: func.func @once
// CHECK-NEXT:    te.reduce add %x axes [0, 2]
// CHECK-NEXT:    te.exp
// CHECK-NEXT:    te.reduce max {{.*}} axes [0, 2] :
func.func @once(%x: tensor<512x8x512xf32>, %y: tensor<4x8x16xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = te.reduce add %x axes [0, 2] : tensor<512x8x512xf32> -> tensor<8xf32>
  %1 = te.exp %y : tensor<4x8x16xf32>
  %2 = te.reduce max %1 axes [0, 2] : tensor<4x8x16xf32> -> tensor<8xf32>
  func.return %0, %2 : tensor<8xf32>, tensor<8xf32>
}
