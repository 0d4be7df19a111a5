// RUN: akg-opt %s -p 'te-propagate-layout' | filecheck %s

// Between the contractions everything stays packed, the bias as rows of fractals.
// CHECK-LABEL: func.func @chain
// CHECK-DAG:     [[X:%.*]] = te.pack %x nz : tensor<32x64xf16> -> tensor<4x2x16x16xf16>
// CHECK-DAG:     [[W:%.*]] = te.pack %w zn : tensor<64x48xf16> -> tensor<4x3x16x16xf16>
// CHECK:         [[P:%.*]] = te.fractal_matmul [[X]], [[W]] m 32 k 64 n 48
// CHECK-NEXT:    [[C:%.*]] = te.cast [[P]] : tensor<3x2x16x16xf32> -> tensor<3x2x16x16xf16>
// CHECK-NEXT:    [[B:%.*]] = te.reshape %bias : tensor<48xf16> -> tensor<3x1x1x16xf16>
// CHECK-NEXT:    [[S:%.*]] = te.add [[C]], [[B]] : (tensor<3x2x16x16xf16>, tensor<3x1x1x16xf16>) -> tensor<3x2x16x16xf16>
// CHECK-NEXT:    [[V:%.*]] = te.pack %v nz : tensor<16x48xf16> -> tensor<3x1x16x16xf16>
// CHECK-NEXT:    [[Q:%.*]] = te.fractal_matmul [[S]], [[V]] m 32 k 48 n 16
// CHECK-NEXT:    %d = te.unpack [[Q]] nz : tensor<1x2x16x16xf32> -> tensor<32x16xf32>
// CHECK-NEXT:    func.return %d
func.func @chain(%x: tensor<32x64xf16>, %w: tensor<64x48xf16>, %bias: tensor<48xf16>, %v: tensor<16x48xf16>) -> tensor<32x16xf32> {
  %a = te.matmul %x, %w : (tensor<32x64xf16>, tensor<64x48xf16>) -> tensor<32x48xf32>
  %b = te.cast %a : tensor<32x48xf32> -> tensor<32x48xf16>
  %c = te.add %b, %bias : (tensor<32x48xf16>, tensor<48xf16>) -> tensor<32x48xf16>
  %d = te.matmul %c, %v transpose_b : (tensor<32x48xf16>, tensor<16x48xf16>) -> tensor<32x16xf32>
  func.return %d : tensor<32x16xf32>
}

// exp makes ones of the zeros that pad 40 columns to 48: packed again, since they would be summed.
// relu keeps them.
// CHECK-LABEL: func.func @padding
// CHECK:         [[P:%.*]] = te.fractal_matmul {{.*}} m 20 k 40 n 40
// CHECK:         [[C:%.*]] = te.cast [[P]]
// CHECK:         [[E:%.*]] = te.exp [[C]]
// CHECK:         [[U:%.*]] = te.unpack [[E]] nz : tensor<3x2x16x16xf16> -> tensor<20x40xf16>
// CHECK:         [[R:%.*]] = te.relu [[C]]
// CHECK:         [[Z:%.*]] = te.pad [[U]] value 0.000000e+00 : f16 low [0, 0] high [12, 8]
// CHECK:         [[F:%.*]] = te.pack [[Z]] nz
// CHECK:         te.fractal_matmul [[F]],
// CHECK:         te.fractal_matmul [[R]],
func.func @padding(%x: tensor<20x40xf16>, %w: tensor<40x40xf16>) -> (tensor<20x40xf32>, tensor<20x40xf32>) {
  %a = te.matmul %x, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  %b = te.cast %a : tensor<20x40xf32> -> tensor<20x40xf16>
  %c = te.exp %b : tensor<20x40xf16>
  %d = te.relu %b : tensor<20x40xf16>
  %e = te.matmul %c, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  %f = te.matmul %d, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  func.return %e, %f : tensor<20x40xf32>, tensor<20x40xf32>
}

