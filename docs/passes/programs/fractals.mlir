func.func @product(%a: tensor<32x16x16x16xf16>, %b: tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32> {
  %c = te.fractal_matmul %a, %b m 256 k 512 n 256 : (tensor<32x16x16x16xf16>, tensor<32x16x16x16xf16>) -> tensor<16x16x16x16xf32>
  func.return %c : tensor<16x16x16x16xf32>
}
