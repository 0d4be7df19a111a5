// RUN: akg-opt %s -p 'te-apply-precision{precision=mixed}' | filecheck %s
// RUN: akg-opt %s -p 'te-apply-precision' | filecheck %s --check-prefix STRICT

// CHECK-LABEL: func.func @main
// CHECK-NEXT:    [[A:%.*]] = te.cast %a : tensor<4x8xf32> -> tensor<4x8xf16>
// CHECK-NEXT:    [[B:%.*]] = te.cast %b : tensor<6x8xf32> -> tensor<6x8xf16>
// CHECK-NEXT:    %c = te.matmul [[A]], [[B]] transpose_b : (tensor<4x8xf16>, tensor<6x8xf16>) -> tensor<4x6xf32>
// CHECK-NEXT:    func.return %c

// STRICT:      %c = te.matmul %a, %b transpose_b : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
func.func @main(%a: tensor<4x8xf32>, %b: tensor<6x8xf32>) -> tensor<4x6xf32> {
  %c = te.matmul %a, %b transpose_b : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  func.return %c : tensor<4x6xf32>
}

// A convolution is one, too, also in groups of which blocks of channels hold whole ones; for others
// the cube has none, and who knows the weights?
// CHECK-LABEL: func.func private @convolutions
// CHECK-NEXT:    [[X:%.*]] = te.cast %x : tensor<1x4x8x8xf32> -> tensor<1x4x8x8xf16>
// CHECK-NEXT:    [[W:%.*]] = te.cast %w : tensor<4x4x3x3xf32> -> tensor<4x4x3x3xf16>
// CHECK-NEXT:    %y = te.conv2d [[X]], [[W]] {{.*}} -> tensor<1x4x6x6xf32>
// CHECK-NEXT:    [[X:%.*]] = te.cast %x : tensor<1x4x8x8xf32> -> tensor<1x4x8x8xf16>
// CHECK-NEXT:    [[V:%.*]] = te.cast %v : tensor<4x1x3x3xf32> -> tensor<4x1x3x3xf16>
// CHECK-NEXT:    %z = te.conv2d [[X]], [[V]] {{.*}} groups 4 : {{.*}} -> tensor<1x4x6x6xf32>
// CHECK-NEXT:    %u = te.conv2d %x, %t {{.*}} groups 4 : (tensor<1x4x8x8xf32>, tensor<8x1x3x3xf32>)
// STRICT-LABEL: func.func private @convolutions
// STRICT-NEXT:   %y = te.conv2d %x, %w
func.func private @convolutions(
    %x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>, %v: tensor<4x1x3x3xf32>,
    %t: tensor<8x1x3x3xf32>)
    -> (tensor<1x4x6x6xf32>, tensor<1x4x6x6xf32>, tensor<1x8x6x6xf32>) {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
    : (tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x4x6x6xf32>
  %z = te.conv2d %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 4
    : (tensor<1x4x8x8xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x6x6xf32>
  %u = te.conv2d %x, %t strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 4
    : (tensor<1x4x8x8xf32>, tensor<8x1x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return %y, %z, %u : tensor<1x4x6x6xf32>, tensor<1x4x6x6xf32>, tensor<1x8x6x6xf32>
}

// Of given weights the host makes those of one group, with zeros between groups.
// CHECK-LABEL: func.func private @groups
// CHECK-NEXT:    [[A:%.*]] = te.slice %w offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<6x2x3x3xf32> -> tensor<3x2x3x3xf32>
// CHECK-NEXT:    [[B:%.*]] = te.pad [[A]] value 0.000000e+00 : f32 low [0, 0, 0, 0] high [0, 2, 0, 0]
// CHECK-NEXT:    [[C:%.*]] = te.slice %w offsets [3, 0, 0, 0] strides [1, 1, 1, 1]
// CHECK-NEXT:    [[D:%.*]] = te.pad [[C]] value 0.000000e+00 : f32 low [0, 2, 0, 0] high [0, 0, 0, 0]
// CHECK-NEXT:    [[E:%.*]] = te.concat [[B]], [[D]] axis 0 : {{.*}} -> tensor<6x4x3x3xf32>
// CHECK-NEXT:    [[X:%.*]] = te.cast %x
// CHECK-NEXT:    [[W:%.*]] = te.cast [[E]]
// CHECK-NEXT:    %y = te.conv2d [[X]], [[W]] {{.*}} groups 1 : (tensor<1x4x8x8xf16>, tensor<6x4x3x3xf16>)
// STRICT-LABEL: func.func private @groups
// STRICT-NEXT:   %y = te.conv2d %x, %w {{.*}} groups 2
func.func private @groups(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32> {te.resource = "w"}) -> tensor<1x6x6x6xf32> {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 2
    : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  func.return %y : tensor<1x6x6x6xf32>
}

// With many groups the zeros would take longer than to leave the cube.
// CHECK-LABEL: func.func private @depthwise
// CHECK-NEXT:    %y = te.conv2d %x, %w {{.*}} groups 960
func.func private @depthwise(%x: tensor<1x960x14x14xf32>, %w: tensor<1920x1x3x3xf32> {te.resource = "w"}) -> tensor<1x1920x12x12xf32> {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 960
    : (tensor<1x960x14x14xf32>, tensor<1920x1x3x3xf32>) -> tensor<1x1920x12x12xf32>
  func.return %y : tensor<1x1920x12x12xf32>
}
