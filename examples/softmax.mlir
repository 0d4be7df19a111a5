// Softmax over the rows of a matrix whose rows are not a whole number of vector blocks.
func.func @main(%x: tensor<64x500xf32>) -> tensor<64x500xf32> {
  %y = te.softmax %x axis -1 : tensor<64x500xf32>
  func.return %y : tensor<64x500xf32>
}
