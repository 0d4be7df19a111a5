func.func @kernel(%a: memref<3x4x16x16xf16>, %b: memref<3x2x16x16xf16>, %bias: memref<2x16xf32>, %y: memref<2x4x16x16xf16>) attributes {npu.kernel} {
  %c = memref.alloc() : memref<2x4x16x16xf32>
  %d = memref.alloc() : memref<2x4x16x16xf32>
  %e = memref.alloc() : memref<2x4x16x16xf32>
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          %z = arith.constant 0.0 : f32
          affine.store %z, %c[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
        }
      }
    }
  }
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          affine.for %k1 = 0 to 3 {
            affine.for %k0 = 0 to 16 {
              %s = affine.load %c[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
              %p = affine.load %a[%k1, %m1, %m0, %k0] : memref<3x4x16x16xf16>
              %q = affine.load %b[%k1, %n1, %n0, %k0] : memref<3x2x16x16xf16>
              %pp = arith.extf %p : f16 to f32
              %qq = arith.extf %q : f16 to f32
              %t = arith.mulf %pp, %qq : f32
              %u = arith.addf %s, %t : f32
              affine.store %u, %c[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
            }
          }
        }
      }
    }
  } {poly.reduction = "add"}
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          %s = affine.load %c[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
          %t = affine.load %bias[%n1, %n0] : memref<2x16xf32>
          %u = arith.addf %s, %t : f32
          affine.store %u, %d[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
        }
      }
    }
  }
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          %z = arith.constant 0.0 : f32
          %s = affine.load %d[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
          %u = arith.maximumf %s, %z : f32
          affine.store %u, %e[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
        }
      }
    }
  }
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          %s = affine.load %e[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf32>
          %u = arith.truncf %s : f32 to f16
          affine.store %u, %y[%n1, %m1, %m0, %n0] : memref<2x4x16x16xf16>
        }
      }
    }
  }
  func.return
}
