"""Kernels as they leave poly-fuse: hand-written tiled trees, one per situation."""

# ruff: noqa: E501

from __future__ import annotations

ADD_RELU = """
builtin.module attributes {npu.target = "generic_tiny"} {
func.func @k(%x: memref<37x29xf32, #npu<space gm>>, %b: memref<29xf32, #npu<space gm>>,
             %y: memref<37x29xf32, #npu<space gm>>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<37x29xf32, #npu<space gm>>
  poly.scop {
    poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 <= i < 37 and 0 <= j < 29 }"
        order "{ S0[i, j] -> [0, i, 0, j, 0] }" {
      %v = affine.load %x[%i, %j] : memref<37x29xf32, #npu<space gm>>
      %w = affine.load %b[%j] : memref<29xf32, #npu<space gm>>
      %s = arith.addf %v, %w : f32
      affine.store %s, %t[%i, %j] : memref<37x29xf32, #npu<space gm>>
    }
    poly.stmt @S1(%i, %j) domain "{ S1[i, j] : 0 <= i < 37 and 0 <= j < 29 }"
        order "{ S1[i, j] -> [1, i, 0, j, 0] }" {
      %zero = arith.constant 0.0 : f32
      %v = affine.load %t[%i, %j] : memref<37x29xf32, #npu<space gm>>
      %s = arith.maximumf %v, %zero : f32
      affine.store %s, %y[%i, %j] : memref<37x29xf32, #npu<space gm>>
    }
    poly.stmt @S0_t(%t0, %t1, %i, %j)
        domain "{ S0_t[t0, t1, i, j] : 0 <= i < 37 and 0 <= j < 29 and 8t0 <= i < 8t0 + 8 and 16t1 <= j < 16t1 + 16 }"
        clone_of @S0 {
      %v = affine.load %x[%i, %j] : memref<37x29xf32, #npu<space gm>>
      %w = affine.load %b[%j] : memref<29xf32, #npu<space gm>>
      %s = arith.addf %v, %w : f32
      affine.store %s, %t[%i, %j] : memref<37x29xf32, #npu<space gm>>
    }
    poly.domain "{ S1[i, j] : 0 <= i < 37 and 0 <= j < 29 }" {
      poly.band "[{ S1[i, j] -> [(floor(i/8))] }, { S1[i, j] -> [(floor(j/16))] }]" permutable coincident [1, 1] tile [8, 16] {
        poly.extension "{ [t0, t1] -> S0_t[t0, t1, i, j] : 0 <= i < 37 and 0 <= j < 29 and 8t0 <= i < 8t0 + 8 and 16t1 <= j < 16t1 + 16 }" {
          poly.sequence {
            poly.filter "{ S0_t[t0, t1, i, j] }" {
              poly.band "[{ S0_t[t0, t1, i, j] -> [(i)] }, { S0_t[t0, t1, i, j] -> [(j)] }]" permutable coincident [1, 1] {}
            }
            poly.filter "{ S1[i, j] }" {
              poly.band "[{ S1[i, j] -> [(i)] }, { S1[i, j] -> [(j)] }]" permutable coincident [1, 1] {}
            }
          }
        }
      }
    }
  }
  func.return
}
}
"""
"""Bias add and relu on 37x29, tiles of 8x16, the producer fused as a clone."""

