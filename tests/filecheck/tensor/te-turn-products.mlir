// RUN: akg-opt %s -p 'te-turn-products' | filecheck %s

// Ten columns would use ten of 64 lanes: the 2048 rows take their place.
// CHECK-LABEL: func.func @narrow
// CHECK-NEXT:    [[T:%.*]] = te.matmul %b, %a transpose_a : (tensor<16x10xf32>, tensor<16x2048xf32>) -> tensor<10x2048xf32>
// CHECK-NEXT:    te.transpose [[T]] perm [1, 0] : tensor<10x2048xf32> -> tensor<2048x10xf32>
func.func @narrow(%a: tensor<16x2048xf32>, %b: tensor<16x10xf32>) -> tensor<2048x10xf32> {
  %0 = te.matmul %a, %b transpose_a : (tensor<16x2048xf32>, tensor<16x10xf32>) -> tensor<2048x10xf32>
  func.return %0 : tensor<2048x10xf32>
}

// The other factor as it is given, in every batch.
// CHECK-LABEL: func.func @batch
// CHECK-NEXT:    [[T:%.*]] = te.batch_matmul %b, %a : (tensor<3x10x16xf32>, tensor<3x16x128xf32>) -> tensor<3x10x128xf32>
// CHECK-NEXT:    te.transpose [[T]] perm [0, 2, 1] : tensor<3x10x128xf32> -> tensor<3x128x10xf32>
func.func @batch(%a: tensor<3x16x128xf32>, %b: tensor<3x10x16xf32>) -> tensor<3x128x10xf32> {
  %0 = te.batch_matmul %a, %b transpose_a transpose_b : (tensor<3x16x128xf32>, tensor<3x10x16xf32>) -> tensor<3x128x10xf32>
  func.return %0 : tensor<3x128x10xf32>
}

// Wide enough; few rows given row by row; on the cube.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-3: te.matmul
// CHECK-NOT:     te.transpose
func.func @others(%a: tensor<16x2048xf32>, %b: tensor<16x64xf32>, %c: tensor<512x16xf32>, %d: tensor<16x10xf32>, %e: tensor<16x2048xf16>, %f: tensor<16x10xf16>) -> (tensor<2048x64xf32>, tensor<512x10xf32>, tensor<2048x10xf16>) {
  %0 = te.matmul %a, %b transpose_a : (tensor<16x2048xf32>, tensor<16x64xf32>) -> tensor<2048x64xf32>
  %1 = te.matmul %c, %d : (tensor<512x16xf32>, tensor<16x10xf32>) -> tensor<512x10xf32>
  %2 = te.matmul %e, %f transpose_a : (tensor<16x2048xf16>, tensor<16x10xf16>) -> tensor<2048x10xf16>
  func.return %0, %1, %2 : tensor<2048x64xf32>, tensor<512x10xf32>, tensor<2048x10xf16>
}

// Both factors follow k in memory: 64 lanes sum every 64th element of k, and are added up last.
// CHECK-LABEL: func.func @in_lanes
// CHECK-NEXT:    [[S:%.*]] = te.compute reduce add %a, %b bounds [48, 100, 64, 6] maps [affine_map<(d0, d1, d2, d3) -> (d0, ((d3 * 64) + d2))>, affine_map<(d0, d1, d2, d3) -> (d1, ((d3 * 64) + d2))>] : (tensor<48x384xf32>, tensor<100x384xf32>) -> tensor<48x100x64xf32> {
// CHECK:         te.reduce add [[S]] axes [2] : tensor<48x100x64xf32> -> tensor<48x100xf32>
func.func @in_lanes(%a: tensor<48x384xf32>, %b: tensor<100x384xf32>) -> tensor<48x100xf32> {
  %0 = te.matmul %a, %b transpose_b : (tensor<48x384xf32>, tensor<100x384xf32>) -> tensor<48x100xf32>
  func.return %0 : tensor<48x100xf32>
}

