// RUN: akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S1: _, _, _, _, 4@L1, _ / _, _, _, _, 2@L0A, _"},poly-assign-units,poly-promote' | filecheck %s

// The inner band over k tiles is below the one for L1, and hops are where their memory needs them:
// to L1 below the outer band. The accumulator is above both.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @product(%a: memref<7x2x16x16xf16>, %b: memref<7x2x16x16xf16>, %c: memref<2x2x16x16xf32>)
      attributes {npu.kernel} {
    affine.for %n1 = 0 to 2 {
      affine.for %m1 = 0 to 2 {
        affine.for %m0 = 0 to 16 {
          affine.for %n0 = 0 to 16 {
            %z = arith.constant 0.0 : f32
            affine.store %z, %c[%n1, %m1, %m0, %n0] : memref<2x2x16x16xf32>
          }
        }
      }
    }
    affine.for %n1 = 0 to 2 {
      affine.for %m1 = 0 to 2 {
        affine.for %m0 = 0 to 16 {
          affine.for %n0 = 0 to 16 {
            affine.for %k1 = 0 to 7 {
              affine.for %k0 = 0 to 16 {
                %s = affine.load %c[%n1, %m1, %m0, %n0] : memref<2x2x16x16xf32>
                %p = affine.load %a[%k1, %m1, %m0, %k0] : memref<7x2x16x16xf16>
                %q = affine.load %b[%k1, %n1, %n0, %k0] : memref<7x2x16x16xf16>
                %pp = arith.extf %p : f16 to f32
                %qq = arith.extf %q : f16 to f32
                %t = arith.mulf %pp, %qq : f32
                %u = arith.addf %s, %t : f32
                affine.store %u, %c[%n1, %m1, %m0, %n0] : memref<2x2x16x16xf32>
              }
            }
          }
        }
      }
    } {poly.reduction = "add"}
    func.return
  }
}
// CHECK:      %a_l1 = npu.buffer {npu.tile_dims = 2 : i64} : memref<4x2x16x16xf16, #npu<space l1>>
// CHECK-NEXT: %b_l1 = npu.buffer {npu.tile_dims = 2 : i64} : memref<4x2x16x16xf16, #npu<space l1>>
// CHECK-NEXT: %c_l0c = npu.buffer {npu.tile_dims = 1 : i64} : memref<2x2x16x16xf32, #npu<space l0c>>
// CHECK:      poly.domain
// CHECK-NEXT:   poly.band {{.*}} coincident [1] tile [2] chunks [1] {
// CHECK-NEXT:     poly.extension {{.*}} {
// CHECK-NEXT:       poly.sequence {
// CHECK-NEXT:         poly.filter "{ S1_t[{{.*}}]; S0_t[{{.*}}] }" {
// CHECK-NEXT:           poly.band {{.*}} coincident [0] tile [4] {
// CHECK-NEXT:             poly.extension "{{.*}}[0, i1] -> in_a_l1{{.*}}
// CHECK-NEXT:               poly.sequence {
// CHECK-NEXT:                 poly.filter "{ in_a_l1[{{.*}}] }" {
// CHECK:                      poly.filter "{ in_b_l1[{{.*}}] }" {
// CHECK:                      poly.filter "{ S1_t[{{.*}}]; S0_t[{{.*}}] }" {
// CHECK-NEXT:                   poly.band {{.*}} coincident [0] tile [2] {
// CHECK:                            poly.mark "npu.cube" {
// CHECK:              poly.filter "{ out_c_l0c[{{.*}}] }" {
