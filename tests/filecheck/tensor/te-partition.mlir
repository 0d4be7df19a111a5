// RUN: akg-opt %s -p 'te-record-workload,te-partition' | filecheck %s

// A row-wise chain is one kernel. Scalars move into it; the reshape is a view in the graph.
// CHECK-LABEL: func.func private @rows_kernel0(%x: tensor<8x64xf32>) -> tensor<8x64xf32>
// CHECK-SAME:    npu.kernel
// CHECK-SAME:    npu.workload = {in_bytes = 2048 : i64, out_bytes = 2048 : i64, cube = [], vector_repeats = 39 : i64}
// CHECK-NEXT:    te.reduce max %x
// CHECK-NEXT:    te.sub
// CHECK-NEXT:    te.exp
// CHECK-NEXT:    te.constant dense<2.000000e+00>
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func @rows
// CHECK-NEXT:    [[Y:%.*]] = func.call @rows_kernel0(%x)
// CHECK-NEXT:    te.reshape [[Y]] : tensor<8x64xf32> -> tensor<512xf32>
func.func @rows(%x: tensor<8x64xf32>) -> tensor<512xf32> {
  %two = te.constant dense<2.0> : tensor<f32>
  %m = te.reduce max %x axes [1] keepdims : tensor<8x64xf32> -> tensor<8x1xf32>
  %d = te.sub %x, %m : (tensor<8x64xf32>, tensor<8x1xf32>) -> tensor<8x64xf32>
  %e = te.exp %d : tensor<8x64xf32>
  %y = te.mul %e, %two : (tensor<8x64xf32>, tensor<f32>) -> tensor<8x64xf32>
  %r = te.reshape %y : tensor<8x64xf32> -> tensor<512xf32>
  func.return %r : tensor<512xf32>
}

// A row of 80000 elements does not stay on chip: what reads it twice is cut apart.
// CHECK-LABEL: func.func private @long_kernel0
// CHECK-NEXT:    te.reduce max
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func private @long_kernel1
// CHECK-NEXT:    te.sub
// CHECK-NEXT:    func.return
func.func @long(%x: tensor<4x80000xf32>) -> tensor<4x80000xf32> {
  %m = te.reduce max %x axes [1] keepdims : tensor<4x80000xf32> -> tensor<4x1xf32>
  %d = te.sub %x, %m : (tensor<4x80000xf32>, tensor<4x1xf32>) -> tensor<4x80000xf32>
  func.return %d : tensor<4x80000xf32>
}

