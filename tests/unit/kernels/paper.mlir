func.func @paper(%A: memref<34x34xf32>, %B: memref<3x3xf32>, %bias: memref<1xf32>, %C: memref<32x32xf32>) {
  affine.for %h = 0 to 34 {
    affine.for %w = 0 to 34 {
      %a = affine.load %A[%h, %w] : memref<34x34xf32>
      %b = affine.load %bias[0] : memref<1xf32>
      %s = arith.addf %a, %b : f32
      affine.store %s, %A[%h, %w] : memref<34x34xf32>
    }
  }
  %zero = arith.constant 0.0 : f32
  affine.for %h = 0 to 32 {
    affine.for %w = 0 to 32 {
      affine.store %zero, %C[%h, %w] : memref<32x32xf32>
      affine.for %kh = 0 to 3 {
        affine.for %kw = 0 to 3 {
          %c = affine.load %C[%h, %w] : memref<32x32xf32>
          %a = affine.load %A[%h + %kh, %w + %kw] : memref<34x34xf32>
          %b = affine.load %B[%kh, %kw] : memref<3x3xf32>
          %p = arith.mulf %a, %b : f32
          %s = arith.addf %c, %p : f32
          affine.store %s, %C[%h, %w] : memref<32x32xf32>
        }
      } {poly.reduction = "add"}
    }
  }
  affine.for %h = 0 to 32 {
    affine.for %w = 0 to 32 {
      %c = affine.load %C[%h, %w] : memref<32x32xf32>
      %p = math.absf %c : f32
      affine.store %p, %C[%h, %w] : memref<32x32xf32>
    }
  }
  affine.for %h = 0 to 32 {
    affine.for %w = 0 to 32 {
      %c = affine.load %C[%h, %w] : memref<32x32xf32>
      %z = arith.constant 0.0 : f32
      %p = arith.maximumf %c, %z : f32
      affine.store %p, %C[%h, %w] : memref<32x32xf32>
    }
  }
  return
}