// A transposition of an operand is packed away; f32 operands are the vector unit's.
// CHECK-LABEL: func.func @operands
// CHECK:         te.pack %x zn : tensor<64x32xf16> -> tensor<4x2x16x16xf16>
// CHECK:         te.matmul %y, %y :
func.func @operands(%x: tensor<64x32xf16>, %w: tensor<64x16xf16>, %y: tensor<4x4xf32>) -> (tensor<32x16xf32>, tensor<4x4xf32>) {
  %t = te.transpose %x perm [1, 0] : tensor<64x32xf16> -> tensor<32x64xf16>
  %a = te.matmul %t, %w : (tensor<32x64xf16>, tensor<64x16xf16>) -> tensor<32x16xf32>
  %b = te.matmul %y, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return %a, %b : tensor<32x16xf32>, tensor<4x4xf32>
}

// i8 has 32 columns in a fractal, so what was made as a result is packed again as an operand.
// CHECK-LABEL: func.func @bytes
// CHECK:         te.pack {{.*}} nz : tensor<32x64xi8> -> tensor<2x2x16x32xi8>
// CHECK:         te.pack {{.*}} zn : tensor<64x48xi8> -> tensor<2x3x16x32xi8>
// CHECK:         te.fractal_matmul {{.*}} -> tensor<3x2x16x16xi32>
// CHECK:         [[U:%.*]] = te.unpack {{.*}} -> tensor<20x40xi32>
// CHECK:         [[C:%.*]] = te.cast [[U]]
// CHECK:         te.pad [[C]] value 0 : i8 low [0, 0] high [12, 24]
func.func @bytes(%x: tensor<20x40xi8>, %w: tensor<40x40xi8>) -> tensor<20x40xi32> {
  %a = te.matmul %x, %w : (tensor<20x40xi8>, tensor<40x40xi8>) -> tensor<20x40xi32>
  %b = te.cast %a : tensor<20x40xi32> -> tensor<20x40xi8>
  %c = te.matmul %b, %w : (tensor<20x40xi8>, tensor<40x40xi8>) -> tensor<20x40xi32>
  func.return %c : tensor<20x40xi32>
}

// Pools, pads and slices of whole blocks act on packed images; so do factors computed for each
// channel. Padding channels need only hold numbers: the packed weights have zeros against them.
// CHECK-LABEL: func.func @images
// CHECK:         [[P:%.*]] = te.fractal_conv2d {{.*}} -> tensor<1x2x9x9x16xf32>
// CHECK:         [[V:%.*]] = te.add {{.*}} : (tensor<2x1x1x16xf32>, tensor<f32>) -> tensor<2x1x1x16xf32>
// CHECK-NEXT:    [[S:%.*]] = te.sqrt [[V]] : tensor<2x1x1x16xf32>
// CHECK-NEXT:    [[M:%.*]] = te.mul [[P]], [[S]]
// CHECK-NEXT:    [[C:%.*]] = te.cast [[M]]
// CHECK-NEXT:    [[A:%.*]] = te.pad [[C]] value 0xfc00 : f16 low [0, 0, 1, 1, 0] high [0, 0, 1, 1, 0] : tensor<1x2x9x9x16xf16> -> tensor<1x2x11x11x16xf16>
// CHECK-NEXT:    [[Q:%.*]] = te.pool2d max [[A]] kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x2x11x11x16xf16> -> tensor<1x2x5x5x16xf16>
// CHECK-NEXT:    [[E:%.*]] = te.exp [[Q]]
// CHECK-NEXT:    [[L:%.*]] = te.slice [[E]] offsets [0, 1, 0, 0, 0] strides [1, 1, 1, 1, 1] : tensor<1x2x5x5x16xf16> -> tensor<1x1x5x5x16xf16>
// CHECK:         te.fractal_conv2d [[L]], {{.*}} channels 5 outputs 7
func.func @images(%x: tensor<1x16x9x9xf16>, %w: tensor<21x16x3x3xf16>, %v: tensor<21x1x1xf32>, %u: tensor<7x5x1x1xf16>) -> tensor<1x7x5x5xf32> {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x16x9x9xf16>, tensor<21x16x3x3xf16>) -> tensor<1x21x9x9xf32>
  %e = te.constant dense<1.0> : tensor<f32>
  %b = te.add %v, %e : (tensor<21x1x1xf32>, tensor<f32>) -> tensor<21x1x1xf32>
  %c = te.sqrt %b : tensor<21x1x1xf32>
  %d = te.mul %a, %c : (tensor<1x21x9x9xf32>, tensor<21x1x1xf32>) -> tensor<1x21x9x9xf32>
  %f = te.cast %d : tensor<1x21x9x9xf32> -> tensor<1x21x9x9xf16>
  %g = te.pad %f value 0xfc00 : f16 low [0, 0, 1, 1] high [0, 0, 1, 1] : tensor<1x21x9x9xf16> -> tensor<1x21x11x11xf16>
  %h = te.pool2d max %g kernel [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x21x11x11xf16> -> tensor<1x21x5x5xf16>
  %i = te.exp %h : tensor<1x21x5x5xf16>
  %j = te.slice %i offsets [0, 16, 0, 0] strides [1, 1, 1, 1] : tensor<1x21x5x5xf16> -> tensor<1x5x5x5xf16>
  %k = te.conv2d %j, %u strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x5x5x5xf16>, tensor<7x5x1x1xf16>) -> tensor<1x7x5x5xf32>
  func.return %k : tensor<1x7x5x5xf32>
}