// One row; a k that no 32 lanes share; few results of a short k.
// CHECK-LABEL: func.func @by_rows
// CHECK-COUNT-3: te.matmul
// CHECK-NOT:     te.compute
func.func @by_rows(%a: tensor<1x384xf32>, %b: tensor<100x384xf32>, %c: tensor<48x70xf32>, %d: tensor<100x70xf32>, %e: tensor<8x128xf32>, %f: tensor<10x128xf32>) -> (tensor<1x100xf32>, tensor<48x100xf32>, tensor<8x10xf32>) {
  %0 = te.matmul %a, %b transpose_b : (tensor<1x384xf32>, tensor<100x384xf32>) -> tensor<1x100xf32>
  %1 = te.matmul %c, %d transpose_b : (tensor<48x70xf32>, tensor<100x70xf32>) -> tensor<48x100xf32>
  %2 = te.matmul %e, %f transpose_b : (tensor<8x128xf32>, tensor<10x128xf32>) -> tensor<8x10xf32>
  func.return %0, %1, %2 : tensor<1x100xf32>, tensor<48x100xf32>, tensor<8x10xf32>
}

// Long f16 sums for one fractal of results: the cube would take them on one core.
// CHECK-LABEL: func.func @one_fractal
// CHECK-NEXT:    te.cast %a : tensor<16x2048xf16> -> tensor<16x2048xf32>
// CHECK-NEXT:    te.cast %b : tensor<10x2048xf16> -> tensor<10x2048xf32>
// CHECK-NEXT:    te.compute reduce add
// CHECK:         [[S:%.*]] = te.reduce add
// CHECK-NEXT:    te.cast [[S]] : tensor<16x10xf32> -> tensor<16x10xf16>
func.func @one_fractal(%a: tensor<16x2048xf16>, %b: tensor<10x2048xf16>) -> tensor<16x10xf16> {
  %0 = te.matmul %a, %b transpose_b : (tensor<16x2048xf16>, tensor<10x2048xf16>) -> tensor<16x10xf16>
  func.return %0 : tensor<16x10xf16>
}

// Short sums; two fractals of results.
// CHECK-LABEL: func.func @fractals
// CHECK-COUNT-2: te.matmul {{.*}}xf16>)
func.func @fractals(%a: tensor<16x256xf16>, %b: tensor<10x256xf16>, %c: tensor<17x2048xf16>, %d: tensor<10x2048xf16>) -> (tensor<16x10xf16>, tensor<17x10xf16>) {
  %0 = te.matmul %a, %b transpose_b : (tensor<16x256xf16>, tensor<10x256xf16>) -> tensor<16x10xf16>
  %1 = te.matmul %c, %d transpose_b : (tensor<17x2048xf16>, tensor<10x2048xf16>) -> tensor<17x10xf16>
  func.return %0, %1 : tensor<16x10xf16>, tensor<17x10xf16>
}

// Weights are transposed by the host: their long columns fill the lanes for many rows, or for all
// cores. A factor that is computed, a few rows of fewer columns, and short columns stay.
// CHECK-LABEL: func.func @weights
// CHECK-NEXT:    [[T:%.*]] = te.transpose %w perm [1, 0] : tensor<200x384xf32> -> tensor<384x200xf32>
// CHECK-NEXT:    te.matmul %a, [[T]] : (tensor<48x384xf32>, tensor<384x200xf32>) -> tensor<48x200xf32>
// CHECK-NEXT:    [[U:%.*]] = te.transpose %v
// CHECK-NEXT:    te.matmul %c, [[U]] : (tensor<1x64xf32>, tensor<64x4096xf32>) -> tensor<1x4096xf32>
// CHECK-NEXT:    te.compute
// CHECK:         te.matmul %c, %u transpose_b
// CHECK-NEXT:    te.compute
func.func @weights(%a: tensor<48x384xf32>, %b: tensor<200x384xf32>, %c: tensor<1x64xf32>, %w: tensor<200x384xf32> {te.resource = "w"}, %v: tensor<4096x64xf32> {te.resource = "v"}, %u: tensor<1000x64xf32> {te.resource = "u"}, %s: tensor<40x384xf32> {te.resource = "s"}) -> (tensor<48x200xf32>, tensor<1x4096xf32>, tensor<48x200xf32>, tensor<1x1000xf32>, tensor<48x40xf32>) {
  %0 = te.matmul %a, %w transpose_b : (tensor<48x384xf32>, tensor<200x384xf32>) -> tensor<48x200xf32>
  %1 = te.matmul %c, %v transpose_b : (tensor<1x64xf32>, tensor<4096x64xf32>) -> tensor<1x4096xf32>
  %2 = te.matmul %a, %b transpose_b : (tensor<48x384xf32>, tensor<200x384xf32>) -> tensor<48x200xf32>
  %3 = te.matmul %c, %u transpose_b : (tensor<1x64xf32>, tensor<1000x64xf32>) -> tensor<1x1000xf32>
  %4 = te.matmul %a, %s transpose_b : (tensor<48x384xf32>, tensor<40x384xf32>) -> tensor<48x40xf32>
  func.return %0, %1, %2, %3, %4 : tensor<48x200xf32>, tensor<1x4096xf32>, tensor<48x200xf32>, tensor<1x1000xf32>, tensor<48x40xf32>
}