SOFTMAX = """
builtin.module attributes {npu.target = "generic_tiny"} {
func.func @k(%x: memref<21x29xf32, #npu<space gm>>, %y: memref<21x29xf32, #npu<space gm>>)
    attributes {npu.kernel} {
  %m = memref.alloc() : memref<21xf32, #npu<space gm>>
  %e = memref.alloc() : memref<21x29xf32, #npu<space gm>>
  %s = memref.alloc() : memref<21xf32, #npu<space gm>>
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 21 }" order "{ S0[i] -> [0, i, 0, 0, 0] }" {
      %c = arith.constant 0xFF800000 : f32
      affine.store %c, %m[%i] : memref<21xf32, #npu<space gm>>
    }
    poly.stmt @S1(%i, %j) domain "{ S1[i, j] : 0 <= i < 21 and 0 <= j < 29 }"
        order "{ S1[i, j] -> [1, i, 0, j, 0] }" reduction "max" {
      %a = affine.load %m[%i] : memref<21xf32, #npu<space gm>>
      %b = affine.load %x[%i, %j] : memref<21x29xf32, #npu<space gm>>
      %c = arith.maximumf %a, %b : f32
      affine.store %c, %m[%i] : memref<21xf32, #npu<space gm>>
    }
    poly.stmt @S2(%i, %j) domain "{ S2[i, j] : 0 <= i < 21 and 0 <= j < 29 }"
        order "{ S2[i, j] -> [2, i, 0, j, 0] }" {
      %a = affine.load %m[%i] : memref<21xf32, #npu<space gm>>
      %b = affine.load %x[%i, %j] : memref<21x29xf32, #npu<space gm>>
      %c = arith.subf %b, %a : f32
      %d = math.exp %c : f32
      affine.store %d, %e[%i, %j] : memref<21x29xf32, #npu<space gm>>
    }
    poly.stmt @S3(%i) domain "{ S3[i] : 0 <= i < 21 }" order "{ S3[i] -> [3, i, 0, 0, 0] }" {
      %c = arith.constant 0.0 : f32
      affine.store %c, %s[%i] : memref<21xf32, #npu<space gm>>
    }
    poly.stmt @S4(%i, %j) domain "{ S4[i, j] : 0 <= i < 21 and 0 <= j < 29 }"
        order "{ S4[i, j] -> [4, i, 0, j, 0] }" reduction "add" {
      %a = affine.load %s[%i] : memref<21xf32, #npu<space gm>>
      %b = affine.load %e[%i, %j] : memref<21x29xf32, #npu<space gm>>
      %c = arith.addf %a, %b : f32
      affine.store %c, %s[%i] : memref<21xf32, #npu<space gm>>
    }
    poly.stmt @S5(%i, %j) domain "{ S5[i, j] : 0 <= i < 21 and 0 <= j < 29 }"
        order "{ S5[i, j] -> [5, i, 0, j, 0] }" {
      %a = affine.load %s[%i] : memref<21xf32, #npu<space gm>>
      %b = affine.load %e[%i, %j] : memref<21x29xf32, #npu<space gm>>
      %c = arith.divf %b, %a : f32
      affine.store %c, %y[%i, %j] : memref<21x29xf32, #npu<space gm>>
    }
    poly.domain "{ S0[i] : 0 <= i < 21; S1[i, j] : 0 <= i < 21 and 0 <= j < 29; S2[i, j] : 0 <= i < 21 and 0 <= j < 29; S3[i] : 0 <= i < 21; S4[i, j] : 0 <= i < 21 and 0 <= j < 29; S5[i, j] : 0 <= i < 21 and 0 <= j < 29 }" {
      poly.band "[{ S0[i] -> [(floor(i/8))]; S1[i, j] -> [(floor(i/8))]; S2[i, j] -> [(floor(i/8))]; S3[i] -> [(floor(i/8))]; S4[i, j] -> [(floor(i/8))]; S5[i, j] -> [(floor(i/8))] }]" permutable coincident [1] tile [8] {
        poly.band "[{ S0[i] -> [(i)]; S1[i, j] -> [(i)]; S2[i, j] -> [(i)]; S3[i] -> [(i)]; S4[i, j] -> [(i)]; S5[i, j] -> [(i)] }]" permutable coincident [1] {
          poly.sequence {
            poly.filter "{ S0[i] }" {}
            poly.filter "{ S1[i, j] }" { poly.band "[{ S1[i, j] -> [(j)] }]" permutable coincident [0] {} }
            poly.filter "{ S2[i, j] }" { poly.band "[{ S2[i, j] -> [(j)] }]" permutable coincident [1] {} }
            poly.filter "{ S3[i] }" {}
            poly.filter "{ S4[i, j] }" { poly.band "[{ S4[i, j] -> [(j)] }]" permutable coincident [0] {} }
            poly.filter "{ S5[i, j] }" { poly.band "[{ S5[i, j] -> [(j)] }]" permutable coincident [1] {} }
          }
        }
      }
    }
  }
  func.return
}
}
"""
"""Softmax of rows, tiles of 8 rows: one shared tile and point band over six statements."""

STENCIL = """
builtin.module attributes {npu.target = "generic_tiny"} {
func.func @k(%x: memref<12x45xf32, #npu<space gm>>, %y: memref<12x43xf32, #npu<space gm>>) attributes {npu.kernel} {
  poly.scop {
    poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 <= i < 12 and 0 <= j < 43 }"
        order "{ S0[i, j] -> [0, i, 0, j, 0] }" {
      %a = affine.load %x[%i, %j] : memref<12x45xf32, #npu<space gm>>
      %b = affine.load %x[%i, %j + 1] : memref<12x45xf32, #npu<space gm>>
      %c = affine.load %x[%i, %j + 2] : memref<12x45xf32, #npu<space gm>>
      %s = arith.addf %a, %b : f32
      %r = arith.addf %s, %c : f32
      affine.store %r, %y[%i, %j] : memref<12x43xf32, #npu<space gm>>
    }
    poly.domain "{ S0[i, j] : 0 <= i < 12 and 0 <= j < 43 }" {
      poly.band "[{ S0[i, j] -> [(floor(i/8))] }, { S0[i, j] -> [(floor(j/16))] }]" permutable coincident [1, 1] tile [8, 16] {
        poly.band "[{ S0[i, j] -> [(i)] }, { S0[i, j] -> [(j)] }]" permutable coincident [1, 1] {}
      }
    }
  }
  func.return
}
}
"""
"""Sum of three neighbours in a row: three references at different positions in a block."""

