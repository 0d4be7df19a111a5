// RUN: akg-opt %s -p 'te-record-workload,te-partition' | filecheck %s

// The mean of an image needs all of its points: cores would make a few channels of all points.
// Windows leave no gaps, so that all of the image is read.
// CHECK-LABEL: func.func private @mean_kernel0
// CHECK-SAME:    in_bytes = 9603072 : i64
// CHECK-NEXT:    te.compute reduce add
// CHECK:         func.return
// CHECK-LABEL: func.func private @mean_kernel1
// CHECK-NEXT:    te.reduce add
// CHECK-NEXT:    func.return
func.func @mean(%x: tensor<1x9x9x512xf32>, %w: tensor<3x3x512x512xf32>) -> tensor<1x512xf32> {
  %c = te.compute reduce add %x, %w bounds [1, 7, 7, 512, 3, 3, 512] maps [affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>, affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>] : (tensor<1x9x9x512xf32>, tensor<3x3x512x512xf32>) -> tensor<1x7x7x512xf32> {
  ^bb0(%a: f32, %b: f32):
    %p = arith.mulf %a, %b : f32
    te.yield %p : f32
  }
  %y = te.reduce add %c axes [1, 2] : tensor<1x7x7x512xf32> -> tensor<1x512xf32>
  func.return %y : tensor<1x512xf32>
}
