// RUN: akg-opt %s -p te-decompose | filecheck %s

// Padding becomes an op of its own, the accumulator visible: groups are multiplied in it.
// CHECK-LABEL: func.func @conv
// CHECK-NEXT:    [[X:%.*]] = te.cast %x : tensor<1x4x8x9xf16> -> tensor<1x4x8x9xf32>
// CHECK-NEXT:    [[W:%.*]] = te.cast %w {te.widened} : tensor<6x2x3x3xf16> -> tensor<6x2x3x3xf32>
// CHECK-NEXT:    [[P:%.*]] = te.pad [[X]] value 0.000000e+00 : f32 low [0, 0, 1, 2] high [0, 0, 1, 0] : tensor<1x4x8x9xf32> -> tensor<1x4x10x11xf32>
// CHECK-NEXT:    [[C:%.*]] = te.conv2d [[P]], [[W]] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 2 : {{.*}} -> tensor<1x6x8x9xf32>
// CHECK-NEXT:    te.cast [[C]] : tensor<1x6x8x9xf32> -> tensor<1x6x8x9xf16>
func.func @conv(%x: tensor<1x4x8x9xf16>, %w: tensor<6x2x3x3xf16>) -> tensor<1x6x8x9xf16> {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 2, 1, 0] groups 2 : (tensor<1x4x8x9xf16>, tensor<6x2x3x3xf16>) -> tensor<1x6x8x9xf16>
  func.return %y : tensor<1x6x8x9xf16>
}

// CHECK-LABEL: func.func @unpadded
// CHECK-NEXT:    te.conv2d %x, %w
// CHECK-NEXT:    func.return
func.func @unpadded(%x: tensor<1x4x8x9xf32>, %w: tensor<6x4x3x3xf32>) -> tensor<1x6x6x7xf32> {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x4x8x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x7xf32>
  func.return %y : tensor<1x6x6x7xf32>
}

// CHECK-LABEL: func.func @max_pool
// CHECK-NEXT:    [[P:%.*]] = te.pad %x value 0xfc00 : f16 low [0, 0, 1, 0] high [0, 0, 0, 0]
// CHECK-NEXT:    te.pool2d max [[P]] kernel [3, 1] strides [2, 1] dilations [1, 1] : tensor<1x4x9x9xf16> -> tensor<1x4x4x9xf16>
func.func @max_pool(%x: tensor<1x4x8x9xf16>) -> tensor<1x4x4x9xf16> {
  %y = te.max_pool2d %x kernel [3, 1] strides [2, 1] dilations [1, 1] pads [1, 0, 0, 0] : tensor<1x4x8x9xf16> -> tensor<1x4x4x9xf16>
  func.return %y : tensor<1x4x4x9xf16>
}

// Of integers, the least one.
// CHECK-LABEL: func.func @max_pool_integers
// CHECK-NEXT:    te.pad %x value -2147483648 : i32
func.func @max_pool_integers(%x: tensor<1x4x8x9xi32>) -> tensor<1x4x4x9xi32> {
  %y = te.max_pool2d %x kernel [3, 1] strides [2, 1] dilations [1, 1] pads [1, 0, 0, 0] : tensor<1x4x8x9xi32> -> tensor<1x4x4x9xi32>
  func.return %y : tensor<1x4x4x9xi32>
}

// Where padding does not count, windows have different numbers of elements.
// CHECK-LABEL: func.func @avg_pool
// CHECK-NEXT:    [[P:%.*]] = te.pad %x value 0.000000e+00 : f32 low [0, 0, 0, 1] high [0, 0, 0, 1]
// CHECK-NEXT:    [[S:%.*]] = te.pool2d add [[P]] kernel [1, 2]
// CHECK-NEXT:    [[N:%.*]] = te.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00, 1.000000e+00]]> : tensor<1x3xf32>
// CHECK-NEXT:    te.div [[S]], [[N]]
func.func @avg_pool(%x: tensor<1x2x1x2xf32>) -> tensor<1x2x1x3xf32> {
  %y = te.avg_pool2d %x kernel [1, 2] strides [1, 1] dilations [1, 1] pads [0, 1, 0, 1] : tensor<1x2x1x2xf32> -> tensor<1x2x1x3xf32>
  func.return %y : tensor<1x2x1x3xf32>
}

// CHECK-LABEL: func.func @avg_pool_with_pads
// CHECK:         [[S:%.*]] = te.pool2d add
// CHECK-NEXT:    [[H:%.*]] = te.constant dense<5.000000e-01>
// CHECK-NEXT:    te.mul [[S]], [[H]]
func.func @avg_pool_with_pads(%x: tensor<1x2x1x2xf32>) -> tensor<1x2x1x3xf32> {
  %y = te.avg_pool2d %x kernel [1, 2] strides [1, 1] dilations [1, 1] pads [0, 1, 0, 1] count_include_pad : tensor<1x2x1x2xf32> -> tensor<1x2x1x3xf32>
  func.return %y : tensor<1x2x1x3xf32>
}

