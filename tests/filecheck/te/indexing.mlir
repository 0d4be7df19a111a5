// RUN: akg-opt %s | akg-opt | filecheck %s
// RUN: akg-opt %s --print-op-generic | akg-opt | filecheck %s

// Ops that put tensors together and that read at computed places print and parse.

// CHECK-LABEL: func.func @indexing
func.func @indexing(%x: tensor<4x9xf16>, %y: tensor<4x2xf16>, %z: tensor<4x8xf16>, %i: tensor<2x3xi32>, %j: tensor<4x3xi32>) {
  // CHECK: te.concat %x, %y, %x axis -1 : (tensor<4x9xf16>, tensor<4x2xf16>, tensor<4x9xf16>) -> tensor<4x20xf16>
  %0 = te.concat %x, %y, %x axis -1 : (tensor<4x9xf16>, tensor<4x2xf16>, tensor<4x9xf16>) -> tensor<4x20xf16>
  // CHECK: te.gather %x, %i axis 1 : (tensor<4x9xf16>, tensor<2x3xi32>) -> tensor<4x2x3xf16>
  %1 = te.gather %x, %i axis 1 : (tensor<4x9xf16>, tensor<2x3xi32>) -> tensor<4x2x3xf16>
  // CHECK: te.slice %x offsets [3, 8] strides [-1, -4] : tensor<4x9xf16> -> tensor<4x3xf16>
  %2 = te.slice %x offsets [3, 8] strides [-1, -4] : tensor<4x9xf16> -> tensor<4x3xf16>
  // CHECK: te.gather %x, %j axis 1 batch 1 : (tensor<4x9xf16>, tensor<4x3xi32>) -> tensor<4x3xf16>
  %3 = te.gather %x, %j axis 1 batch 1 : (tensor<4x9xf16>, tensor<4x3xi32>) -> tensor<4x3xf16>
  // CHECK: te.gather %x, %i axis 1 from_end : (tensor<4x9xf16>, tensor<2x3xi32>) -> tensor<4x2x3xf16>
  %4 = te.gather %x, %i axis 1 from_end : (tensor<4x9xf16>, tensor<2x3xi32>) -> tensor<4x2x3xf16>
  // CHECK: te.depth_to_space %z axis 1 blocks [2, 1] : tensor<4x8xf16> -> tensor<8x4xf16>
  %5 = te.depth_to_space %z axis 1 blocks [2, 1] : tensor<4x8xf16> -> tensor<8x4xf16>
  // CHECK: te.depth_to_space %z axis -1 blocks [2, 1] inner : tensor<4x8xf16> -> tensor<8x4xf16>
  %6 = te.depth_to_space %z axis -1 blocks [2, 1] inner : tensor<4x8xf16> -> tensor<8x4xf16>
  func.return
}
