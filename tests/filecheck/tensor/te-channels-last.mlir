// RUN: akg-opt %s -p 'te-decompose,te-channels-last' | filecheck %s

// Image and weights are transposed, the pads and the bias come after that; so does the next layer,
// whose windows are single points.
// CHECK-LABEL: func.func @layers
// CHECK-NEXT:    [[X:%.*]] = te.transpose %x perm [0, 2, 3, 1] : tensor<1x16x14x14xf32> -> tensor<1x14x14x16xf32>
// CHECK-NEXT:    [[P:%.*]] = te.pad [[X]] value 0.000000e+00 : f32 low [0, 1, 1, 0] high [0, 1, 1, 0]
// CHECK-NEXT:    [[V:%.*]] = te.transpose %v perm [2, 3, 1, 0] : tensor<32x16x3x3xf32> -> tensor<3x3x16x32xf32>
// CHECK-NEXT:    [[C:%.*]] = te.compute reduce add [[P]], [[V]] bounds [1, 7, 7, 32, 3, 3, 16] maps [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, ((d1 * 2) + d4), ((d2 * 2) + d5), d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>] : (tensor<1x16x16x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x7x7x32xf32> {
// CHECK:         [[L:%.*]] = te.reshape %b : tensor<32x1x1xf32> -> tensor<1x1x1x32xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.add [[C]], [[L]] : (tensor<1x7x7x32xf32>, tensor<1x1x1x32xf32>) -> tensor<1x7x7x32xf32>
// CHECK-NEXT:    [[W:%.*]] = te.transpose %w perm [2, 3, 1, 0] : tensor<8x32x1x1xf32> -> tensor<1x1x32x8xf32>
// CHECK-NEXT:    [[Z:%.*]] = te.compute reduce add [[Y]], [[W]] bounds [1, 7, 7, 8, 1, 1, 32]
// CHECK:         [[R:%.*]] = te.transpose {{.*}} perm [0, 3, 1, 2] : tensor<1x7x7x8xf32> -> tensor<1x8x7x7xf32>
// CHECK-NEXT:    func.return [[R]]
func.func @layers(%x: tensor<1x16x14x14xf32>, %v: tensor<32x16x3x3xf32>, %b: tensor<32x1x1xf32>, %w: tensor<8x32x1x1xf32>) -> tensor<1x8x7x7xf32> {
  %0 = te.conv2d %x, %v strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x16x14x14xf32>, tensor<32x16x3x3xf32>) -> tensor<1x32x7x7xf32>
  %1 = te.add %0, %b : (tensor<1x32x7x7xf32>, tensor<32x1x1xf32>) -> tensor<1x32x7x7xf32>
  %2 = te.conv2d %1, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x32x7x7xf32>, tensor<8x32x1x1xf32>) -> tensor<1x8x7x7xf32>
  %3 = te.relu %2 : tensor<1x8x7x7xf32>
  func.return %3 : tensor<1x8x7x7xf32>
}

// Groups of one channel: lanes along the channels. The image was transposed
// already.
// CHECK-LABEL: func.func @depthwise
// CHECK-NEXT:    [[W:%.*]] = te.transpose %w perm [2, 3, 1, 0] : tensor<32x1x3x3xf32> -> tensor<3x3x1x32xf32>
// CHECK-NEXT:    [[C:%.*]] = te.compute reduce add %x, [[W]] bounds [2, 5, 5, 32, 3, 3] maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, (d1 + (d4 * 2)), (d2 + (d5 * 2)), d3)>, affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, 0, d3)>] : (tensor<2x9x9x32xf32>, tensor<3x3x1x32xf32>) -> tensor<2x5x5x32xf32> {
// CHECK:         func.return [[C]]
func.func @depthwise(%x: tensor<2x9x9x32xf32>, %w: tensor<32x1x3x3xf32>) -> tensor<2x5x5x32xf32> {
  %0 = te.transpose %x perm [0, 3, 1, 2] : tensor<2x9x9x32xf32> -> tensor<2x32x9x9xf32>
  %1 = te.conv2d %0, %w strides [1, 1] dilations [2, 2] pads [0, 0, 0, 0] groups 32 : (tensor<2x32x9x9xf32>, tensor<32x1x3x3xf32>) -> tensor<2x32x5x5xf32>
  %2 = te.transpose %1 perm [0, 2, 3, 1] : tensor<2x32x5x5xf32> -> tensor<2x5x5x32xf32>
  func.return %2 : tensor<2x5x5x32xf32>
}

// Groups of several channels: the result has a dimension for the group.
// CHECK-LABEL: func.func @groups
// CHECK:         [[C:%.*]] = te.compute reduce add {{.*}} bounds [1, 6, 6, 3, 4, 3, 3, 2] maps [affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, (d1 + d5), (d2 + d6), ((d3 * 2) + d7))>, affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d6, d7, ((d3 * 4) + d4))>] : (tensor<1x8x8x6xf32>, tensor<3x3x2x12xf32>) -> tensor<1x6x6x3x4xf32> {
// CHECK:         te.reshape [[C]] : tensor<1x6x6x3x4xf32> -> tensor<1x6x6x12xf32>
func.func @groups(%x: tensor<1x6x8x8xf32>, %w: tensor<12x2x3x3xf32>) -> tensor<1x12x6x6xf32> {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 3 : (tensor<1x6x8x8xf32>, tensor<12x2x3x3xf32>) -> tensor<1x12x6x6xf32>
  func.return %0 : tensor<1x12x6x6xf32>
}