// Parts of whole blocks are concatenated packed, others are not; the mean of each channel is taken
// packed, the widening cast in front of it, too.
// CHECK-LABEL: func.func @blocks
// CHECK:         [[P:%.*]] = te.fractal_conv2d {{.*}} -> tensor<1x1x4x4x16xf32>
// CHECK:         [[C:%.*]] = te.cast [[P]]
// CHECK:         [[Q:%.*]] = te.concat [[C]], [[C]] axis 1 : (tensor<1x1x4x4x16xf16>, tensor<1x1x4x4x16xf16>) -> tensor<1x2x4x4x16xf16>
// CHECK:         [[D:%.*]] = te.cast [[Q]] : tensor<1x2x4x4x16xf16> -> tensor<1x2x4x4x16xf32>
// CHECK:         [[S:%.*]] = te.reduce add [[D]] axes [2, 3] keepdims : tensor<1x2x4x4x16xf32> -> tensor<1x2x1x1x16xf32>
// CHECK:         [[U:%.*]] = te.unpack [[S]] nc1hwc0 : tensor<1x2x1x1x16xf32> -> tensor<1x32x1x1xf32>
// CHECK:         te.reshape [[U]] : tensor<1x32x1x1xf32> -> tensor<1x32xf32>
// CHECK:         te.concat {{.*}} axis 1 : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x16x4x4xf32>
func.func @blocks(%x: tensor<1x16x4x4xf16>, %w: tensor<16x16x1x1xf16>, %v: tensor<8x16x1x1xf16>) -> (tensor<1x32xf32>, tensor<1x16x4x4xf32>) {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x4x4xf16>, tensor<16x16x1x1xf16>) -> tensor<1x16x4x4xf32>
  %b = te.cast %a : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf16>
  %c = te.concat %b, %b axis 1 : (tensor<1x16x4x4xf16>, tensor<1x16x4x4xf16>) -> tensor<1x32x4x4xf16>
  %d = te.cast %c : tensor<1x32x4x4xf16> -> tensor<1x32x4x4xf32>
  %e = te.reduce add %d axes [2, 3] : tensor<1x32x4x4xf32> -> tensor<1x32xf32>
  %f = te.conv2d %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x4x4xf16>, tensor<8x16x1x1xf16>) -> tensor<1x8x4x4xf32>
  %g = te.concat %f, %f axis 1 : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x16x4x4xf32>
  func.return %e, %g : tensor<1x32xf32>, tensor<1x16x4x4xf32>
}

// A matrix of four dimensions is no image: reduced are its columns.

// CHECK-LABEL: func.func @largest_of_rows
func.func @largest_of_rows(%a: tensor<2x3x4x24xf16>, %b: tensor<2x3x24x24xf16>) -> tensor<2x3x4x1xf32> {
  // CHECK: [[p:%.*]] = te.unpack {{.*}} -> tensor<2x3x4x24xf32>
  // CHECK: te.reduce max [[p]] {{.*}} -> tensor<2x3x4x1xf32>
  %p = te.batch_matmul %a, %b : (tensor<2x3x4x24xf16>, tensor<2x3x24x24xf16>) -> tensor<2x3x4x24xf32>
  %m = te.reduce max %p axes [3] keepdims : tensor<2x3x4x24xf32> -> tensor<2x3x4x1xf32>
  func.return %m : tensor<2x3x4x1xf32>
}

