// RUN: akg-opt %s -p 'te-sink-reshapes' | filecheck %s

// The epilogue of a contraction goes to its shape; the two reshapes cancel.
// CHECK-LABEL: func.func @epilogue
// CHECK-NEXT:    %0 = te.matmul %x, %w
// CHECK-NEXT:    [[B:%.*]] = te.add %0, %b : (tensor<6x8xf32>, tensor<1x8xf32>) -> tensor<6x8xf32>
// CHECK-NEXT:    [[R:%.*]] = te.reshape %r : tensor<2x3x8xf32> -> tensor<6x8xf32>
// CHECK-NEXT:    [[S:%.*]] = te.add [[B]], [[R]]
// CHECK-NEXT:    te.matmul [[S]], %w
func.func @epilogue(%x: tensor<6x8xf32>, %w: tensor<8x8xf32>, %b: tensor<1x8xf32>, %r: tensor<2x3x8xf32>) -> tensor<6x8xf32> {
  %0 = te.matmul %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %1 = te.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = te.add %1, %b : (tensor<2x3x8xf32>, tensor<1x8xf32>) -> tensor<2x3x8xf32>
  %3 = te.add %2, %r : (tensor<2x3x8xf32>, tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %4 = te.reshape %3 : tensor<2x3x8xf32> -> tensor<6x8xf32>
  %5 = te.matmul %4, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  func.return %5 : tensor<6x8xf32>
}

// A mask that varies along the split dimension, and a reshaped argument, stay where they are.
// CHECK-LABEL: func.func @stay
// CHECK:         te.mul {{.*}}, %m : (tensor<2x3x8xf32>, tensor<2x1x8xf32>) -> tensor<2x3x8xf32>
// CHECK:         te.neg {{.*}} : tensor<48xf32>
func.func @stay(%x: tensor<6x8xf32>, %m: tensor<2x1x8xf32>) -> (tensor<2x3x8xf32>, tensor<48xf32>) {
  %0 = te.exp %x : tensor<6x8xf32>
  %1 = te.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = te.mul %1, %m : (tensor<2x3x8xf32>, tensor<2x1x8xf32>) -> tensor<2x3x8xf32>
  %3 = te.reshape %x : tensor<6x8xf32> -> tensor<48xf32>
  %4 = te.neg %3 : tensor<48xf32>
  func.return %2, %4 : tensor<2x3x8xf32>, tensor<48xf32>
}

// CHECK-LABEL: func.func @scalars
// CHECK-NEXT:    [[X:%.*]] = te.reshape %x : tensor<f32> -> tensor<1xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.exp [[X]] : tensor<1xf32>
// CHECK-NEXT:    te.reshape [[Y]] : tensor<1xf32> -> tensor<f32>
func.func @scalars(%x: tensor<f32>) -> tensor<f32> {
  %0 = te.exp %x : tensor<f32>
  func.return %0 : tensor<f32>
}

// A reduction goes to the shape of its operand's source when the reshape does not mix what it
// reduces with what it keeps; a leading dimension of size 1 is read through.
// CHECK-LABEL: func.func @rows
// CHECK-NEXT:    [[E:%.*]] = te.exp %x : tensor<6x8xf32>
// CHECK-NEXT:    [[M:%.*]] = te.reduce max [[E]] axes [1] keepdims : tensor<6x8xf32> -> tensor<6x1xf32>
// CHECK-NEXT:    [[D:%.*]] = te.sub [[E]], [[M]] : (tensor<6x8xf32>, tensor<6x1xf32>) -> tensor<6x8xf32>
// CHECK-NEXT:    te.reshape [[D]] : tensor<6x8xf32> -> tensor<1x6x8xf32>
func.func @rows(%x: tensor<6x8xf32>) -> tensor<1x6x8xf32> {
  %0 = te.exp %x : tensor<6x8xf32>
  %1 = te.reshape %0 : tensor<6x8xf32> -> tensor<1x6x8xf32>
  %2 = te.reduce max %1 axes [2] keepdims : tensor<1x6x8xf32> -> tensor<1x6x1xf32>
  %3 = te.sub %1, %2 : (tensor<1x6x8xf32>, tensor<1x6x1xf32>) -> tensor<1x6x8xf32>
  func.return %3 : tensor<1x6x8xf32>
}

// Half of a split dimension is reduced: the reshape stays.
// CHECK-LABEL: func.func @half
// CHECK:         te.reduce add {{.*}} axes [1] : tensor<2x3x8xf32> -> tensor<2x8xf32>
func.func @half(%x: tensor<6x8xf32>) -> tensor<2x8xf32> {
  %0 = te.exp %x : tensor<6x8xf32>
  %1 = te.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = te.reduce add %1 axes [1] : tensor<2x3x8xf32> -> tensor<2x8xf32>
  func.return %2 : tensor<2x8xf32>
}

// Batch dimensions that both operands merge stay apart.
// CHECK-LABEL: func.func @heads
// CHECK:         te.batch_matmul {{.*}} : (tensor<2x3x4x5xf32>, tensor<2x3x5x4xf32>) -> tensor<2x3x4x4xf32>
func.func @heads(%x: tensor<2x3x4x5xf32>, %y: tensor<2x3x5x4xf32>) -> tensor<6x4x4xf32> {
  %0 = te.exp %x : tensor<2x3x4x5xf32>
  %1 = te.exp %y : tensor<2x3x5x4xf32>
  %2 = te.reshape %0 : tensor<2x3x4x5xf32> -> tensor<6x4x5xf32>
  %3 = te.reshape %1 : tensor<2x3x5x4xf32> -> tensor<6x5x4xf32>
  %4 = te.batch_matmul %2, %3 : (tensor<6x4x5xf32>, tensor<6x5x4xf32>) -> tensor<6x4x4xf32>
  func.return %4 : tensor<6x4x4xf32>
}

// What only makes a column of given values is computed as a column; the reshape of a result stays.
// CHECK-LABEL: func.func @column
// CHECK-NEXT:    [[V:%.*]] = te.reshape %v : tensor<6xf32> -> tensor<6x1xf32>
// CHECK-NEXT:    [[S:%.*]] = te.reshape %s : tensor<1xf32> -> tensor<1x1xf32>
// CHECK-NEXT:    [[C:%.*]] = te.compare gt [[V]], [[S]]
// CHECK-NEXT:    [[P:%.*]] = te.select [[C]], [[V]], [[S]] : {{.*}} -> tensor<6x1xf32>
// CHECK-NEXT:    [[Y:%.*]] = te.mul [[P]], %x : (tensor<6x1xf32>, tensor<6x8xf32>) -> tensor<6x8xf32>
// CHECK-NEXT:    [[E:%.*]] = te.exp %v
// CHECK-NEXT:    te.reshape [[E]] : tensor<6xf32> -> tensor<1x6xf32>
func.func @column(%x: tensor<6x8xf32>, %v: tensor<6xf32>, %s: tensor<1xf32>) -> (tensor<6x8xf32>, tensor<1x6xf32>) {
  %0 = te.compare gt %v, %s : (tensor<6xf32>, tensor<1xf32>) -> tensor<6xi1>
  %1 = te.select %0, %v, %s : (tensor<6xi1>, tensor<6xf32>, tensor<1xf32>) -> tensor<6xf32>
  %2 = te.reshape %1 : tensor<6xf32> -> tensor<6x1xf32>
  %3 = te.mul %2, %x : (tensor<6x1xf32>, tensor<6x8xf32>) -> tensor<6x8xf32>
  %4 = te.exp %v : tensor<6xf32>
  %5 = te.reshape %4 : tensor<6xf32> -> tensor<1x6xf32>
  func.return %3, %5 : tensor<6x8xf32>, tensor<1x6xf32>
}

// Operands whose dimensions are cut as those of the result are read in the shape from before.

// CHECK-LABEL: func.func @groups_of_channels
func.func @groups_of_channels(%x: tensor<1x32x36xf32>, %b: tensor<2x16x1x1xf32>) -> tensor<2x16x6x6xf32> {
  // CHECK-NEXT: %[[y:.+]] = te.exp %x : tensor<1x32x36xf32>
  // CHECK-NEXT: %[[c:.+]] = te.reshape %b : tensor<2x16x1x1xf32> -> tensor<1x32x1xf32>
  // CHECK-NEXT: %[[z:.+]] = te.add %[[y]], %[[c]] : (tensor<1x32x36xf32>, tensor<1x32x1xf32>) -> tensor<1x32x36xf32>
  // CHECK-NEXT: te.reshape %[[z]]
  %y = te.exp %x : tensor<1x32x36xf32>
  %v = te.reshape %y : tensor<1x32x36xf32> -> tensor<2x16x6x6xf32>
  %z = te.add %v, %b : (tensor<2x16x6x6xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x6x6xf32>
  func.return %z : tensor<2x16x6x6xf32>
}

// Two reshapes with padding in between are one in front of it, unless they mix what is padded.

// CHECK-LABEL: func.func @padding
func.func @padding(%x: tensor<12x14x14xf32>) -> (tensor<16x196xf32>, tensor<224x14xf32>) {
  // CHECK: %[[y:.+]] = te.exp
  // CHECK: %[[v:.+]] = te.reshape %[[y]] : tensor<12x14x14xf32> -> tensor<12x196xf32>
  // CHECK: te.pad %[[v]] value 0.000000e+00 : f32 low [2, 0] high [2, 0] : tensor<12x196xf32> -> tensor<16x196xf32>
  // CHECK: te.reshape {{.+}} : tensor<1x16x14x14xf32> -> tensor<224x14xf32>
  %y = te.exp %x : tensor<12x14x14xf32>
  %u = te.reshape %y : tensor<12x14x14xf32> -> tensor<1x12x14x14xf32>
  %p = te.pad %u value 0.0 : f32 low [0, 2, 0, 0] high [0, 2, 0, 0] : tensor<1x12x14x14xf32> -> tensor<1x16x14x14xf32>
  %q = te.pad %u value 0.0 : f32 low [0, 2, 0, 0] high [0, 2, 0, 0] : tensor<1x12x14x14xf32> -> tensor<1x16x14x14xf32>
  %r = te.reshape %p : tensor<1x16x14x14xf32> -> tensor<16x196xf32>
  %s = te.reshape %q : tensor<1x16x14x14xf32> -> tensor<224x14xf32>
  func.return %r, %s : tensor<16x196xf32>, tensor<224x14xf32>
}

// What the host moves of weights is given, as the weights are: no kernel is cut by its reshape.
// CHECK-LABEL: func.func @given
// CHECK-NEXT:    %[[t:.+]] = te.transpose %w
// CHECK-NEXT:    %[[r:.+]] = te.reshape %[[t]]
// CHECK-NEXT:    te.exp %[[r]] : tensor<6x1xf32>
// CHECK-NEXT:    te.mul
func.func @given(%x: tensor<6x8xf32>, %w: tensor<2x3xf32> {te.resource = "w"}) -> tensor<6x8xf32> {
  %t = te.transpose %w perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  %r = te.reshape %t : tensor<3x2xf32> -> tensor<6x1xf32>
  %e = te.exp %r : tensor<6x1xf32>
  %y = te.mul %x, %e : (tensor<6x8xf32>, tensor<6x1xf32>) -> tensor<6x8xf32>
  func.return %y : tensor<6x8xf32>
}