// Few columns of rows that are turned on chip: enough for blocks of lanes on every core, or not.
// CHECK-LABEL: func.func @turned_on_chip
// CHECK-NEXT:    [[P:%.*]] = te.matmul %b, %a transpose_a transpose_b {{.*}} -> tensor<16x4096xf32>
// CHECK-NEXT:    te.transpose [[P]] perm [1, 0]
// CHECK-NEXT:    te.matmul %c, %b : {{.*}} -> tensor<512x16xf32>
func.func @turned_on_chip(%a: tensor<4096x32xf32>, %b: tensor<32x16xf32>, %c: tensor<512x32xf32>) -> (tensor<4096x16xf32>, tensor<512x16xf32>) {
  %0 = te.matmul %a, %b : (tensor<4096x32xf32>, tensor<32x16xf32>) -> tensor<4096x16xf32>
  %1 = te.matmul %c, %b : (tensor<512x32xf32>, tensor<32x16xf32>) -> tensor<512x16xf32>
  func.return %0, %1 : tensor<4096x16xf32>, tensor<512x16xf32>
}

// Few columns of long sums are turned, and lanes share the sums.
// CHECK-LABEL: func.func @few_columns
// CHECK-NEXT:    [[C:%.*]] = te.transpose %b perm [1, 0] : tensor<512x3xf32> -> tensor<3x512xf32>
// CHECK-NEXT:    [[S:%.*]] = te.compute reduce add %a, [[C]] bounds [1000, 3, 64, 8]
// CHECK:         te.reduce add [[S]] axes [2]
func.func @few_columns(%a: tensor<1000x512xf32>, %b: tensor<512x3xf32>) -> tensor<1000x3xf32> {
  %0 = te.matmul %a, %b : (tensor<1000x512xf32>, tensor<512x3xf32>) -> tensor<1000x3xf32>
  func.return %0 : tensor<1000x3xf32>
}

// One column follows k as a row does: a sum for one result leaves the cube.
// CHECK-LABEL: func.func @dot
// CHECK-NEXT:    [[B:%.*]] = te.reshape %b : tensor<4096x1xf16> -> tensor<1x4096xf16>
// CHECK-NEXT:    [[X:%.*]] = te.cast %a
// CHECK-NEXT:    [[Y:%.*]] = te.cast [[B]]
// CHECK-NEXT:    te.matmul [[X]], [[Y]] transpose_b : (tensor<1x4096xf32>, tensor<1x4096xf32>) -> tensor<1x1xf32>
func.func @dot(%a: tensor<1x4096xf16>, %b: tensor<4096x1xf16>) -> tensor<1x1xf16> {
  %0 = te.matmul %a, %b : (tensor<1x4096xf16>, tensor<4096x1xf16>) -> tensor<1x1xf16>
  func.return %0 : tensor<1x1xf16>
}
