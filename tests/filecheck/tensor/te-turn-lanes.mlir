// RUN: akg-opt %s -p 'te-turn-lanes' | filecheck %s

// Rows are padded as they lie; what is padded along them is turned.
// CHECK-LABEL: func.func @pad
// CHECK-NEXT:    [[H:%.*]] = te.pad %x value 0.000000e+00 : f16 low [0, 1, 0] high [0, 1, 0] : tensor<64x56x56xf16> -> tensor<64x58x56xf16>
// CHECK-NEXT:    [[R:%.*]] = te.reshape [[H]] : tensor<64x58x56xf16> -> tensor<3712x56xf16>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[R]] perm [1, 0] : tensor<3712x56xf16> -> tensor<56x3712xf16>
// CHECK-NEXT:    [[P:%.*]] = te.pad [[T]] value 0.000000e+00 : f16 low [1, 0] high [1, 0] : tensor<56x3712xf16> -> tensor<58x3712xf16>
// CHECK-NEXT:    [[B:%.*]] = te.transpose [[P]] perm [1, 0] : tensor<58x3712xf16> -> tensor<3712x58xf16>
// CHECK-NEXT:    te.reshape [[B]] : tensor<3712x58xf16> -> tensor<64x58x58xf16>
func.func @pad(%x: tensor<64x56x56xf16>) -> tensor<64x58x58xf16> {
  %0 = te.pad %x value 0.0 : f16 low [0, 1, 1] high [0, 1, 1] : tensor<64x56x56xf16> -> tensor<64x58x58xf16>
  func.return %0 : tensor<64x58x58xf16>
}

// What cuts rows for a concatenation that is turned is turned, too, from one transposition.
// CHECK-LABEL: func.func @roll
// CHECK-NEXT:    [[T:%.*]] = te.transpose %x perm [1, 0] : tensor<3584x56xf16> -> tensor<56x3584xf16>
// CHECK-NEXT:    [[A:%.*]] = te.slice [[T]] offsets [3, 0] strides [1, 1] : tensor<56x3584xf16> -> tensor<53x3584xf16>
// CHECK-NEXT:    [[B:%.*]] = te.slice [[T]] offsets [0, 0] strides [1, 1] : tensor<56x3584xf16> -> tensor<3x3584xf16>
// CHECK-NEXT:    [[C:%.*]] = te.concat [[A]], [[B]] axis 0
// CHECK-NEXT:    te.transpose [[C]] perm [1, 0] : tensor<56x3584xf16> -> tensor<3584x56xf16>
func.func @roll(%x: tensor<3584x56xf16>) -> tensor<3584x56xf16> {
  %0 = te.slice %x offsets [0, 3] strides [1, 1] : tensor<3584x56xf16> -> tensor<3584x53xf16>
  %1 = te.slice %x offsets [0, 0] strides [1, 1] : tensor<3584x56xf16> -> tensor<3584x3xf16>
  %2 = te.concat %0, %1 axis 1 : (tensor<3584x53xf16>, tensor<3584x3xf16>) -> tensor<3584x56xf16>
  func.return %2 : tensor<3584x56xf16>
}

// Pairs of equal elements are less than a block: the rows of those in front of them are turned.
// What follows finds the result turned.
// CHECK-LABEL: func.func @repeat
// CHECK-NEXT:    [[R:%.*]] = te.reshape %x : tensor<3584x28x1xf16> -> tensor<3584x28xf16>
// CHECK-NEXT:    [[T:%.*]] = te.transpose [[R]] perm [1, 0] : tensor<3584x28xf16> -> tensor<28x3584xf16>
// CHECK-NEXT:    [[G:%.*]] = te.reshape [[T]] : tensor<28x3584xf16> -> tensor<28x1x3584xf16>
// CHECK-NEXT:    [[B:%.*]] = te.broadcast_to [[G]] : tensor<28x1x3584xf16> -> tensor<28x2x3584xf16>
// CHECK-NEXT:    [[L:%.*]] = te.reshape [[B]] : tensor<28x2x3584xf16> -> tensor<56x3584xf16>
// CHECK-NEXT:    [[S:%.*]] = te.slice [[L]] offsets [55, 0] strides [-1, 1] : tensor<56x3584xf16> -> tensor<56x3584xf16>
// CHECK-NEXT:    te.transpose [[S]] perm [1, 0] : tensor<56x3584xf16> -> tensor<3584x56xf16>
func.func @repeat(%x: tensor<3584x28x1xf16>) -> tensor<3584x56xf16> {
  %0 = te.broadcast_to %x : tensor<3584x28x1xf16> -> tensor<3584x28x2xf16>
  %1 = te.reshape %0 : tensor<3584x28x2xf16> -> tensor<3584x56xf16>
  %2 = te.slice %1 offsets [0, 55] strides [1, -1] : tensor<3584x56xf16> -> tensor<3584x56xf16>
  func.return %2 : tensor<3584x56xf16>
}

// Whole blocks; few elements; bytes, which no transposition takes; other dimensions.
// CHECK-LABEL: func.func @others
// CHECK-NOT:     te.transpose
func.func @others(%a: tensor<3584x64xf16>, %b: tensor<8x9xf16>, %c: tensor<3584x56xi8>) -> (tensor<3584x96xf16>, tensor<8x5xf16>, tensor<3584x58xi8>, tensor<3586x64xf16>) {
  %0 = te.pad %a value 0.0 : f16 low [0, 16] high [0, 16] : tensor<3584x64xf16> -> tensor<3584x96xf16>
  %1 = te.slice %b offsets [0, 0] strides [1, 2] : tensor<8x9xf16> -> tensor<8x5xf16>
  %2 = te.pad %c value 0 : i8 low [0, 1] high [0, 1] : tensor<3584x56xi8> -> tensor<3584x58xi8>
  %3 = te.pad %a value 0.0 : f16 low [1, 0] high [1, 0] : tensor<3584x64xf16> -> tensor<3586x64xf16>
  func.return %0, %1, %2, %3 : tensor<3584x96xf16>, tensor<8x5xf16>, tensor<3584x58xi8>, tensor<3586x64xf16>
}
