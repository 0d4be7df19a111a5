// RUN: akg-opt %s -p 'te-split-reductions' | filecheck %s
// RUN: akg-opt %s -p 'te-split-reductions,te-partition' | filecheck %s --check-prefix=KERNELS

// 1.6 MB of squares per channel do not stay on chip, and 8 channels are too few for 32 cores: the
// sum of a plane stays there, and there are many.
// CHECK-LABEL: func.func @statistics
// CHECK-NEXT:    [[P:%.*]] = te.reduce add %x axes [2, 3] keepdims {te.partial} : tensor<128x8x56x56xf32> -> tensor<128x8x1x1xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[P]] axes [0] keepdims : tensor<128x8x1x1xf32> -> tensor<1x8x1x1xf32>
// CHECK-NEXT:    te.reshape [[S]] : tensor<1x8x1x1xf32> -> tensor<8xf32>
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
func.func @statistics(%x: tensor<128x8x56x56xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<128x8x56x56xf32> -> tensor<8xf32>
  %1 = te.mul %x, %x : (tensor<128x8x56x56xf32>, tensor<128x8x56x56xf32>) -> tensor<128x8x56x56xf32>
  %2 = te.reduce add %1 axes [0, 2, 3] : tensor<128x8x56x56xf32> -> tensor<8xf32>
  func.return %0, %2 : tensor<8xf32>, tensor<8xf32>
}

// Results for half of the cores: a tile takes its elements in chunks, in one kernel.
// CHECK-LABEL: func.func @busy
// CHECK-NEXT:    te.reduce add %x axes [0, 2, 3] :
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    te.reduce add {{.*}} axes [0, 2, 3] :
// CHECK-NEXT:    te.add
// KERNELS-LABEL: func.func private @busy_kernel0
// KERNELS-NEXT:    te.reduce add %x
// KERNELS-NEXT:    te.mul %x, %x
// KERNELS-NEXT:    te.reduce add
// KERNELS-NEXT:    te.add
func.func @busy(%x: tensor<128x16x56x56xf32>) -> tensor<16xf32> {
  %0 = te.reduce add %x axes [0, 2, 3] : tensor<128x16x56x56xf32> -> tensor<16xf32>
  %1 = te.mul %x, %x : (tensor<128x16x56x56xf32>, tensor<128x16x56x56xf32>) -> tensor<128x16x56x56xf32>
  %2 = te.reduce add %1 axes [0, 2, 3] : tensor<128x16x56x56xf32> -> tensor<16xf32>
  %3 = te.add %0, %2 : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  func.return %3 : tensor<16xf32>
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
