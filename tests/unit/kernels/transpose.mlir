func.func @kernel(%x: memref<12x40xf32>, %y: memref<40x12xf32>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<12x40xf32>
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %x[%i, %j] : memref<12x40xf32>
      %c = math.exp %a : f32
      affine.store %c, %t[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %j = 0 to 40 {
    affine.for %i = 0 to 12 {
      %a = affine.load %t[%i, %j] : memref<12x40xf32>
      affine.store %a, %y[%j, %i] : memref<40x12xf32>
    }
  }
  func.return
}