// A depthwise convolution of given weights sums the lanes of a packed image; two of its three blocks
// have 16 channels, the last one padding, for which weights are zero.
// CHECK-LABEL: func.func @depthwise
// CHECK:         [[P:%.*]] = te.fractal_conv2d {{.*}} -> tensor<1x3x6x6x16xf32>
// CHECK:         [[W:%.*]] = te.transpose {{.*}} perm [0, 2, 3, 1] : tensor<3x16x3x3xf32> -> tensor<3x3x3x16xf32>
// CHECK:         [[Y:%.*]] = te.compute reduce add [[P]], [[W]] bounds [1, 3, 4, 4, 16, 3, 3] maps [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, (d2 + d5), (d3 + d6), d4)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d5, d6, d4)>]
// CHECK:         [[C:%.*]] = te.cast [[Y]]
// CHECK:         te.fractal_conv2d [[C]],
func.func @depthwise(%x: tensor<1x16x6x6xf16>, %w: tensor<37x16x1x1xf16>, %d: tensor<37x1x3x3xf32> {te.resource = "d"}, %v: tensor<7x37x1x1xf16>) -> tensor<1x7x4x4xf32> {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x6x6xf16>, tensor<37x16x1x1xf16>) -> tensor<1x37x6x6xf32>
  %b = te.conv2d %a, %d strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 37 : (tensor<1x37x6x6xf32>, tensor<37x1x3x3xf32>) -> tensor<1x37x4x4xf32>
  %c = te.cast %b : tensor<1x37x4x4xf32> -> tensor<1x37x4x4xf16>
  %y = te.conv2d %c, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x37x4x4xf16>, tensor<7x37x1x1xf16>) -> tensor<1x7x4x4xf32>
  func.return %y : tensor<1x7x4x4xf32>
}

// Bytes between convolutions stay packed; those that leave are made of numbers that are unpacked.
// CHECK-LABEL: func.func @bytes_of_images
// CHECK:         [[A:%.*]] = te.cast {{.*}} : tensor<1x2x4x4x16xf32> -> tensor<1x2x4x4x16xf16>
// CHECK:         [[U:%.*]] = te.unpack [[A]] nc1hwc0
// CHECK:         [[B:%.*]] = te.cast [[A]] : tensor<1x2x4x4x16xf16> -> tensor<1x2x4x4x16xui8>
// CHECK:         [[R:%.*]] = te.cast [[U]] : tensor<1x32x4x4xf16> -> tensor<1x32x4x4xui8>
// CHECK:         [[C:%.*]] = te.cast [[B]] : tensor<1x2x4x4x16xui8> -> tensor<1x2x4x4x16xf16>
// CHECK:         te.fractal_conv2d [[C]],
// CHECK:         return [[R]],
func.func @bytes_of_images(%x: tensor<1x16x4x4xf16>, %w: tensor<32x16x1x1xf16>, %v: tensor<8x32x1x1xf16>) -> (tensor<1x32x4x4xui8>, tensor<1x8x4x4xf32>) {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x4x4xf16>, tensor<32x16x1x1xf16>) -> tensor<1x32x4x4xf32>
  %b = te.cast %a : tensor<1x32x4x4xf32> -> tensor<1x32x4x4xf16>
  %q = te.cast %b : tensor<1x32x4x4xf16> -> tensor<1x32x4x4xui8>
  %c = te.cast %q : tensor<1x32x4x4xui8> -> tensor<1x32x4x4xf16>
  %y = te.conv2d %c, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x32x4x4xf16>, tensor<8x32x1x1xf16>) -> tensor<1x8x4x4xf32>
  func.return %q, %y : tensor<1x32x4x4xui8>, tensor<1x8x4x4xf32>
}

// So do matrices, where bytes are the left factor of the next product.
// CHECK-LABEL: func.func @bytes_of_matrices
// CHECK:         [[B:%.*]] = te.cast {{.*}} : tensor<2x2x16x16xf16> -> tensor<2x2x16x16xui8>
// CHECK:         [[C:%.*]] = te.cast [[B]] : tensor<2x2x16x16xui8> -> tensor<2x2x16x16xf16>
// CHECK:         te.fractal_matmul [[C]],
func.func @bytes_of_matrices(%x: tensor<32x32xf16>, %w: tensor<32x32xf16>) -> tensor<32x32xf32> {
  %a = te.matmul %x, %w : (tensor<32x32xf16>, tensor<32x32xf16>) -> tensor<32x32xf32>
  %b = te.cast %a : tensor<32x32xf32> -> tensor<32x32xf16>
  %q = te.cast %b : tensor<32x32xf16> -> tensor<32x32xui8>
  %c = te.cast %q : tensor<32x32xui8> -> tensor<32x32xf16>
  %y = te.matmul %c, %w : (tensor<32x32xf16>, tensor<32x32xf16>) -> tensor<32x32xf32>
  func.return %y : tensor<32x32xf32>
}

