// Sums of squares of 64 channels over a batch: the squares of a channel do not stay on chip.
func.func @main(%x: tensor<32x64x56x56xf32>) -> tensor<64xf32> {
  %q = te.mul %x, %x : (tensor<32x64x56x56xf32>, tensor<32x64x56x56xf32>) -> tensor<32x64x56x56xf32>
  %s = te.reduce add %q axes [0, 2, 3] : tensor<32x64x56x56xf32> -> tensor<64xf32>
  func.return %s : tensor<64xf32>
}
