func.func @kernel(%x: memref<12x40xf32>, %g: memref<40xf32>, %b: memref<40xf32>, %y: memref<12x40xf32>) attributes {npu.kernel} {
  %s = memref.alloc() : memref<12xf32>
  %m = memref.alloc() : memref<12xf32>
  %d = memref.alloc() : memref<12x40xf32>
  %q = memref.alloc() : memref<12x40xf32>
  %v = memref.alloc() : memref<12xf32>
  %w = memref.alloc() : memref<12xf32>
  %n = memref.alloc() : memref<12x40xf32>
  affine.for %i = 0 to 12 {
    %z = arith.constant 0.0 : f32
    affine.store %z, %s[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %s[%i] : memref<12xf32>
      %c = affine.load %x[%i, %j] : memref<12x40xf32>
      %e = arith.addf %a, %c : f32
      affine.store %e, %s[%i] : memref<12xf32>
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 12 {
    %k = arith.constant 2.5e-2 : f32
    %a = affine.load %s[%i] : memref<12xf32>
    %e = arith.mulf %a, %k : f32
    affine.store %e, %m[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %x[%i, %j] : memref<12x40xf32>
      %c = affine.load %m[%i] : memref<12xf32>
      %e = arith.subf %a, %c : f32
      affine.store %e, %d[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %d[%i, %j] : memref<12x40xf32>
      %e = arith.mulf %a, %a : f32
      affine.store %e, %q[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    %z = arith.constant 0.0 : f32
    affine.store %z, %v[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %v[%i] : memref<12xf32>
      %c = affine.load %q[%i, %j] : memref<12x40xf32>
      %e = arith.addf %a, %c : f32
      affine.store %e, %v[%i] : memref<12xf32>
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 12 {
    %k = arith.constant 2.5e-2 : f32
    %p = arith.constant 1.0e-5 : f32
    %a = affine.load %v[%i] : memref<12xf32>
    %e = arith.mulf %a, %k : f32
    %f = arith.addf %e, %p : f32
    %h = math.rsqrt %f : f32
    affine.store %h, %w[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %d[%i, %j] : memref<12x40xf32>
      %c = affine.load %w[%i] : memref<12xf32>
      %e = arith.mulf %a, %c : f32
      affine.store %e, %n[%i, %j] : memref<12x40xf32>
    }
  }
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to 40 {
      %a = affine.load %n[%i, %j] : memref<12x40xf32>
      %c = affine.load %g[%j] : memref<40xf32>
      %e = arith.mulf %a, %c : f32
      %f = affine.load %b[%j] : memref<40xf32>
      %h = arith.addf %e, %f : f32
      affine.store %h, %y[%i, %j] : memref<12x40xf32>
    }
  }
  func.return
}
