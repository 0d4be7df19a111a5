// RUN: akg-opt %s -p poly-raise --split-input-file | filecheck %s

// Both branches of a condition, a minimum as bound, and a step from a maximum.
// CHECK-LABEL: @branches
// CHECK: poly.stmt @S0({{.*}}) domain "{ S0[i, j] : 0 <= i <= 5 and i < j <= 2 + i
// CHECK: affine.store {{%.*}}, %y[%i, %j]
// CHECK: poly.stmt @S1({{.*}}) domain "{ S1[i, j] : i <= 7 and j <= i
// CHECK: affine.store {{%.*}}, %y[%j_1, %i_1]
#later = affine_set<(d0, d1) : (d1 - d0 - 1 >= 0)>
func.func @branches(%x: memref<8x8xf32>, %y: memref<8x8xf32>) {
  affine.for %i = 0 to 8 {
    %end = affine.min affine_map<(d0) -> (d0 + 3, 8)>(%i)
    affine.for %j = max affine_map<(d0) -> (d0 - 2, 0)>(%i) to %end step 2 {
      %a = affine.load %x[%i, %j] : memref<8x8xf32>
      affine.if #later(%i, %j) {
        affine.store %a, %y[%i, %j] : memref<8x8xf32>
      } else {
        affine.store %a, %y[%j, %i] : memref<8x8xf32>
      }
    }
  }
  func.return
}

// -----

// A value that a loop carries lives in memory.
// CHECK-LABEL: @carried
// CHECK: [[SUM:%.*]] = memref.alloc() : memref<f32, #npu<space gm>>
// CHECK: poly.stmt @S0() domain "{ S0[] }"
// CHECK: affine.store {{%.*}}, [[SUM]][] : memref<f32, #npu<space gm>>
// CHECK: poly.stmt @S1(%i)
// CHECK: affine.load [[SUM]][]
// CHECK: affine.store {{%.*}}, [[SUM]][]
// CHECK: poly.stmt @S2() domain "{ S2[] }"
func.func @carried(%x: memref<8xf32>, %y: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %sum = affine.for %i = 0 to 8 iter_args(%part = %zero) -> (f32) {
    %a = affine.load %x[%i] : memref<8xf32>
    %b = arith.addf %part, %a : f32
    affine.yield %b : f32
  }
  affine.store %sum, %y[] : memref<f32>
  func.return
}