// Rows of windows on few channels become channels: of three rows none is left, of seven two, which
// the host's weights follow. What moves by whole strides leaves the rows between them behind.
// CHECK-LABEL: func.func @rows
// CHECK:         [[P:%.*]] = te.pad %x {{.*}} low [0, 0, 1, 0] high [0, 0, 0, 0] : tensor<1x2x8x16xf16> -> tensor<1x2x9x16xf16>
// CHECK-NEXT:    te.slice [[P]] offsets [0, 0, 0, 0] strides [1, 1, 2, 1] : tensor<1x2x9x16xf16> -> tensor<1x1x4x16xf16>
// CHECK:         te.slice [[P]] offsets [0, 1, 2, 0] strides [1, 1, 2, 1] : tensor<1x2x9x16xf16> -> tensor<1x1x4x16xf16>
// CHECK-NEXT:    te.concat {{.*}} axis 1 : {{.*}} -> tensor<1x6x4x16xf16>
// CHECK-NEXT:    te.reshape %w : tensor<16x2x3x3xf16> -> tensor<16x6x1x3xf16>
// CHECK:         te.fractal_conv2d {{.*}} strides [1, 2] dilations [1, 1] pads [0, 1, 0, 1] channels 6 outputs 16
// CHECK:         te.slice {{.*}} offsets [0, 1, 3, 0] strides [1, 1, 4, 1] : tensor<16x3x8x7xf16> -> tensor<16x1x2x7xf16>
// CHECK:         te.fractal_conv2d {{.*}} strides [1, 2] dilations [2, 1] pads [0, 3, 0, 3] channels 12 outputs 16
func.func @rows(%x: tensor<1x2x8x16xf16>, %w: tensor<16x2x3x3xf16>, %z: tensor<1x3x16x16xf16>, %v: tensor<16x3x7x7xf16>) -> (tensor<1x16x4x8xf32>, tensor<1x16x8x8xf32>) {
  %a = te.conv2d %x, %w strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : (tensor<1x2x8x16xf16>, tensor<16x2x3x3xf16>) -> tensor<1x16x4x8xf32>
  %b = te.conv2d %z, %v strides [2, 2] dilations [1, 1] pads [3, 3, 3, 3] groups 1 : (tensor<1x3x16x16xf16>, tensor<16x3x7x7xf16>) -> tensor<1x16x8x8xf32>
  func.return %a, %b : tensor<1x16x4x8xf32>, tensor<1x16x8x8xf32>
}

// Rows that end inside a block, and channels that fill it, stay as they are.
// CHECK-LABEL: func.func @whole
// CHECK:         te.fractal_conv2d {{.*}} channels 3 outputs 16
// CHECK:         te.fractal_conv2d {{.*}} channels 8 outputs 16
func.func @whole(%x: tensor<1x3x8x14xf16>, %w: tensor<16x3x3x3xf16>, %z: tensor<1x8x8x16xf16>, %v: tensor<16x8x3x3xf16>) -> (tensor<1x16x6x12xf32>, tensor<1x16x6x14xf32>) {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x3x8x14xf16>, tensor<16x3x3x3xf16>) -> tensor<1x16x6x12xf32>
  %b = te.conv2d %z, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x8x8x16xf16>, tensor<16x8x3x3xf16>) -> tensor<1x16x6x14xf32>
  func.return %a, %b : tensor<1x16x6x12xf32>, tensor<1x16x6x14xf32>
}

