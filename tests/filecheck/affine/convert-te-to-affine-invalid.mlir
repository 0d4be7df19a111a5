// RUN: not akg-opt %s -p 'convert-te-to-affine' 2>&1 | filecheck %s

// CHECK: te.softmax at {{.*}}: has no loop nest
// CHECK-NEXT: help: run te-decompose first
func.func private @k(%x: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {npu.kernel} {
  %y = te.softmax %x axis -1 : tensor<4x8xf32>
  func.return %y : tensor<4x8xf32>
}
