func.func @k(%A: memref<16x18xf32>, %B: memref<18x22xf32>, %C: memref<22x24xf32>, %D: memref<16x24xf32>) {
  %t = memref.alloc() : memref<16x22xf32>
  affine.for %i = 0 to 16 { affine.for %j = 0 to 22 {
    %z = arith.constant 0.0 : f32
    affine.store %z, %t[%i, %j] : memref<16x22xf32>
    affine.for %k = 0 to 18 {
      %a = affine.load %A[%i, %k] : memref<16x18xf32>
      %b = affine.load %B[%k, %j] : memref<18x22xf32>
      %c = affine.load %t[%i, %j] : memref<16x22xf32>
      %d = arith.mulf %a, %b : f32
      %e = arith.addf %c, %d : f32
      affine.store %e, %t[%i, %j] : memref<16x22xf32>
    } {poly.reduction = "add"}
  } }
  affine.for %i = 0 to 16 { affine.for %j = 0 to 24 {
    %z = arith.constant 0.0 : f32
    affine.store %z, %D[%i, %j] : memref<16x24xf32>
    affine.for %k = 0 to 22 {
      %a = affine.load %t[%i, %k] : memref<16x22xf32>
      %b = affine.load %C[%k, %j] : memref<22x24xf32>
      %c = affine.load %D[%i, %j] : memref<16x24xf32>
      %d = arith.mulf %a, %b : f32
      %e = arith.addf %c, %d : f32
      affine.store %e, %D[%i, %j] : memref<16x24xf32>
    } {poly.reduction = "add"}
  } }
  func.return
}
