func.func @kernel(%x: memref<12x40xf32>, %y: memref<12x40xf32>, %z: memref<12x40xf32>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<12x40xf32>
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %x[%i, %j] : memref<12x40xf32>
      %c = math.exp %a : f32
      affine.store %c, %t[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %k = arith.constant 1.0 : f32
      %a = affine.load %t[%i, %j] : memref<12x40xf32>
      %c = arith.addf %a, %k : f32
      affine.store %c, %y[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %k = arith.constant 2.0 : f32
      %a = affine.load %t[%i, %j] : memref<12x40xf32>
      %c = arith.mulf %a, %k : f32
      affine.store %c, %z[%i, %j] : memref<12x40xf32>
    }
  }
  func.return
}