// Parts of whole blocks of channels become places of a packed image, lanes stay.
// CHECK-LABEL: func.func @places
// CHECK:         [[P:%.*]] = te.fractal_conv2d {{.*}} -> tensor<1x4x5x5x16xf32>
// CHECK:         [[D:%.*]] = te.depth_to_space [[P]] axis 1 blocks [1, 1, 2, 2, 1] : tensor<1x4x5x5x16xf32> -> tensor<1x1x10x10x16xf32>
// CHECK:         te.unpack [[D]] nc1hwc0 : tensor<1x1x10x10x16xf32> -> tensor<1x16x10x10xf32>
func.func @places(%x: tensor<1x16x5x5xf16>, %w: tensor<64x16x1x1xf16>) -> tensor<1x16x10x10xf32> {
  %0 = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x5x5xf16>, tensor<64x16x1x1xf16>) -> tensor<1x64x5x5xf32>
  %1 = te.depth_to_space %0 axis 1 blocks [1, 1, 2, 2] : tensor<1x64x5x5xf32> -> tensor<1x16x10x10xf32>
  func.return %1 : tensor<1x16x10x10xf32>
}

// What is put together with a packed image for a convolution alone is packed by itself.
// CHECK-LABEL: func.func @skipped
// CHECK:         [[P:%.*]] = te.cast {{.*}} -> tensor<1x1x4x4x16xf16>
// CHECK:         [[K:%.*]] = te.pack %k nc1hwc0 : tensor<1x16x4x4xf16> -> tensor<1x1x4x4x16xf16>
// CHECK:         [[C:%.*]] = te.concat [[P]], [[K]] axis 1 : {{.*}} -> tensor<1x2x4x4x16xf16>
// CHECK:         te.fractal_conv2d [[C]],
func.func @skipped(%x: tensor<1x16x4x4xf16>, %w: tensor<16x16x1x1xf16>, %k: tensor<1x16x4x4xf16>, %v: tensor<8x32x1x1xf16>) -> tensor<1x8x4x4xf32> {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x16x4x4xf16>, tensor<16x16x1x1xf16>) -> tensor<1x16x4x4xf32>
  %b = te.cast %a : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf16>
  %c = te.concat %b, %k axis 1 : (tensor<1x16x4x4xf16>, tensor<1x16x4x4xf16>) -> tensor<1x32x4x4xf16>
  %y = te.conv2d %c, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : (tensor<1x32x4x4xf16>, tensor<8x32x1x1xf16>) -> tensor<1x8x4x4xf32>
  func.return %y : tensor<1x8x4x4xf32>
}

// Four fractals of results leave most cores idle: these multiply parts of k, which are views of the
// packed factors. A short k is not worth a kernel that adds them up, nor is one of many results.
// CHECK-LABEL: func.func @parts
// CHECK:         [[A:%.*]] = te.pack %x nz : tensor<32x2048xf16> -> tensor<128x2x16x16xf16>
// CHECK:         [[B:%.*]] = te.pack %y zn
// CHECK-NEXT:    [[C:%.*]] = te.reshape [[A]] : tensor<128x2x16x16xf16> -> tensor<8x16x2x16x16xf16>
// CHECK-NEXT:    [[D:%.*]] = te.reshape [[B]]
// CHECK-NEXT:    [[P:%.*]] = te.fractal_matmul [[C]], [[D]] m 32 k 256 n 32 {te.partial} : {{.*}} -> tensor<8x2x2x16x16xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reduce add [[P]] axes [0] : tensor<8x2x2x16x16xf32> -> tensor<2x2x16x16xf32>
// CHECK-NEXT:    te.unpack [[S]]
// CHECK:         te.fractal_matmul {{.*}} m 32 k 512 n 32 :
// CHECK:         te.fractal_matmul {{.*}} m 512 k 2048 n 512 :
func.func @parts(%x: tensor<32x2048xf16>, %y: tensor<2048x32xf16>, %a: tensor<32x512xf16>, %b: tensor<512x32xf16>, %c: tensor<512x2048xf16>, %d: tensor<2048x512xf16>) -> (tensor<32x32xf32>, tensor<32x32xf32>, tensor<512x512xf32>) {
  %0 = te.matmul %x, %y : (tensor<32x2048xf16>, tensor<2048x32xf16>) -> tensor<32x32xf32>
  %1 = te.matmul %a, %b : (tensor<32x512xf16>, tensor<512x32xf16>) -> tensor<32x32xf32>
  %2 = te.matmul %c, %d : (tensor<512x2048xf16>, tensor<2048x512xf16>) -> tensor<512x512xf32>
  func.return %0, %1, %2 : tensor<32x32xf32>, tensor<32x32xf32>, tensor<512x512xf32>
}
