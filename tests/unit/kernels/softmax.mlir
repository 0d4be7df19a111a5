func.func @kernel(%x: memref<12x40xf32>, %y: memref<12x40xf32>) attributes {npu.kernel} {
  %m = memref.alloc() : memref<12xf32>
  %e = memref.alloc() : memref<12x40xf32>
  %s = memref.alloc() : memref<12xf32>
  affine.for %i = 0 to 12 {
    %low = arith.constant 0xFF800000 : f32
    affine.store %low, %m[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %m[%i] : memref<12xf32>
      %b = affine.load %x[%i, %j] : memref<12x40xf32>
      %c = arith.maximumf %a, %b : f32
      affine.store %c, %m[%i] : memref<12xf32>
    }
  } {poly.reduction = "max"}
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %x[%i, %j] : memref<12x40xf32>
      %b = affine.load %m[%i] : memref<12xf32>
      %c = arith.subf %a, %b : f32
      %d = math.exp %c : f32
      affine.store %d, %e[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %s[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %s[%i] : memref<12xf32>
      %b = affine.load %e[%i, %j] : memref<12x40xf32>
      %c = arith.addf %a, %b : f32
      affine.store %c, %s[%i] : memref<12xf32>
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %e[%i, %j] : memref<12x40xf32>
      %b = affine.load %s[%i] : memref<12xf32>
      %c = arith.divf %a, %b : f32
      affine.store %c, %y[%i, %j] : memref<12x40xf32>
    }
  }
  func.return
}
