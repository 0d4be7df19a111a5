// RUN: akg-opt %s -p 'poly-assign-units,poly-promote,npu-generate' | filecheck %s

// GM -> L1, products of L1 in L0C, L0C -> UB; the first k tile starts from zero.
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
// CHECK:       npu.schedule = ["cores 2 x 2, tiles of each 1 x 1",
// CHECK-SAME:  "S1 on cube: c[n1, m1, m0, n0] = c[n1, m1, m0, n0] + (f32(a[k1, m1, m0, k0]) * f32(b[k1, n1, n0, k0]))"
// CHECK:         npu.mmad {{.*}} m 16 k 32 n 16
// CHECK:       } else {
// CHECK:         scf.for
// CHECK:           npu.dma {{.*}} #npu<space gm>> -> memref<{{.*}} #npu<space l1>>
// CHECK:           npu.dma {{.*}} #npu<space gm>> -> memref<{{.*}} #npu<space l1>>
// CHECK:           [[FIRST:%.*]] = arith.cmpi eq
// CHECK-NEXT:      npu.mmad {{.*}} init [[FIRST]] m 32 k 32 n 16
// CHECK:         }
// CHECK:         [[NEVER:%.*]] = arith.constant false
// CHECK-NEXT:    npu.mmad {{.*}} init [[NEVER]] m 32 k 16 n 16
// CHECK:         npu.dma {{.*}} #npu<space l0c>> -> memref<{{.*}} #npu<space ub>>
// CHECK:         npu.vbinary add
