// RUN: akg-opt %s -p 'te-group-rows' | filecheck %s

// Groups of 16 points are rows of 48 elements, turned to rows of lanes, of which every third one
// belongs to a channel.
// CHECK-LABEL: func.func @apart
// CHECK-NEXT:    [[R:%.*]] = te.reshape %x : tensor<1x64x64x3xf16> -> tensor<256x48xf16>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[R]] perm [1, 0] : tensor<256x48xf16> -> tensor<48x256xf16>
// CHECK-NEXT:    [[C:%.*]] = te.compute [[T]] bounds [3, 256, 16] maps [affine_map<(d0, d1, d2) -> (((d2 * 3) + d0), d1)>] : (tensor<48x256xf16>) -> tensor<3x256x16xf16> {
// CHECK:         te.reshape [[C]] : tensor<3x256x16xf16> -> tensor<1x3x64x64xf16>
func.func @apart(%x: tensor<1x64x64x3xf16>) -> tensor<1x3x64x64xf16> {
  %0 = te.transpose %x perm [0, 3, 1, 2] : tensor<1x64x64x3xf16> -> tensor<1x3x64x64xf16>
  func.return %0 : tensor<1x3x64x64xf16>
}

// CHECK-LABEL: func.func @together
// CHECK-NEXT:    [[R:%.*]] = te.reshape %x : tensor<3x4096xf32> -> tensor<3x256x16xf32>
// CHECK-NEXT:    [[C:%.*]] = te.compute [[R]] bounds [16, 3, 256] maps [affine_map<(d0, d1, d2) -> (d1, d2, d0)>] into affine_map<(d0, d1, d2) -> (((d0 * 3) + d1), d2)> : (tensor<3x256x16xf32>) -> tensor<48x256xf32> {
// CHECK:         [[T:%.*]] = te.transpose [[C]] perm [1, 0] : tensor<48x256xf32> -> tensor<256x48xf32>
// CHECK-NEXT:    te.reshape [[T]] : tensor<256x48xf32> -> tensor<4096x3xf32>
func.func @together(%x: tensor<3x4096xf32>) -> tensor<4096x3xf32> {
  %0 = te.transpose %x perm [1, 0] : tensor<3x4096xf32> -> tensor<4096x3xf32>
  func.return %0 : tensor<4096x3xf32>
}

// Lanes may lie along any other dimension: here rows of the image, 7 groups of 16 in each.
// CHECK-LABEL: func.func @space_to_depth
// CHECK:         te.transpose {{.*}} perm [1, 2, 3, 0] : tensor<336x2x7x32xf16> -> tensor<2x7x32x336xf16>
// CHECK-NEXT:    te.compute {{.*}} bounds [2, 2, 336, 7, 16]
func.func @space_to_depth(%x: tensor<3x112x2x112x2xf16>) -> tensor<2x2x3x112x112xf16> {
  %0 = te.transpose %x perm [2, 4, 0, 1, 3] : tensor<3x112x2x112x2xf16> -> tensor<2x2x3x112x112xf16>
  func.return %0 : tensor<2x2x3x112x112xf16>
}

// Bytes are numbers of f16 in between, in the same kernel where their rows end with blocks.
// CHECK-LABEL: func.func @bytes
// CHECK-NEXT:    te.reshape %x : tensor<4096x3xi8> -> tensor<128x96xi8>
// CHECK-NEXT:    te.cast {{.*}} -> tensor<128x96xf16>
// CHECK:         [[B:%.*]] = te.cast {{.*}} : tensor<3x128x32xf16> -> tensor<3x128x32xi8>
// CHECK-NEXT:    te.reshape [[B]]
func.func @bytes(%x: tensor<4096x3xi8>) -> tensor<3x4096xi8> {
  %0 = te.transpose %x perm [1, 0] : tensor<4096x3xi8> -> tensor<3x4096xi8>
  func.return %0 : tensor<3x4096xi8>
}

// Rows of a block; few rows; others that become the last dimension; 8 bytes an element.
// CHECK-LABEL: func.func @others
// CHECK-NOT:     te.compute
func.func @others(%a: tensor<512x16xf16>, %b: tensor<128x3xf16>, %c: tensor<512x64x3xf16>, %d: tensor<512x3xi64>) -> (tensor<16x512xf16>, tensor<3x128xf16>, tensor<3x64x512xf16>, tensor<3x512xi64>) {
  %0 = te.transpose %a perm [1, 0] : tensor<512x16xf16> -> tensor<16x512xf16>
  %1 = te.transpose %b perm [1, 0] : tensor<128x3xf16> -> tensor<3x128xf16>
  %2 = te.transpose %c perm [2, 1, 0] : tensor<512x64x3xf16> -> tensor<3x64x512xf16>
  %3 = te.transpose %d perm [1, 0] : tensor<512x3xi64> -> tensor<3x512xi64>
  func.return %0, %1, %2, %3 : tensor<16x512xf16>, tensor<3x128xf16>, tensor<3x64x512xf16>, tensor<3x512xi64>
}

// Few elements that are converted on the way stay in one kernel.
// CHECK-LABEL: @converted
// CHECK-NEXT:    te.cast
// CHECK-NEXT:    te.transpose
func.func @converted(%x: tensor<64x32x9xf32>) -> tensor<64x9x32xf16> {
  %0 = te.cast %x : tensor<64x32x9xf32> -> tensor<64x32x9xf16>
  %1 = te.transpose %0 perm [0, 2, 1] : tensor<64x32x9xf16> -> tensor<64x9x32xf16>
  func.return %1 : tensor<64x9x32xf16>
}
