func.func @kernel(%x: memref<20x50xf32>, %y: memref<18x48xf32>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<20x50xf32>
  %u = memref.alloc() : memref<20x48xf32>
  affine.for %i = 0 to 20 {
    affine.for %j = 0 to 50 {
      %a = affine.load %x[%i, %j] : memref<20x50xf32>
      %k = arith.constant 5.0e-1 : f32
      %c = arith.mulf %a, %k : f32
      affine.store %c, %t[%i, %j] : memref<20x50xf32>
    }
  }
  affine.for %i = 0 to 20 {
    affine.for %j = 0 to 48 {
      %a = affine.load %t[%i, %j] : memref<20x50xf32>
      %c = affine.load %t[%i, %j + 1] : memref<20x50xf32>
      %d = affine.load %t[%i, %j + 2] : memref<20x50xf32>
      %e = arith.addf %a, %c : f32
      %f = arith.addf %e, %d : f32
      affine.store %f, %u[%i, %j] : memref<20x48xf32>
    }
  }
  affine.for %i = 0 to 18 {
    affine.for %j = 0 to 48 {
      %a = affine.load %u[%i, %j] : memref<20x48xf32>
      %c = affine.load %u[%i + 1, %j] : memref<20x48xf32>
      %d = affine.load %u[%i + 2, %j] : memref<20x48xf32>
      %e = arith.addf %a, %c : f32
      %f = arith.addf %e, %d : f32
      affine.store %f, %y[%i, %j] : memref<18x48xf32>
    }
  }
  func.return
}
