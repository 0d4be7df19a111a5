// RUN: akg-opt %s -p 'te-propagate-layout' | filecheck %s

// Between the contractions everything stays packed, the bias as rows of fractals.
// CHECK-LABEL: func.func @chain
// CHECK-DAG:     [[X:%.*]] = te.pack %x nz : tensor<32x64xf16> -> tensor<4x2x16x16xf16>
// CHECK-DAG:     [[W:%.*]] = te.pack %w zn : tensor<64x48xf16> -> tensor<4x3x16x16xf16>
// CHECK:         [[P:%.*]] = te.fractal_matmul [[X]], [[W]] m 32 k 64 n 48
// CHECK-NEXT:    [[C:%.*]] = te.cast [[P]] : tensor<3x2x16x16xf32> -> tensor<3x2x16x16xf16>
// CHECK-NEXT:    [[B:%.*]] = te.reshape %bias : tensor<48xf16> -> tensor<3x1x1x16xf16>
// CHECK-NEXT:    [[S:%.*]] = te.add [[C]], [[B]] : (tensor<3x2x16x16xf16>, tensor<3x1x1x16xf16>) -> tensor<3x2x16x16xf16>
// CHECK-NEXT:    [[V:%.*]] = te.pack %v nz : tensor<16x48xf16> -> tensor<3x1x16x16xf16>
// CHECK-NEXT:    [[Q:%.*]] = te.fractal_matmul [[S]], [[V]] m 32 k 48 n 16
// CHECK-NEXT:    %d = te.unpack [[Q]] nz : tensor<1x2x16x16xf32> -> tensor<32x16xf32>
// CHECK-NEXT:    func.return %d
func.func @chain(%x: tensor<32x64xf16>, %w: tensor<64x48xf16>, %bias: tensor<48xf16>, %v: tensor<16x48xf16>) -> tensor<32x16xf32> {
  %a = te.matmul %x, %w : (tensor<32x64xf16>, tensor<64x48xf16>) -> tensor<32x48xf32>
  %b = te.cast %a : tensor<32x48xf32> -> tensor<32x48xf16>
  %c = te.add %b, %bias : (tensor<32x48xf16>, tensor<48xf16>) -> tensor<32x48xf16>
  %d = te.matmul %c, %v transpose_b : (tensor<32x48xf16>, tensor<16x48xf16>) -> tensor<32x16xf32>
  func.return %d : tensor<32x16xf32>
}

// exp makes ones of the zeros that pad 40 columns to 48: packed again, since they would be summed.
// relu keeps them.
// CHECK-LABEL: func.func @padding
// CHECK:         [[P:%.*]] = te.fractal_matmul {{.*}} m 20 k 40 n 40
// CHECK:         [[C:%.*]] = te.cast [[P]]
// CHECK:         [[E:%.*]] = te.exp [[C]]
// CHECK:         [[U:%.*]] = te.unpack [[E]] nz : tensor<3x2x16x16xf16> -> tensor<20x40xf16>
// CHECK:         [[R:%.*]] = te.relu [[C]]
// CHECK:         [[Z:%.*]] = te.pad [[U]] value 0.000000e+00 : f16 low [0, 0] high [12, 8]
// CHECK:         [[F:%.*]] = te.pack [[Z]] nz
// CHECK:         te.fractal_matmul [[F]],
// CHECK:         te.fractal_matmul [[R]],
func.func @padding(%x: tensor<20x40xf16>, %w: tensor<40x40xf16>) -> (tensor<20x40xf32>, tensor<20x40xf32>) {
  %a = te.matmul %x, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  %b = te.cast %a : tensor<20x40xf32> -> tensor<20x40xf16>
  %c = te.exp %b : tensor<20x40xf16>
  %d = te.relu %b : tensor<20x40xf16>
  %e = te.matmul %c, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  %f = te.matmul %d, %w : (tensor<20x40xf16>, tensor<40x40xf16>) -> tensor<20x40xf32>
  func.return %e, %f : tensor<20x40xf32>, tensor<20x40xf32>
}

// A transposition of an operand is packed away; f32 operands are the vector unit's.
// CHECK-LABEL: func.func @operands
// CHECK:         te.pack %x zn : tensor<64x32xf16> -> tensor<4x2x16x16xf16>
// CHECK:         te.matmul %y, %y :
func.func @operands(%x: tensor<64x32xf16>, %w: tensor<64x16xf16>, %y: tensor<4x4xf32>) -> (tensor<32x16xf32>, tensor<4x4xf32>) {
  %t = te.transpose %x perm [1, 0] : tensor<64x32xf16> -> tensor<32x64xf16>
  %a = te.matmul %t, %w : (tensor<32x64xf16>, tensor<64x16xf16>) -> tensor<32x16xf32>
  %b = te.matmul %y, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return %a, %b : tensor<32x16xf32>, tensor<4x4xf32>
}

// i8 has 32 columns in a fractal, so what was made as a result is packed again as an operand.
// CHECK-LABEL: func.func @bytes
// CHECK:         te.pack {{.*}} nz : tensor<32x64xi8> -> tensor<2x2x16x32xi8>
// CHECK:         te.pack {{.*}} zn : tensor<64x48xi8> -> tensor<2x3x16x32xi8>
// CHECK:         te.fractal_matmul {{.*}} -> tensor<3x2x16x16xi32>
// CHECK:         [[U:%.*]] = te.unpack {{.*}} -> tensor<20x40xi32>
// CHECK:         [[C:%.*]] = te.cast [[U]]
// CHECK:         te.pad [[C]] value 0 : i8 low [0, 0] high [12, 24]
func.func @bytes(%x: tensor<20x40xi8>, %w: tensor<40x40xi8>) -> tensor<20x40xi32> {
  %a = te.matmul %x, %w : (tensor<20x40xi8>, tensor<40x40xi8>) -> tensor<20x40xi32>
  %b = te.cast %a : tensor<20x40xi32> -> tensor<20x40xi8>
  %c = te.matmul %b, %w : (tensor<20x40xi8>, tensor<40x40xi8>) -> tensor<20x40xi32>
  func.return %c : tensor<20x40xi32>
}
