func.func @main(%x: tensor<4x8x32xf32>) -> tensor<4x8x32xf32> {
  %two = te.constant dense<2.0> : tensor<f32>
  %y = te.mul %x, %two : (tensor<4x8x32xf32>, tensor<f32>) -> tensor<4x8x32xf32>
  func.return %y : tensor<4x8x32xf32>
}
