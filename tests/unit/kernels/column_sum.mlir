func.func @kernel(%x: memref<12x40xf32>, %y: memref<12x40xf32>) attributes {npu.kernel} {
  %s = memref.alloc() : memref<40xf32>
  affine.for %j = 0 to 40 {
    %z = arith.constant 0.0 : f32
    affine.store %z, %s[%j] : memref<40xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %s[%j] : memref<40xf32>
      %c = affine.load %x[%i, %j] : memref<12x40xf32>
      %e = arith.addf %a, %c : f32
      affine.store %e, %s[%j] : memref<40xf32>
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %s[%j] : memref<40xf32>
      %c = affine.load %x[%i, %j] : memref<12x40xf32>
      %e = arith.mulf %a, %c : f32
      affine.store %e, %y[%i, %j] : memref<12x40xf32>
    }
  }
  func.return
}
