// Sums of squares of 8 channels over a batch: few results, and the squares do not stay on chip.
func.func @main(%x: tensor<32x8x56x56xf32>) -> tensor<8xf32> {
  %q = te.mul %x, %x : (tensor<32x8x56x56xf32>, tensor<32x8x56x56xf32>) -> tensor<32x8x56x56xf32>
  %s = te.reduce add %q axes [0, 2, 3] : tensor<32x8x56x56xf32> -> tensor<8xf32>
  func.return %s : tensor<8xf32>
}
