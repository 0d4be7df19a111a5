func.func @main(%x: tensor<6x8xf32>, %w: tensor<8x8xf32>, %b: tensor<1x8xf32>) -> tensor<2x3x8xf32> {
  %0 = te.matmul %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %1 = te.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = te.add %1, %b : (tensor<2x3x8xf32>, tensor<1x8xf32>) -> tensor<2x3x8xf32>
  func.return %2 : tensor<2x3x8xf32>
}
