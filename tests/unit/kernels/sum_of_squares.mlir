func.func @kernel(%x: memref<12x40xf32>, %y: memref<f32>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<12x40xf32>
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %x[%i, %j] : memref<12x40xf32>
      %c = arith.mulf %a, %a : f32
      affine.store %c, %t[%i, %j] : memref<12x40xf32>
    }
  }
  %zero = arith.constant 0.0 : f32
  affine.store %zero, %y[] : memref<f32>
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %s = affine.load %y[] : memref<f32>
      %a = affine.load %t[%i, %j] : memref<12x40xf32>
      %c = arith.addf %s, %a : f32
      affine.store %c, %y[] : memref<f32>
    }
  } {poly.reduction = "add"}
  func.return
}
