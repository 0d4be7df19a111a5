// RUN: akg-opt %s -p 'te-record-workload,te-partition' | filecheck %s

// A tile of what two gates make together would read a few columns of each: the product is apart.
// CHECK-LABEL: func.func private @gates_kernel0
// CHECK-NEXT:    te.matmul
// CHECK-NEXT:    func.return
// CHECK-LABEL: func.func private @gates_kernel1
// CHECK-NEXT:    te.add
// CHECK-NEXT:    te.slice
// CHECK-NEXT:    te.slice
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    func.return
func.func @gates(%h: tensor<1x256xf32>, %r: tensor<256x512xf32>, %x: tensor<1x512xf32>) -> tensor<1x256xf32> {
  %p = te.matmul %h, %r : (tensor<1x256xf32>, tensor<256x512xf32>) -> tensor<1x512xf32>
  %g = te.add %p, %x : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32>
  %a = te.slice %g offsets [0, 0] strides [1, 1] : tensor<1x512xf32> -> tensor<1x256xf32>
  %b = te.slice %g offsets [0, 256] strides [1, 1] : tensor<1x512xf32> -> tensor<1x256xf32>
  %y = te.mul %a, %b : (tensor<1x256xf32>, tensor<1x256xf32>) -> tensor<1x256xf32>
  func.return %y : tensor<1x256xf32>
}

// Of many rows a tile has whole ones.
// CHECK-LABEL: func.func private @rows_kernel0
// CHECK-NEXT:    te.matmul
// CHECK-NEXT:    te.slice
// CHECK-NEXT:    te.slice
// CHECK-NEXT:    te.mul
// CHECK-NEXT:    func.return
func.func @rows(%h: tensor<64x64xf32>, %r: tensor<64x128xf32>) -> tensor<64x64xf32> {
  %p = te.matmul %h, %r : (tensor<64x64xf32>, tensor<64x128xf32>) -> tensor<64x128xf32>
  %a = te.slice %p offsets [0, 0] strides [1, 1] : tensor<64x128xf32> -> tensor<64x64xf32>
  %b = te.slice %p offsets [0, 64] strides [1, 1] : tensor<64x128xf32> -> tensor<64x64xf32>
  %y = te.mul %a, %b : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  func.return %y : tensor<64x64xf32>
}
