func.func @k(%C: memref<20x25xf32>, %A: memref<20x30xf32>, %B: memref<30x25xf32>) {
  affine.for %i = 0 to 20 {
    affine.for %j = 0 to 25 {
      %k = arith.constant 1.2 : f32
      %a = affine.load %C[%i, %j] : memref<20x25xf32>
      %b = arith.mulf %a, %k : f32
      affine.store %b, %C[%i, %j] : memref<20x25xf32>
    }
    affine.for %k = 0 to 30 {
      affine.for %j = 0 to 25 {
        %a = affine.load %A[%i, %k] : memref<20x30xf32>
        %b = affine.load %B[%k, %j] : memref<30x25xf32>
        %c = affine.load %C[%i, %j] : memref<20x25xf32>
        %d = arith.mulf %a, %b : f32
        %e = arith.addf %c, %d : f32
        affine.store %e, %C[%i, %j] : memref<20x25xf32>
      }
    }
  }
  func.return
}