MATMUL = """
builtin.module attributes {npu.target = "ascend910"} {
func.func @k(%a: memref<5x3x16x16xf16, #npu<space gm>>, %b: memref<5x2x16x16xf16, #npu<space gm>>,
             %bias: memref<2x16xf32, #npu<space gm>>, %y: memref<2x3x16x16xf32, #npu<space gm>>)
    attributes {npu.kernel} {
  %c = memref.alloc() : memref<2x3x16x16xf32, #npu<space gm>>
  poly.scop {
    poly.stmt @S0(%n1, %m1, %m0, %n0) domain "{ S0[n1, m1, m0, n0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16 }"
        order "{ S0[n1, m1, m0, n0] -> [0, n1, m1, m0, n0, 0, 0] }" {
      %z = arith.constant 0.0 : f32
      affine.store %z, %c[%n1, %m1, %m0, %n0] : memref<2x3x16x16xf32, #npu<space gm>>
    }
    poly.stmt @S1(%n1, %m1, %m0, %n0, %k1, %k0) domain "{ S1[n1, m1, m0, n0, k1, k0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16 and 0 <= k1 < 5 and 0 <= k0 < 16 }"
        order "{ S1[n1, m1, m0, n0, k1, k0] -> [1, n1, m1, m0, n0, k1, k0] }" reduction "add" {
      %l = affine.load %a[%k1, %m1, %m0, %k0] : memref<5x3x16x16xf16, #npu<space gm>>
      %r = affine.load %b[%k1, %n1, %n0, %k0] : memref<5x2x16x16xf16, #npu<space gm>>
      %le = arith.extf %l : f16 to f32
      %re = arith.extf %r : f16 to f32
      %p = arith.mulf %le, %re : f32
      %o = affine.load %c[%n1, %m1, %m0, %n0] : memref<2x3x16x16xf32, #npu<space gm>>
      %s = arith.addf %o, %p : f32
      affine.store %s, %c[%n1, %m1, %m0, %n0] : memref<2x3x16x16xf32, #npu<space gm>>
    }
    poly.stmt @S2(%n1, %m1, %m0, %n0) domain "{ S2[n1, m1, m0, n0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16 }"
        order "{ S2[n1, m1, m0, n0] -> [2, n1, m1, m0, n0, 0, 0] }" {
      %v = affine.load %c[%n1, %m1, %m0, %n0] : memref<2x3x16x16xf32, #npu<space gm>>
      %w = affine.load %bias[%n1, %n0] : memref<2x16xf32, #npu<space gm>>
      %s = arith.addf %v, %w : f32
      affine.store %s, %y[%n1, %m1, %m0, %n0] : memref<2x3x16x16xf32, #npu<space gm>>
    }
    poly.domain "{ S0[n1, m1, m0, n0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16; S1[n1, m1, m0, n0, k1, k0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16 and 0 <= k1 < 5 and 0 <= k0 < 16; S2[n1, m1, m0, n0] : 0 <= n1 < 2 and 0 <= m1 < 3 and 0 <= m0 < 16 and 0 <= n0 < 16 }" {
      poly.band "[{ S0[n1, m1, m0, n0] -> [(n1)]; S1[n1, m1, m0, n0, k1, k0] -> [(n1)]; S2[n1, m1, m0, n0] -> [(n1)] }, { S0[n1, m1, m0, n0] -> [(floor(m1/2))]; S1[n1, m1, m0, n0, k1, k0] -> [(floor(m1/2))]; S2[n1, m1, m0, n0] -> [(floor(m1/2))] }]" permutable coincident [1, 1] tile [1, 2] {
        poly.sequence {
          poly.filter "{ S0[n1, m1, m0, n0]; S1[n1, m1, m0, n0, k1, k0] }" {
            poly.band "[{ S0[n1, m1, m0, n0] -> [(0)]; S1[n1, m1, m0, n0, k1, k0] -> [(floor(k1/2))] }]" permutable coincident [0] tile [2] {
              poly.sequence {
                poly.filter "{ S0[n1, m1, m0, n0] }" {}
                poly.filter "{ S1[n1, m1, m0, n0, k1, k0] }" {}
              }
            }
          }
          poly.filter "{ S2[n1, m1, m0, n0] }" {}
        }
      }
    }
  }
  func.return
}
}
"""
"""A fractal contraction with a k-tile band, and a bias add on the vector unit."""