// What few bytes make is computed again by every tile, rather than read back from GM.
// CHECK-LABEL: func.func private @bias_kernel0
// CHECK-NEXT:    te.exp %b
// CHECK-NEXT:    te.add
// CHECK-NEXT:    func.return
func.func @bias(%x: tensor<8x64xf32>, %b: tensor<64xf32>) -> tensor<8x64xf32> {
  %e = te.exp %b : tensor<64xf32>
  %y = te.add %x, %e : (tensor<8x64xf32>, tensor<64xf32>) -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

// A contraction takes its element-wise epilogue and the packing of its operand; packing weights
// stays in the graph.
// CHECK-LABEL: func.func private @cube_kernel0
// CHECK-SAME:    cube = [array<i64: 1, 32, 64, 48>]
// CHECK-NEXT:    te.pack %x nz
// CHECK-NEXT:    te.fractal_matmul
// CHECK-NEXT:    te.relu
// CHECK-NEXT:    te.unpack
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func @cube
// CHECK:         te.pack %w zn
func.func @cube(%x: tensor<32x64xf16>, %w: tensor<64x48xf16> {te.resource = "w"}) -> tensor<32x48xf32> {
  %0 = te.pack %x nz : tensor<32x64xf16> -> tensor<4x2x16x16xf16>
  %1 = te.pack %w zn : tensor<64x48xf16> -> tensor<4x3x16x16xf16>
  %2 = te.fractal_matmul %0, %1 m 32 k 64 n 48 : (tensor<4x2x16x16xf16>, tensor<4x3x16x16xf16>) -> tensor<3x2x16x16xf32>
  %3 = te.relu %2 : tensor<3x2x16x16xf32>
  %4 = te.unpack %3 nz : tensor<3x2x16x16xf32> -> tensor<32x48xf32>
  func.return %4 : tensor<32x48xf32>
}

// Tiles of the sum need transposed tiles of exp as well: all of it would be computed twice over.
// CHECK-LABEL: func.func private @between_kernel0
// CHECK-NEXT:    te.exp
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func private @between_kernel1
// CHECK-NEXT:    te.transpose
// CHECK-NEXT:    te.add
// CHECK-NEXT:    func.return
func.func @between(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %e = te.exp %x : tensor<512x512xf32>
  %t = te.transpose %e perm [1, 0] : tensor<512x512xf32> -> tensor<512x512xf32>
  %y = te.add %e, %t : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  func.return %y : tensor<512x512xf32>
}

// Both statistics are results, and the rows they describe need them: one kernel, tiled by rows.
// CHECK-LABEL: func.func private @statistics_kernel0
// CHECK:         te.reduce add
// CHECK-NEXT:    te.sub
// CHECK-NEXT:    te.neg
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func @statistics
func.func @statistics(%x: tensor<64x128xf32>) -> (tensor<64x128xf32>, tensor<64x1xf32>) {
  %m = te.reduce add %x axes [1] keepdims : tensor<64x128xf32> -> tensor<64x1xf32>
  %d = te.sub %x, %m : (tensor<64x128xf32>, tensor<64x1xf32>) -> tensor<64x128xf32>
  %n = te.neg %m : tensor<64x1xf32>
  func.return %d, %n : tensor<64x128xf32>, tensor<64x1xf32>
}

// A constant that is returned is computed by a kernel.
// CHECK-LABEL: func.func private @fill_kernel0() -> tensor<4x8xf32>
// CHECK-NEXT:    [[Z:%.*]] = te.constant dense<2.500000e-01> : tensor<f32>
// CHECK-NEXT:    te.broadcast_to [[Z]] : tensor<f32> -> tensor<4x8xf32>
// CHECK-LABEL: func.func @fill
// CHECK-NEXT:    func.call @fill_kernel0
func.func @fill() -> tensor<4x8xf32> {
  %c = te.constant dense<0.25> : tensor<4x8xf32>
  func.return %c : tensor<4x8xf32>
}

// What shares nothing is one kernel too: its first transfers wait for memory together.
// CHECK-LABEL: func.func private @strangers_kernel0(%x: tensor<4x8xf32>, %y: tensor<64xf16>)
// CHECK-NEXT:    te.exp %x
// CHECK-NEXT:    te.cast %y
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func @strangers
// CHECK-NEXT:    func.call @strangers_kernel0
// CHECK-NEXT:    func.return
func.func @strangers(%x: tensor<4x8xf32>, %y: tensor<64xf16>) -> (tensor<4x8xf32>, tensor<64xf32>) {
  %0 = te.exp %x : tensor<4x8xf32>
  %1 = te.cast %y : tensor<64xf16> -> tensor<64xf32>
  func.return %0, %1 : tensor<4x8xf32>, tensor<64xf32>
}

// What only moves elements of weights is done once, by the host, also several ops of it; what is
// moved of an input is in the kernel that needs it.
// CHECK-LABEL: func.func private @moved_kernel0(%x: tensor<8x64xf32>, %g: tensor<64x16xf32>)
// CHECK-NEXT:    te.slice %x
// CHECK-NEXT:    te.matmul
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func @moved
// CHECK-NEXT:    %b = te.slice %w
// CHECK-NEXT:    [[C:%.*]] = te.constant
// CHECK-NEXT:    %d = te.concat %b, [[C]] axis 0
// CHECK-NEXT:    %e = te.reshape %d
// CHECK-NEXT:    %f = te.transpose %e
// CHECK-NEXT:    %g = te.reshape %f
// CHECK-NEXT:    %y = func.call @moved_kernel0(%x, %g)
func.func @moved(%x: tensor<8x64xf32>, %w: tensor<16x64xf32> {te.resource = "w"}) -> tensor<4x16xf32> {
  %a = te.slice %x offsets [0, 0] strides [2, 1] : tensor<8x64xf32> -> tensor<4x64xf32>
  %b = te.slice %w offsets [0, 0] strides [1, 1] : tensor<16x64xf32> -> tensor<15x64xf32>
  %c = te.constant dense<0.5> : tensor<1x64xf32>
  %d = te.concat %b, %c axis 0 : (tensor<15x64xf32>, tensor<1x64xf32>) -> tensor<16x64xf32>
  %e = te.reshape %d : tensor<16x64xf32> -> tensor<16x64x1xf32>
  %f = te.transpose %e perm [1, 0, 2] : tensor<16x64x1xf32> -> tensor<64x16x1xf32>
  %g = te.reshape %f : tensor<64x16x1xf32> -> tensor<64x16xf32>
  %y = te.matmul %a, %g : (tensor<4x64xf32>, tensor<64x16xf32>) -> tensor<4x16xf32>
  func.return %y : tensor<4x16xf32>
}

// A result of the program is written by a kernel, also where it is a weight that was moved.
// CHECK-LABEL: func.func private @results_kernel0(%w: tensor<16x64xf32>)
// CHECK-NEXT:    te.transpose %w
// CHECK-LABEL: func.func @results
func.func @results(%w: tensor<16x64xf32> {te.resource = "w"}) -> (tensor<64x16xf32>, tensor<8x16xf32>) {
  %t = te.transpose %w perm [1, 0] : tensor<16x64xf32> -> tensor<64x16xf32>
  %s = te.slice %t offsets [0, 0] strides [8, 1] : tensor<64x16xf32> -> tensor<8x16xf32>
  func.return %t, %s : tensor<64x16xf32>, tensor<8x16xf32>
}

// The host rounds weights, too; a cast to larger elements, that kernels would read, is in a kernel.
// CHECK-LABEL: func.func private @rounded_kernel0(%b: tensor<64x16xf16>, %v: tensor<16xf16>)
// CHECK-NEXT:    %c = te.cast %b
// CHECK-LABEL: func.func @rounded
// CHECK-NEXT:    %a = te.cast %w {{.*}} -> tensor<16x64xf16>
// CHECK-NEXT:    %b = te.transpose %a
// CHECK-NEXT:    %y = func.call @rounded_kernel0(%b, %v)
func.func @rounded(%w: tensor<16x64xf32> {te.resource = "w"}, %v: tensor<16xf16> {te.resource = "v"}) -> tensor<64x16xf32> {
  %a = te.cast %w : tensor<16x64xf32> -> tensor<16x64xf16>
  %b = te.transpose %a perm [1, 0] : tensor<16x64xf16> -> tensor<64x16xf16>
  %c = te.cast %b : tensor<64x16xf16> -> tensor<64x16xf32>
  %d = te.cast %v : tensor<16xf16> -> tensor<16xf32>
  %y = te.add %c, %d : (tensor<64x16xf32>, tensor<16xf32>) -> tensor<64x16xf32>
  func.return %y : tensor<64x16xf32>
}

// Tiles of windows that overlap would pack the same rows again: packed once, read from GM.
// CHECK-LABEL: func.func private @overlapping_kernel0
// CHECK-NEXT:    te.pack
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func private @overlapping_kernel1
// CHECK-NEXT:    te.fractal_conv2d
// CHECK-NEXT:    func.return
func.func @overlapping(%x: tensor<1x16x32x32xf16>, %w: tensor<1x3x3x1x16x16xf16>) -> tensor<1x1x30x30x16xf32> {
  %p = te.pack %x nc1hwc0 : tensor<1x16x32x32xf16> -> tensor<1x1x32x32x16xf16>
  %y = te.fractal_conv2d %p, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] channels 16 outputs 16 : (tensor<1x1x32x32x16xf16>, tensor<1x3x3x1x16x16xf16>) -> tensor<1x1x30x30x16xf32>
  func.return %y : tensor<1x1x30x30x16xf32>
}
