// RUN: akg-opt %s -p npu-legalise | filecheck %s
// RUN: akg-opt %s | akg-opt -p npu-legalise | filecheck %s

// A number per row: zeros first, then a transfer of whole blocks from where each number says; the
// last 4 elements of a row one by one.
// CHECK-LABEL: func.func @rows
// CHECK:         npu.vec vector_dup {{.*}} scalar 0.0
// CHECK:         [[N:%.*]] = npu.scalar_load {{.*}} -> i64
// CHECK:         npu.fetch {{.*}} at [[N]] of 9 x 80 from_end bursts 1 x 2 gaps 0, 0
// CHECK:         npu.scalar_load
// CHECK:         npu.fetch
// CHECK:         npu.scalar [2, 4]
// CHECK:           arith.cmpi slt
// CHECK:           memref.load
builtin.module attributes {npu.target = "ascend910"} {
func.func @rows(%t: memref<9x20xf32, #npu<space gm>>) attributes {npu.kernel} {
  %i = npu.buffer : memref<2xi64, #npu<space ub>>
  %b = npu.buffer : memref<2x24xf32, #npu<space ub>>
  %src = npu.view %t[affine_map<() -> (0)>] () : memref<9x20xf32, #npu<space gm>> -> memref<2x20xf32, strided<[0, 1], offset: ?>, #npu<space gm>>
  %at = npu.view %i[affine_map<() -> (0)>] () : memref<2xi64, #npu<space ub>> -> memref<2x20xi64, strided<[1, 0], offset: ?>, #npu<space ub>>
  %dst = npu.view %b[affine_map<() -> (0)>] () : memref<2x24xf32, #npu<space ub>> -> memref<2x20xf32, strided<[24, 1], offset: ?>, #npu<space ub>>
  npu.gather %src at %at of 9 x 20 from_end -> %dst : memref<2x20xf32, strided<[0, 1], offset: ?>, #npu<space gm>>, memref<2x20xi64, strided<[1, 0], offset: ?>, #npu<space ub>> -> memref<2x20xf32, strided<[24, 1], offset: ?>, #npu<space ub>>
  func.return
}

// One number for rows that lie apart: the bursts of one transfer.
// CHECK-LABEL: func.func @planes
// CHECK:         npu.fetch {{.*}} of 9 x 64 bursts 3 x 2 gaps 16, 0
func.func @planes(%t: memref<3x9x16xf32, #npu<space gm>>) attributes {npu.kernel} {
  %i = npu.buffer : memref<1xi32, #npu<space ub>>
  %b = npu.buffer : memref<3x16xf32, #npu<space ub>>
  %src = npu.view %t[affine_map<() -> (0)>] () : memref<3x9x16xf32, #npu<space gm>> -> memref<3x1x16xf32, strided<[144, 0, 1], offset: ?>, #npu<space gm>>
  %at = npu.view %i[affine_map<() -> (0)>] () : memref<1xi32, #npu<space ub>> -> memref<3x1x16xi32, strided<[0, 1, 0], offset: ?>, #npu<space ub>>
  %dst = npu.view %b[affine_map<() -> (0)>] () : memref<3x16xf32, #npu<space ub>> -> memref<3x1x16xf32, strided<[16, 16, 1], offset: ?>, #npu<space ub>>
  npu.gather %src at %at of 9 x 16 -> %dst : memref<3x1x16xf32, strided<[144, 0, 1], offset: ?>, #npu<space gm>>, memref<3x1x16xi32, strided<[0, 1, 0], offset: ?>, #npu<space ub>> -> memref<3x1x16xf32, strided<[16, 16, 1], offset: ?>, #npu<space ub>>
  func.return
}

// Single elements: by the scalar unit.
// CHECK-LABEL: func.func @elements
// CHECK-NOT:     npu.fetch
// CHECK:         npu.scalar [5]
func.func @elements(%t: memref<9xf32, #npu<space gm>>) attributes {npu.kernel} {
  %i = npu.buffer : memref<5xi32, #npu<space ub>>
  %b = npu.buffer : memref<5xf32, #npu<space ub>>
  %src = npu.view %t[affine_map<() -> (0)>] () : memref<9xf32, #npu<space gm>> -> memref<5xf32, strided<[0], offset: ?>, #npu<space gm>>
  %at = npu.view %i[affine_map<() -> (0)>] () : memref<5xi32, #npu<space ub>> -> memref<5xi32, strided<[1], offset: ?>, #npu<space ub>>
  %dst = npu.view %b[affine_map<() -> (0)>] () : memref<5xf32, #npu<space ub>> -> memref<5xf32, strided<[1], offset: ?>, #npu<space ub>>
  npu.gather %src at %at of 9 x 1 -> %dst : memref<5xf32, strided<[0], offset: ?>, #npu<space gm>>, memref<5xi32, strided<[1], offset: ?>, #npu<space ub>> -> memref<5xf32, strided<[1], offset: ?>, #npu<space ub>>
  func.return
}
}
