// Two values that a loop carries and swaps, memory allocated in a loop, and a nest of odd depth.
func.func @k(%x: memref<6x9xf32>, %y: memref<6x9xf32>, %z: memref<6xf32>) {
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 6 {
    %last = memref.alloca() : memref<f32>
    %f:2 = affine.for %j = 0 to 9 iter_args(%a = %zero, %b = %one) -> (f32, f32) {
      %v = affine.load %x[%i, %j] : memref<6x9xf32>
      %c = arith.addf %a, %v : f32
      affine.store %b, %y[%i, %j] : memref<6x9xf32>
      affine.store %c, %last[] : memref<f32>
      affine.yield %b, %c : f32, f32
    }
    %w = affine.load %last[] : memref<f32>
    %s = arith.addf %f#0, %w : f32
    affine.store %s, %z[%i] : memref<6xf32>
  }
  func.return
}