// Channels are dimension 1: their values get dimensions of size 1 behind.
// CHECK-LABEL: func.func @batch_norm
// CHECK:         te.reshape %s : tensor<4xf32> -> tensor<4x1x1xf32>
// CHECK:         [[D:%.*]] = te.sqrt
// CHECK-NEXT:    [[F:%.*]] = te.div {{.*}}, [[D]] : (tensor<4x1x1xf32>, tensor<4x1x1xf32>)
// CHECK-NEXT:    [[C:%.*]] = te.sub %x
// CHECK-NEXT:    [[M:%.*]] = te.mul [[C]], [[F]]
// CHECK-NEXT:    te.add [[M]]
func.func @batch_norm(%x: tensor<2x4x3x5xf32>, %s: tensor<4xf32>, %m: tensor<4xf32>) -> tensor<2x4x3x5xf32> {
  %y = te.batch_norm %x scale %s bias %s mean %m variance %s epsilon 1.0e-5 : tensor<2x4x3x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  func.return %y : tensor<2x4x3x5xf32>
}

// Nothing to add: no op.
// CHECK-LABEL: func.func @nothing
// CHECK-NEXT:    func.return %x
func.func @nothing(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = te.pad %x value 1.0 : f32 low [0] high [0] : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// Windows that tile an image of few channels are rows of a matrix.
// CHECK-LABEL: func.func @patches
// CHECK-NEXT:    [[A:%.*]] = te.reshape %x : tensor<2x3x32x32xf16> -> tensor<2x3x2x16x2x16xf16>
// CHECK-NEXT:    [[B:%.*]] = te.transpose [[A]] perm [0, 2, 4, 1, 3, 5]
// CHECK-NEXT:    [[L:%.*]] = te.reshape [[B]] : {{.*}} -> tensor<8x768xf16>
// CHECK-NEXT:    [[R:%.*]] = te.reshape %w : tensor<8x3x16x16xf16> -> tensor<8x768xf16>
// CHECK-NEXT:    [[M:%.*]] = te.matmul [[L]], [[R]] transpose_b : {{.*}} -> tensor<8x8xf32>
func.func @patches(%x: tensor<2x3x32x32xf16>, %w: tensor<8x3x16x16xf16>) -> tensor<2x8x2x2xf32> {
  %y = te.conv2d %x, %w strides [16, 16] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<2x3x32x32xf16>, tensor<8x3x16x16xf16>) -> tensor<2x8x2x2xf32>
  func.return %y : tensor<2x8x2x2xf32>
}

// Innermost elements as places: the channels change their order, those of a convolution by its weights.
// CHECK-LABEL: func.func @places
// CHECK:         [[W:%.*]] = te.transpose {{.*}} perm [0, 2, 1, 3] : tensor<1x8x4x144xf32> -> tensor<1x4x8x144xf32>
// CHECK:         [[K:%.*]] = te.reshape [[W]] : tensor<1x4x8x144xf32> -> tensor<32x16x3x3xf32>
// CHECK:         [[C:%.*]] = te.conv2d {{.*}}, [[K]]
// CHECK:         [[B:%.*]] = te.transpose {{.*}} perm [0, 2, 1, 3] : tensor<1x8x4x1xf32> -> tensor<1x4x8x1xf32>
// CHECK:         te.reshape [[B]] : tensor<1x4x8x1xf32> -> tensor<32x1x1xf32>
// CHECK:         te.depth_to_space {{.*}} axis 1 blocks [1, 1, 2, 2] : tensor<1x32x6x6xf32>
// CHECK:         te.transpose {{.*}} perm [0, 2, 1, 3] : tensor<1x8x4x36xf32> -> tensor<1x4x8x36xf32>
// CHECK:         te.depth_to_space {{.*}} axis 1 blocks [1, 1, 2, 2] : tensor<1x32x6x6xf32>
func.func @places(%x: tensor<1x16x8x8xf32>, %w: tensor<32x16x3x3xf32> {te.resource = "w"}, %b: tensor<32x1x1xf32> {te.resource = "b"}, %z: tensor<1x32x6x6xf32>) -> (tensor<1x8x12x12xf32>, tensor<1x8x12x12xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x8x8xf32>, tensor<32x16x3x3xf32>) -> tensor<1x32x6x6xf32>
  %1 = te.add %0, %b : (tensor<1x32x6x6xf32>, tensor<32x1x1xf32>) -> tensor<1x32x6x6xf32>
  %2 = te.depth_to_space %1 axis 1 blocks [1, 1, 2, 2] inner : tensor<1x32x6x6xf32> -> tensor<1x8x12x12xf32>
  %3 = te.depth_to_space %z axis 1 blocks [1, 1, 2, 2] inner : tensor<1x32x6x6xf32> -> tensor<1x8x12x12xf32>
  func.return %2, %3 : tensor<1x8x12x12xf32>, tensor<1x8x12x12xf32>
}
