// RUN: akg-opt %s -p npu-legalise | filecheck %s

// Columns 24 to 31 of zeros begin inside a block: the vector unit fills from column 16 on, since the
// copy behind writes columns 16 to 23 before anything reads them.
// CHECK-LABEL: func.func @overwritten
// CHECK:         npu.vec vector_dup {{.*}} scalar 0.0{{.*}} repeat 1 mask 64 strides [2, 16]
// CHECK-NOT:     npu.scalar
// CHECK:         func.return
builtin.module attributes {npu.target = "ascend910"} {
func.func @overwritten() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %data = npu.view %b[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 1.0 : f16 -> %data : memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}

// What is in front stays, or is read first: element by element.
// CHECK-LABEL: func.func @kept
// CHECK:         npu.scalar [4, 8]
func.func @kept() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}

// CHECK-LABEL: func.func @read
// CHECK:         npu.scalar [4, 8]
func.func @read() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %c = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %all = npu.view %b[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %there = npu.view %c[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %all -> %there : memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>> -> memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 1.0 : f16 -> %all : memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}

// What is in front has just been written: the fill goes before that.
// CHECK-LABEL: func.func @behind
// CHECK:         npu.vec vector_dup {{.*}} scalar 0.0{{.*}} repeat 1 mask 64 strides [2, 16]
// CHECK:         npu.vec vector_dup {{.*}} scalar 1.0
// CHECK-NOT:     npu.scalar
// CHECK:         func.return
func.func @behind() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %data = npu.view %b[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 1.0 : f16 -> %data : memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}

// What is written in front goes on where the fill is, or is read for that: the order stays.
// CHECK-LABEL: func.func @over
// CHECK:         npu.vec vector_dup {{.*}} scalar 1.0
// CHECK:         npu.scalar [4, 8]
func.func @over() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %all = npu.view %b[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 1.0 : f16 -> %all : memref<4x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}

// CHECK-LABEL: func.func @in_place
// CHECK:         npu.vec vabs
// CHECK:         npu.scalar [4, 8]
func.func @in_place() attributes {npu.kernel} {
  %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
  %data = npu.view %b[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vunary abs %data -> %data : memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>> -> memref<4x24xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %pad = npu.view %b[affine_map<() -> (24)>] () : memref<4x32xf16, #npu<space ub>> -> memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %pad : memref<4x8xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  func.return
}
}
