func.func @k(%x: memref<30xf32>, %y: memref<30xf32>) {
  %t = memref.alloc() : memref<31xf32>
  %z = arith.constant 0.0 : f32
  affine.store %z, %t[0] : memref<31xf32>
  affine.for %i = 0 to 30 {
    %a = affine.load %t[%i] : memref<31xf32>
    %b = affine.load %x[%i] : memref<30xf32>
    %c = arith.addf %a, %b : f32
    affine.store %c, %t[%i + 1] : memref<31xf32>
  }
  affine.for %i = 0 to 30 {
    %a = affine.load %t[%i + 1] : memref<31xf32>
    affine.store %a, %y[%i] : memref<30xf32>
  }
  func.return
}