// Pools, slices, concatenations and reductions follow; what is left of a mean has one order.
// CHECK-LABEL: func.func @branches
// CHECK:         [[P:%.*]] = te.compute reduce max {{.*}} bounds [1, 12, 12, 8, 3, 3] maps [affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, ((d1 * 2) + d4), ((d2 * 2) + d5), d3)>] : (tensor<1x25x25x8xf32>) -> tensor<1x12x12x8xf32> {
// CHECK:         [[S:%.*]] = te.slice [[P]] offsets [0, 1, 0, 0] strides [1, 1, 2, 1] : tensor<1x12x12x8xf32> -> tensor<1x3x2x8xf32>
// CHECK-NEXT:    [[C:%.*]] = te.concat [[S]], [[S]] axis 3 : (tensor<1x3x2x8xf32>, tensor<1x3x2x8xf32>) -> tensor<1x3x2x16xf32>
// CHECK-NEXT:    [[M:%.*]] = te.reduce add [[C]] axes [1, 2] : tensor<1x3x2x16xf32> -> tensor<1x16xf32>
// CHECK-NEXT:    [[R:%.*]] = te.reduce max [[C]] axes [1] : tensor<1x3x2x16xf32> -> tensor<1x2x16xf32>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[R]] perm [0, 2, 1] : tensor<1x2x16xf32> -> tensor<1x16x2xf32>
// CHECK-NEXT:    func.return [[M]], [[T]]
func.func @branches(%x: tensor<1x8x25x25xf32>) -> (tensor<1x16xf32>, tensor<1x16x2xf32>) {
  %0 = te.pool2d max %x kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x8x25x25xf32> -> tensor<1x8x12x12xf32>
  %1 = te.slice %0 offsets [0, 0, 1, 0] strides [1, 1, 1, 2] : tensor<1x8x12x12xf32> -> tensor<1x8x3x2xf32>
  %2 = te.concat %1, %1 axis 1 : (tensor<1x8x3x2xf32>, tensor<1x8x3x2xf32>) -> tensor<1x16x3x2xf32>
  %3 = te.reduce add %2 axes [2, 3] : tensor<1x16x3x2xf32> -> tensor<1x16xf32>
  %4 = te.reduce max %2 axes [2] : tensor<1x16x3x2xf32> -> tensor<1x16x2xf32>
  func.return %3, %4 : tensor<1x16xf32>, tensor<1x16x2xf32>
}

// Pools take whole blocks of channels, of which the image has some more then.
// CHECK-LABEL: func.func @blocks
// CHECK-NEXT:    [[B:%.*]] = te.pad %x value 0.000000e+00 : f32 low [0, 0, 0, 0] high [0, 4, 0, 0] : tensor<1x20x28x28xf32> -> tensor<1x24x28x28xf32>
// CHECK-NEXT:    [[X:%.*]] = te.transpose [[B]] perm [0, 2, 3, 1]
// CHECK-NEXT:    [[P:%.*]] = te.compute reduce max [[X]] bounds [1, 14, 14, 24, 2, 2]
// CHECK:         [[T:%.*]] = te.transpose [[P]] perm [0, 3, 1, 2]
// CHECK-NEXT:    [[R:%.*]] = te.slice [[T]] offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<1x24x14x14xf32> -> tensor<1x20x14x14xf32>
// CHECK-NEXT:    func.return [[R]]
func.func @blocks(%x: tensor<1x20x28x28xf32>) -> tensor<1x20x14x14xf32> {
  %0 = te.pool2d max %x kernel [2, 2] strides [2, 2] dilations [1, 1] : tensor<1x20x28x28xf32> -> tensor<1x20x14x14xf32>
  func.return %0 : tensor<1x20x14x14xf32>
}

// For the cube, with what acts on its blocks of channels; rows of points that fill blocks; a product of whole images.
// CHECK-LABEL: func.func @others
// CHECK:         te.conv2d
// CHECK:         te.pool2d max
// CHECK-COUNT-2: te.conv2d
// CHECK-NOT:     te.transpose
func.func @others(%x: tensor<1x16x14x14xf16>, %w: tensor<32x16x3x3xf16>, %y: tensor<1x16x8x8xf32>, %v: tensor<32x16x1x1xf32>, %u: tensor<32x16x8x8xf32>) -> (tensor<1x32x7x7xf16>, tensor<1x32x8x8xf32>, tensor<1x32x1x1xf32>) {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x16x14x14xf16>, tensor<32x16x3x3xf16>) -> tensor<1x32x14x14xf16>
  %p = te.pool2d max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] : tensor<1x32x14x14xf16> -> tensor<1x32x7x7xf16>
  %1 = te.conv2d %y, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x8x8xf32>, tensor<32x16x1x1xf32>) -> tensor<1x32x8x8xf32>
  %2 = te.conv2d %y, %u strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x8x8xf32>, tensor<32x16x8x8xf32>) -> tensor<1x32x1x1xf32>
  func.return %p, %1, %2 : tensor<1x32x7x7xf16>, tensor<1x32x8x8xf32>, tensor<1x32x1x1xf32>
}

