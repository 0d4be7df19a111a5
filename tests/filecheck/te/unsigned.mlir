// RUN: akg-opt %s | akg-opt | filecheck %s
// RUN: akg-opt %s -p te-partition,convert-te-to-affine | filecheck %s --check-prefix BODY

// Bodies hold no unsigned constants: numbers of f16 are converted.
// CHECK-LABEL: @bytes
// CHECK: te.constant dense<200> : tensor<ui8>
// CHECK: te.pad %x value 255 : ui8 low [0] high [1]
// CHECK: te.compare lt
// CHECK: te.select
// CHECK: te.cast %{{.*}} : tensor<5xui8> -> tensor<5xf32>
// BODY-LABEL: @bytes
// BODY: arith.constant 2.550000e+02 : f16
// BODY-NEXT: arith.fptoui {{.*}} : f16 to ui8
// BODY: arith.uitofp {{.*}} : ui8 to f16
// BODY: arith.cmpf olt
// BODY: arith.uitofp {{.*}} : ui8 to f32
// BODY: arith.trunci {{.*}} : i32 to ui8
func.func @bytes(%x: tensor<4xui8>, %n: tensor<4xi32>) -> (tensor<5xf32>, tensor<4xui8>) {
  %limit = te.constant dense<200> : tensor<ui8>
  %p = te.pad %x value 255 : ui8 low [0] high [1] : tensor<4xui8> -> tensor<5xui8>
  %c = te.compare lt %p, %limit : (tensor<5xui8>, tensor<ui8>) -> tensor<5xi1>
  %s = te.select %c, %p, %limit : (tensor<5xi1>, tensor<5xui8>, tensor<ui8>) -> tensor<5xui8>
  %f = te.cast %s : tensor<5xui8> -> tensor<5xf32>
  %u = te.cast %n : tensor<4xi32> -> tensor<4xui8>
  return %f, %u : tensor<5xf32>, tensor<4xui8>
}
