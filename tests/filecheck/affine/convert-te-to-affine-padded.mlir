// RUN: not akg-opt %s -p 'convert-te-to-affine' 2>&1 | filecheck %s

// CHECK: te.conv2d at {{.*}}: reads beyond the image
// CHECK-NEXT: help: run te-decompose first
func.func private @k(%x: tensor<1x4x7x7xf32>, %w: tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32> attributes {npu.kernel} {
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x4x7x7xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  func.return %y : tensor<1x6x7x7xf32>
}