// An image of few channels stays as it is: its elements are factors of whole lanes anyway.
// CHECK-LABEL: func.func @few
// CHECK-NEXT:    [[W:%.*]] = te.transpose %w perm [2, 3, 1, 0]
// CHECK-NEXT:    te.compute reduce add %x, [[W]] bounds [1, 6, 6, 8, 3, 3, 3] maps [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d6, (d1 + d4), (d2 + d5))>, {{.*}}] : (tensor<1x3x8x8xf32>, tensor<3x3x3x8xf32>) -> tensor<1x6x6x8xf32> {
func.func @few(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>) -> tensor<1x8x6x6xf32> {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return %0 : tensor<1x8x6x6xf32>
}

// Many points with few columns are a product, which te-turn-products turns.
// CHECK-LABEL: func.func @narrow
// CHECK:         [[P:%.*]] = te.compute reduce add
// CHECK:         [[X:%.*]] = te.reshape [[P]] : tensor<1x40x40x32xf32> -> tensor<1600x32xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.matmul [[X]], {{.*}} : (tensor<1600x32xf32>, tensor<32x16xf32>) -> tensor<1600x16xf32>
// CHECK-NEXT:    te.reshape [[Y]] : tensor<1600x16xf32> -> tensor<1x40x40x16xf32>
func.func @narrow(%x: tensor<1x32x42x42xf32>, %v: tensor<32x1x3x3xf32>, %w: tensor<16x32x1x1xf32>) -> tensor<1x16x40x40xf32> {
  %0 = te.conv2d %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 32 : (tensor<1x32x42x42xf32>, tensor<32x1x3x3xf32>) -> tensor<1x32x40x40xf32>
  %1 = te.conv2d %0, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x32x40x40xf32>, tensor<16x32x1x1xf32>) -> tensor<1x16x40x40xf32>
  func.return %1 : tensor<1x16x40x40xf32>
}

// The points of an image with dimensions of size 1 in between, as linalg's poolings have them.
// CHECK-LABEL: func.func @points
// CHECK:         [[P:%.*]] = te.compute reduce max
// CHECK:         [[M:%.*]] = te.reduce add [[P]] axes [1, 2] : tensor<1x12x12x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:    [[R:%.*]] = te.reshape [[M]] : tensor<1x8xf32> -> tensor<1x8x1x1x1x1xf32>
// CHECK-NEXT:    func.return [[R]]
func.func @points(%x: tensor<1x8x25x25xf32>) -> tensor<1x8x1x1x1x1xf32> {
  %0 = te.pool2d max %x kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x8x25x25xf32> -> tensor<1x8x12x12xf32>
  %1 = te.reshape %0 : tensor<1x8x12x12xf32> -> tensor<1x8x1x1x12x12xf32>
  %2 = te.reduce add %1 axes [4, 5] keepdims : tensor<1x8x1x1x12x12xf32> -> tensor<1x8x1x1x1x1xf32>
  func.return %2 : tensor<1x8x1x1x1x1xf32>
}

// Parts of channels that fill blocks move as rows; of others the columns are interleaved.
// CHECK-LABEL: func.func @places
// CHECK:         [[P:%.*]] = te.compute reduce max
// CHECK:         [[D:%.*]] = te.depth_to_space [[P]] axis 3 blocks [1, 2, 2, 1] : tensor<1x12x12x32xf32> -> tensor<1x24x24x8xf32>
// CHECK:         [[A:%.*]] = te.reshape %y : tensor<1x8x4x4xf32> -> tensor<1x2x4x4x4xf32>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[A]] perm [0, 2, 3, 4, 1] : tensor<1x2x4x4x4xf32> -> tensor<1x4x4x4x2xf32>
// CHECK-NEXT:    te.reshape [[T]] : tensor<1x4x4x4x2xf32> -> tensor<1x4x4x8xf32>
func.func @places(%x: tensor<1x32x25x25xf32>, %y: tensor<1x8x4x4xf32>) -> (tensor<1x8x24x24xf32>, tensor<1x4x4x8xf32>) {
  %0 = te.pool2d max %x kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x32x25x25xf32> -> tensor<1x32x12x12xf32>
  %1 = te.depth_to_space %0 axis 1 blocks [1, 1, 2, 2] : tensor<1x32x12x12xf32> -> tensor<1x8x24x24xf32>
  %2 = te.depth_to_space %y axis 1 blocks [1, 1, 1, 2] : tensor<1x8x4x4xf32> -> tensor<1x4x4x8xf32>
  func.return %1, %2 : tensor<1x8x24x24xf32>, tensor<1x4x4x8xf32>
}
