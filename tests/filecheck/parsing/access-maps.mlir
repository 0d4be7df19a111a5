// RUN: akg-opt %s --print-op-generic | filecheck %s
// RUN: akg-opt %s | akg-opt --print-op-generic | filecheck %s

// Subscripts are dimensions, whatever xDSL's parser says.

// CHECK: "affine.load"(%{{.*}}, %{{.*}}, %{{.*}}) <{map = affine_map<(d0, d1) -> (d0, ((d1 * 2) + 1))>}>
func.func @f(%a : memref<8x9xf32>) -> f32 {
  %i = arith.constant 1 : index
  %j = arith.constant 2 : index
  %0 = affine.load %a[%i, %j * 2 + 1] : memref<8x9xf32>
  func.return %0 : f32
}
