// RUN: akg-opt %s -p 'te-collapse-dims' | filecheck %s

// CHECK-LABEL: func.func private @all
// CHECK-NEXT:    te.exp %x : tensor<455xf32>
func.func private @all(%x: tensor<7x13x5xf32>) -> tensor<7x13x5xf32> attributes {npu.kernel} {
  %0 = te.exp %x : tensor<7x13x5xf32>
  func.return %0 : tensor<7x13x5xf32>
}

// The bias keeps the last dimension apart, the reduction both of its own together.
// CHECK-LABEL: func.func private @some
// CHECK-SAME:    (%x: tensor<6x20xf32>, %b: tensor<20xf32>) -> tensor<6x1xf32>
// CHECK-NEXT:    te.add %x, %b : (tensor<6x20xf32>, tensor<20xf32>) -> tensor<6x20xf32>
// CHECK-NEXT:    te.reduce add {{%.*}} axes [1] keepdims : tensor<6x20xf32> -> tensor<6x1xf32>
func.func private @some(%x: tensor<2x3x4x5xf32>, %b: tensor<4x5xf32>) -> tensor<2x3x1x1xf32> attributes {npu.kernel} {
  %0 = te.add %x, %b : (tensor<2x3x4x5xf32>, tensor<4x5xf32>) -> tensor<2x3x4x5xf32>
  %1 = te.reduce add %0 axes [-1, 2] keepdims : tensor<2x3x4x5xf32> -> tensor<2x3x1x1xf32>
  func.return %1 : tensor<2x3x1x1xf32>
}

// CHECK-LABEL: func.func private @moved
// CHECK-NEXT:    te.transpose %x perm [1, 0, 2] : tensor<2x3x20xf32> -> tensor<3x2x20xf32>
func.func private @moved(%x: tensor<2x3x4x5xf32>) -> tensor<3x2x4x5xf32> attributes {npu.kernel} {
  %0 = te.transpose %x perm [1, 0, 2, 3] : tensor<2x3x4x5xf32> -> tensor<3x2x4x5xf32>
  func.return %0 : tensor<3x2x4x5xf32>
}

// CHECK-LABEL: func.func @graph
// CHECK-NEXT:    [[X:%.*]] = te.reshape %x : tensor<7x13x5xf32> -> tensor<455xf32>
// CHECK-NEXT:    [[A:%.*]] = func.call @all([[X]]) : (tensor<455xf32>) -> tensor<455xf32>
// CHECK-NEXT:    [[B:%.*]] = func.call @all([[A]]) : (tensor<455xf32>) -> tensor<455xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.reshape [[B]] : tensor<455xf32> -> tensor<7x13x5xf32>
// CHECK-NEXT:    func.return [[Y]]
func.func @graph(%x: tensor<7x13x5xf32>) -> tensor<7x13x5xf32> {
  %0 = func.call @all(%x) : (tensor<7x13x5xf32>) -> tensor<7x13x5xf32>
  %1 = func.call @all(%0) : (tensor<7x13x5xf32>) -> tensor<7x13x5xf32>
  func.return %1 : tensor<7x13x5xf32>
}

// The bias lacks the rows, also where a dimension of size 1 lies between.
// CHECK-LABEL: func.func private @one_between
// CHECK-SAME:    (%x: tensor<3x5xf32>, %b: tensor<5xf32>) -> tensor<3x5xf32>
func.func private @one_between(%x: tensor<3x1x5xf32>, %b: tensor<5xf32>) -> tensor<3x1x5xf32> attributes {npu.kernel} {
  %0 = te.add %x, %b : (tensor<3x1x5xf32>, tensor<5xf32>) -> tensor<3x1x5xf32>
  func.return %0 : tensor<3x1x5xf32>
}

// Rows that end inside blocks are padded as one, in front of them; whole blocks need not be, nor
// what else the kernel computes.
// CHECK-LABEL: func.func private @padded
// CHECK-NEXT:    te.pad %x value 0.000000e+00 : f16 low [0, 57] high [0, 114] : tensor<64x3249xf16> -> tensor<64x3420xf16>
func.func private @padded(%x: tensor<64x57x57xf16>) -> tensor<64x60x57xf16> attributes {npu.kernel} {
  %0 = te.pad %x value 0.0 : f16 low [0, 1, 0] high [0, 2, 0] : tensor<64x57x57xf16> -> tensor<64x60x57xf16>
  func.return %0 : tensor<64x60x57xf16>
}

// CHECK-LABEL: func.func private @padded_blocks
// CHECK-NEXT:    te.pad %x {{.*}} -> tensor<64x60x64xf16>
func.func private @padded_blocks(%x: tensor<64x57x64xf16>) -> tensor<64x60x64xf16> attributes {npu.kernel} {
  %0 = te.pad %x value 0.0 : f16 low [0, 1, 0] high [0, 2, 0] : tensor<64x57x64xf16> -> tensor<64x60x64xf16>
  func.return %0 : tensor<64x60x64xf16>
}

// CHECK-LABEL: func.func private @padded_and_more
// CHECK-NEXT:    te.pad %x {{.*}} -> tensor<64x60x57xf16>
func.func private @padded_and_more(%x: tensor<64x57x57xf16>) -> tensor<64x60x57xf16> attributes {npu.kernel} {
  %0 = te.pad %x value 0.0 : f16 low [0, 1, 0] high [0, 2, 0] : tensor<64x57x57xf16> -> tensor<64x60x57xf16>
  %1 = te.relu %0 : tensor<64x60x57xf16>
  func.return %1 : tensor<64x60x57xf16>
}
