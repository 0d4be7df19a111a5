// RUN: akg-opt %s -p 'poly-assign-units,poly-promote,npu-generate' | filecheck %s

// One loop for the full tiles and code of its own for the partial ones; constant sizes everywhere.
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
// CHECK:       func.func @k
// CHECK-SAME:  npu.cores = 1 : i64
// CHECK-SAME:  npu.schedule = ["S0 on vector: t[i, j] = x[i, j] + b[j]", "S1 on vector: y[i, j] = max(t[i, j], 0)"]
// CHECK-NOT:     poly.
// CHECK-NOT:     memref.alloc
// CHECK:         scf.for %t0 = {{.*}} {
// CHECK:           npu.dma {{.*}} -> memref<8x16xf32, strided<[16, 1], offset: ?>, #npu<space ub>>
// CHECK:           npu.vbinary add
// CHECK-SAME:      memref<8x16xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
// CHECK:           npu.vscalar max
// CHECK:           npu.dma
// CHECK:           npu.vbinary add {{.*}} memref<8x13xf32
// CHECK:         }
// CHECK:         npu.vbinary add {{.*}} memref<5x16xf32
// CHECK:         npu.vbinary add {{.*}} memref<5x13xf32
// CHECK-NOT:     poly.
