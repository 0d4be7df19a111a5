// RUN: akg-opt %s --split-input-file --verify-diagnostics | filecheck %s

// CHECK: te.add at {{.*}}: shapes 2x3 and 4 do not broadcast: sizes 3 and 4 meet; sizes must be equal or 1, aligned at the last dimension
func.func @f(%x: tensor<2x3xf16>, %y: tensor<4xf16>) {
  %0 = te.add %x, %y : (tensor<2x3xf16>, tensor<4xf16>) -> tensor<2x3xf16>
  func.return
}
// -----
// CHECK: te.add at {{.*}}: operands have element types f16 and f32; they must be one type: insert te.cast
func.func @f(%x: tensor<3xf16>, %y: tensor<3xf32>) {
  %0 = te.add %x, %y : (tensor<3xf16>, tensor<3xf32>) -> tensor<3xf16>
  func.return
}
// -----
// CHECK: te.add at {{.*}}: the result is tensor<3x1xf16>, the operands give tensor<3x3xf16>
func.func @f(%x: tensor<3xf16>, %y: tensor<3x1xf16>) {
  %0 = te.add %x, %y : (tensor<3xf16>, tensor<3x1xf16>) -> tensor<3x1xf16>
  func.return
}
// -----
// CHECK: te.exp at {{.*}}: tensor<?x4xf16> has a dynamic size; te ops need static shapes: give every '?' a number
func.func @f(%x: tensor<?x4xf16>) {
  %0 = te.exp %x : tensor<?x4xf16>
  func.return
}
// -----
// CHECK: te.exp at {{.*}}: tensor<0x4xf16> has no elements; te ops need sizes of at least 1
func.func @f(%x: tensor<0x4xf16>) {
  %0 = te.exp %x : tensor<0x4xf16>
  func.return
}
// -----
// CHECK: te.relu at {{.*}}: tensor<4xf64> has element type f64; te takes f16, bf16, f32, i8, i32, i64, ui8 or i1
func.func @f(%x: tensor<4xf64>) {
  %0 = te.relu %x : tensor<4xf64>
  func.return
}
// -----
// CHECK: te.exp at {{.*}}: got elements of i32, takes f16, bf16 or f32
func.func @f(%x: tensor<4xi32>) {
  %0 = te.exp %x : tensor<4xi32>
  func.return
}
// -----
// CHECK: te.compare at {{.*}}: i1 has no order, got lt; takes eq or ne
func.func @f(%x: tensor<4xi1>) {
  %0 = te.compare lt %x, %x : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  func.return
}
// -----
// CHECK: te.select at {{.*}}: the condition has elements of f16, takes i1: compare first
func.func @f(%x: tensor<4xf16>) {
  %0 = te.select %x, %x, %x : (tensor<4xf16>, tensor<4xf16>, tensor<4xf16>) -> tensor<4xf16>
  func.return
}
// -----
// CHECK: te.broadcast_to at {{.*}}: shape 4x2 does not broadcast to 4x1
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.broadcast_to %x : tensor<4x2xf16> -> tensor<4x1xf16>
  func.return
}
// -----
// CHECK: te.transpose at {{.*}}: perm [1, 1] is not a permutation of the 2 dimensions
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.transpose %x perm [1, 1] : tensor<4x2xf16> -> tensor<2x2xf16>
  func.return
}
// -----
// CHECK: te.reshape at {{.*}}: 4x2 has 8 elements, 3x3 has 9
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.reshape %x : tensor<4x2xf16> -> tensor<3x3xf16>
  func.return
}
// -----
// CHECK: te.reduce at {{.*}}: axis 2 is outside rank 2: -2 to 1
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.reduce add %x axes [2] : tensor<4x2xf16> -> tensor<4xf16>
  func.return
}
// -----
// CHECK: te.reduce at {{.*}}: axes [1, -1] name a dimension twice
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.reduce add %x axes [1, -1] : tensor<4x2xf16> -> tensor<4xf16>
  func.return
}
// -----
// CHECK: te.matmul at {{.*}}: operands 4x5 and 6x7 have contraction sizes 5 and 6
func.func @f(%a: tensor<4x5xf16>, %b: tensor<6x7xf16>) {
  %0 = te.matmul %a, %b : (tensor<4x5xf16>, tensor<6x7xf16>) -> tensor<4x7xf32>
  func.return
}
// -----
// CHECK: te.matmul at {{.*}}: operands have ranks 3 and 2, takes rank 2; te.batch_matmul takes equal batch dimensions
func.func @f(%a: tensor<2x4x5xf16>, %b: tensor<5x7xf16>) {
  %0 = te.matmul %a, %b : (tensor<2x4x5xf16>, tensor<5x7xf16>) -> tensor<2x4x7xf32>
  func.return
}
// -----
// CHECK: te.matmul at {{.*}}: got elements of f32, takes i32
func.func @f(%a: tensor<4x5xi8>) {
  %0 = te.matmul %a, %a transpose_b : (tensor<4x5xi8>, tensor<4x5xi8>) -> tensor<4x4xf32>
  func.return
}
// -----
// CHECK: te.batch_matmul at {{.*}}: operands 2x4x5 and 3x5x4: rank at least 2 and equal batch dimensions are needed; broadcast them first
func.func @f(%a: tensor<2x4x5xf16>, %b: tensor<3x5x4xf16>) {
  %0 = te.batch_matmul %a, %b : (tensor<2x4x5xf16>, tensor<3x5x4xf16>) -> tensor<2x4x4xf32>
  func.return
}
// -----
// CHECK: te.softmax at {{.*}}: axis -3 is outside rank 2: -2 to 1
func.func @f(%x: tensor<4x2xf16>) {
  %0 = te.softmax %x axis -3 : tensor<4x2xf16>
  func.return
}
// -----
// CHECK: te.layer_norm at {{.*}}: scale or bias 4 does not broadcast to the normalised dimensions 2
func.func @f(%x: tensor<4x2xf16>, %s: tensor<4xf16>) {
  %0 = te.layer_norm %x scale %s axis -1 epsilon 1.0e-05 : tensor<4x2xf16>, tensor<4xf16>
  func.return
}
// -----
// CHECK: te.pack at {{.*}}: 20x40 is 3x2x16x16 in layout nz, got 2x3x16x16
func.func @f(%x: tensor<20x40xf16>) {
  %0 = te.pack %x nz : tensor<20x40xf16> -> tensor<2x3x16x16xf16>
  func.return
}
// -----
// CHECK: te.pack at {{.*}}: layout zn takes rank at least 2, got 20
func.func @f(%x: tensor<20xf16>) {
  %0 = te.pack %x zn : tensor<20xf16> -> tensor<2x16xf16>
  func.return
}
// -----
// CHECK: te.fractal_matmul at {{.*}}: an operand is 2x2x16x16, m, k and n give 3x2x16x16
func.func @f(%x: tensor<2x2x16x16xf16>) {
  %0 = te.fractal_matmul %x, %x m 32 k 33 n 32 : (tensor<2x2x16x16xf16>, tensor<2x2x16x16xf16>) -> tensor<2x2x16x16xf32>
  func.return
}
// -----
// CHECK: te.constant at {{.*}}: the result is tensor<4xf16>, the value tensor<3xf16>
func.func @f() {
  %0 = "te.constant"() <{value = dense<0.5> : tensor<3xf16>}> : () -> tensor<4xf16>
  func.return
}
// -----
// CHECK: te.slice at {{.*}}: element 4 of dimension 1 is taken, it has 4
func.func @f(%x: tensor<2x4xf16>) {
  %0 = te.slice %x offsets [0, 0] strides [1, 2] : tensor<2x4xf16> -> tensor<2x3xf16>
  func.return
}
// -----
// CHECK: te.slice at {{.*}}: takes strides that are not 0
func.func @f(%x: tensor<4xf16>) {
  %0 = te.slice %x offsets [3] strides [0] : tensor<4xf16> -> tensor<3xf16>
  func.return
}
// -----
// CHECK: te.slice at {{.*}}: element -1 of dimension 0 is taken, it has 4
func.func @f(%x: tensor<4xf16>) {
  %0 = te.slice %x offsets [1] strides [-1] : tensor<4xf16> -> tensor<3xf16>
  func.return
}
// -----
// CHECK: te.concat at {{.*}}: 4x9 and 3x9 differ in more than dimension 1
func.func @f(%x: tensor<4x9xf16>, %y: tensor<3x9xf16>) {
  %0 = te.concat %x, %y axis 1 : (tensor<4x9xf16>, tensor<3x9xf16>) -> tensor<4x18xf16>
  func.return
}
// -----
// CHECK: te.gather at {{.*}}: 4x9 and 3x9 do not share 1 dimensions in front of dimension 1
func.func @f(%x: tensor<4x9xf16>, %i: tensor<3x9xi32>) {
  %0 = te.gather %x, %i axis 1 batch 1 : (tensor<4x9xf16>, tensor<3x9xi32>) -> tensor<4x9xf16>
  func.return
}
// -----
// CHECK: te.gather at {{.*}}: got elements of f32, takes i32
func.func @f(%x: tensor<4x9xf16>, %i: tensor<3xf32>) {
  %0 = te.gather %x, %i axis 0 : (tensor<4x9xf16>, tensor<3xf32>) -> tensor<3x9xf16>
  func.return
}
// -----
// CHECK: te.to_buffer at {{.*}}: memref<8x4xf16> cannot hold tensor<4x8xf16>: shape and elements are to be the same
func.func @f(%x: tensor<4x8xf16>) {
  %0 = te.to_buffer %x : tensor<4x8xf16> -> memref<8x4xf16>
  func.return
}
// -----
// CHECK: te.depth_to_space at {{.*}}: takes 2 sizes of blocks of at least 1, and 1 for dimension 1
func.func @f(%x: tensor<4x8xf16>) {
  %0 = te.depth_to_space %x axis 1 blocks [1, 2] : tensor<4x8xf16> -> tensor<4x8xf16>
  func.return
}
// -----
// CHECK: te.depth_to_space at {{.*}}: 9 elements of dimension 1 are not 2 equal parts
func.func @f(%x: tensor<4x9xf16>) {
  %0 = te.depth_to_space %x axis 1 blocks [2, 1] : tensor<4x9xf16> -> tensor<8x4xf16>
  func.return
}
