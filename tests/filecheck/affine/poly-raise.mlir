// RUN: akg-opt %s -p 'poly-raise' | filecheck %s

// One statement per store; a reduction keeps its kind; orders share one length.
func.func @row_sum(%x: memref<6x8xf32>, %y: memref<6xf32>) attributes {npu.kernel} {
  %t = memref.alloc() : memref<6xf32>
  affine.for %i = 0 to 6 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %t[%i] : memref<6xf32>
  }
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 8 {
      %a = affine.load %t[%i] : memref<6xf32>
      %b = affine.load %x[%i, %j] : memref<6x8xf32>
      %c = arith.addf %a, %b : f32
      affine.store %c, %t[%i] : memref<6xf32>
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 6 {
    %a = affine.load %t[%i] : memref<6xf32>
    affine.store %a, %y[%i] : memref<6xf32>
  }
  func.return
}
// CHECK-LABEL: func.func @row_sum
// CHECK-NEXT:    memref.alloc
// CHECK-NEXT:    poly.scop {
// CHECK-NEXT:      poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i <= 5 }" order "{ S0[i] -> [0, i, 0, 0, 0] }" {
// CHECK-NEXT:        %zero = arith.constant
// CHECK-NEXT:        affine.store %zero, %t[%i]
// CHECK:           poly.stmt @S1
// CHECK-SAME:        order "{ S1[i, j] -> [1, i, 0, j, 0] }" reduction "add"
// CHECK:           poly.stmt @S2
// CHECK-SAME:        order "{ S2[i] -> [2, i, 0, 0, 0] }"
// CHECK:           poly.domain
// CHECK-NEXT:        poly.sequence {
// CHECK-NEXT:          poly.filter "{ S0[i] }" {
// CHECK-NEXT:            poly.band "[{ S0[i] -> [(i)] }]" coincident [0]
// CHECK:               poly.filter "{ S1[i, j] }" {
// CHECK-NEXT:            poly.band "[{ S1[i, j] -> [(i)] }, { S1[i, j] -> [(j)] }]" coincident [0, 0]
// CHECK:         func.return

// Steps, several bounds, conditions, and counters used as data.
#last = affine_map<(d0) -> (d0 + 3, 10)>
#even = affine_set<(d0) : (d0 - 2 >= 0)>
func.func @bounds(%x: memref<10xi32>) {
  affine.for %i = 0 to 10 step 4 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to min #last(%i) {
      "affine.if"(%j) <{condition = #even}> ({
        %v = arith.index_cast %j : index to i32
        affine.store %v, %x[%j] : memref<10xi32>
        "affine.yield"() : () -> ()
      }, {}) : (index) -> ()
    }
  }
  func.return
}
// CHECK-LABEL: func.func @bounds
// CHECK:         poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 <= i <= 2 and j >= 4i and 2 <= j <= 9 and j <= 2 + 4i }"
// CHECK-SAME:      order "{ S0[i, j] -> [0, i, 0, j, 0] }"
// CHECK-NEXT:      arith.index_cast %j
// CHECK-NEXT:      affine.store %{{.*}}, %x[%j]
