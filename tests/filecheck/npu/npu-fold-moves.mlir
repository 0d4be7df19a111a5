// RUN: akg-opt %s -p npu-fold-moves | filecheck %s

// The move out of L0C rounds, and the store takes what the copy would have copied.
// CHECK-LABEL: func.func @folded
// CHECK-NOT:     memref<2x16x16xf32, #npu<space ub>>
// CHECK:         npu.dma {{.*}} : memref<2x16x16xf32, {{.*}}<space l0c>> -> memref<2x16x16xf16, {{.*}}<space ub>>
// CHECK-NOT:     npu.vcast
// CHECK:         npu.vunary relu
// CHECK-NOT:     npu.vunary
// CHECK:         npu.dma {{.*}} : memref<16x9xf16, {{.*}}<space ub>> -> memref<16x9xf16, {{.*}}<space gm>>
// CHECK:         func.return
builtin.module attributes {npu.target = "ascend910"} {
func.func @folded(%y: memref<16x9xf16, #npu<space gm>>) attributes {npu.kernel} {
  %c = npu.buffer : memref<2x16x16xf32, #npu<space l0c>>
  %wide = npu.buffer : memref<2x16x16xf32, #npu<space ub>>
  %narrow = npu.buffer : memref<2x16x16xf16, #npu<space ub>>
  %r = npu.buffer : memref<2x16x16xf16, #npu<space ub>>
  %copy = npu.buffer : memref<16x16xf16, #npu<space ub>>
  npu.dma %c -> %wide : memref<2x16x16xf32, #npu<space l0c>> -> memref<2x16x16xf32, #npu<space ub>>
  npu.vcast %wide -> %narrow : memref<2x16x16xf32, #npu<space ub>> -> memref<2x16x16xf16, #npu<space ub>>
  npu.vunary relu %narrow -> %r : memref<2x16x16xf16, #npu<space ub>> -> memref<2x16x16xf16, #npu<space ub>>
  %from = npu.view %r[affine_map<() -> (256)>] () : memref<2x16x16xf16, #npu<space ub>> -> memref<16x9xf16, strided<[16, 1], offset: ?>, #npu<space ub>>
  %to = npu.view %copy[affine_map<() -> (0)>] () : memref<16x16xf16, #npu<space ub>> -> memref<16x9xf16, strided<[16, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %from -> %to : memref<16x9xf16, strided<[16, 1], offset: ?>, #npu<space ub>> -> memref<16x9xf16, strided<[16, 1], offset: ?>, #npu<space ub>>
  npu.dma %to -> %y : memref<16x9xf16, strided<[16, 1], offset: ?>, #npu<space ub>> -> memref<16x9xf16, #npu<space gm>>
  func.return
}

// Rows that end inside a fractal cannot leave L0C so, and what is read twice stays.
// CHECK-LABEL: func.func @kept
// CHECK:         npu.vcast
// CHECK:         npu.vcast
// CHECK:         npu.vunary copy
// CHECK:         func.return
func.func @kept(%y: memref<512xf16, #npu<space gm>>) attributes {npu.kernel} {
  %c = npu.buffer : memref<2x16x16xf32, #npu<space l0c>>
  %wide = npu.buffer : memref<2x16x16xf32, #npu<space ub>>
  %other = npu.buffer : memref<2x16x16xf32, #npu<space ub>>
  %spread = npu.buffer : memref<2x16x32xf16, #npu<space ub>>
  %narrow = npu.buffer : memref<2x16x16xf16, #npu<space ub>>
  %copy = npu.buffer : memref<512xf16, #npu<space ub>>
  npu.dma %c -> %wide : memref<2x16x16xf32, #npu<space l0c>> -> memref<2x16x16xf32, #npu<space ub>>
  %half = npu.view %spread[affine_map<() -> (0)>] () : memref<2x16x32xf16, #npu<space ub>> -> memref<2x16x16xf16, strided<[512, 32, 1], offset: ?>, #npu<space ub>>
  npu.vcast %wide -> %half : memref<2x16x16xf32, #npu<space ub>> -> memref<2x16x16xf16, strided<[512, 32, 1], offset: ?>, #npu<space ub>>
  npu.dma %c -> %other : memref<2x16x16xf32, #npu<space l0c>> -> memref<2x16x16xf32, #npu<space ub>>
  npu.vcast %other -> %narrow : memref<2x16x16xf32, #npu<space ub>> -> memref<2x16x16xf16, #npu<space ub>>
  npu.vunary relu %other -> %other : memref<2x16x16xf32, #npu<space ub>> -> memref<2x16x16xf32, #npu<space ub>>
  %flat = npu.view %narrow[affine_map<() -> (0)>] () : memref<2x16x16xf16, #npu<space ub>> -> memref<512xf16, strided<[1], offset: ?>, #npu<space ub>>
  npu.vunary copy %flat -> %copy : memref<512xf16, strided<[1], offset: ?>, #npu<space ub>> -> memref<512xf16, #npu<space ub>>
  npu.vunary relu %narrow -> %narrow : memref<2x16x16xf16, #npu<space ub>> -> memref<2x16x16xf16, #npu<space ub>>
  npu.dma %copy -> %y : memref<512xf16, #npu<space ub>> -> memref<512xf16, #npu<space gm>>
  func.return
}
}

// Two parts and their padding are put into the rows that a copy would have taken them to; what is
// in between there, read before the copy, is none of theirs.
// CHECK-LABEL: func.func @in_place
// CHECK-NOT:     memref<2x2x32xf16
// CHECK:         [[A:%.*]] = npu.view %out[affine_map<() -> (16)>] () : memref<4x4x32xf16, #npu<space ub>> -> memref<2x16xf16, strided<[128, 1], offset: ?>, #npu<space ub>>
// CHECK-NEXT:    npu.vunary copy %x -> [[A]]
// CHECK:         [[F:%.*]] = npu.view %out[affine_map<() -> (0)>] () : memref<4x4x32xf16, #npu<space ub>> -> memref<2x16xf16, strided<[128, 1], offset: ?>, #npu<space ub>>
// CHECK-NEXT:    npu.vfill {{.*}} -> [[F]]
// CHECK:         npu.vunary relu
// CHECK-NOT:     npu.vunary copy
// CHECK:         npu.dma
// CHECK:         func.return
// Nor is it done where what a fill leaves behind is read meanwhile, or lanes move inside blocks.
// CHECK-LABEL: func.func @apart
// CHECK-COUNT-4: npu.vunary copy
// CHECK:         func.return
builtin.module attributes {npu.target = "ascend910"} {
func.func @in_place(%y: memref<4x4x32xf16, #npu<space gm>>) attributes {npu.kernel} {
  %x = npu.buffer : memref<2x16xf16, #npu<space ub>>
  %part = npu.buffer : memref<2x2x32xf16, #npu<space ub>>
  %out = npu.buffer : memref<4x4x32xf16, #npu<space ub>>
  %right = npu.view %part[affine_map<() -> (16)>] () : memref<2x2x32xf16, #npu<space ub>> -> memref<2x16xf16, strided<[64, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %x -> %right : memref<2x16xf16, #npu<space ub>> -> memref<2x16xf16, strided<[64, 1], offset: ?>, #npu<space ub>>
  %left = npu.view %part[affine_map<() -> (0)>] () : memref<2x2x32xf16, #npu<space ub>> -> memref<2x16xf16, strided<[64, 1], offset: ?>, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %left : memref<2x16xf16, strided<[64, 1], offset: ?>, #npu<space ub>>
  %last = npu.view %out[affine_map<() -> (256)>] () : memref<4x4x32xf16, #npu<space ub>> -> memref<2x4x32xf16, strided<[128, 32, 1], offset: ?>, #npu<space ub>>
  npu.vunary relu %last -> %last : memref<2x4x32xf16, strided<[128, 32, 1], offset: ?>, #npu<space ub>> -> memref<2x4x32xf16, strided<[128, 32, 1], offset: ?>, #npu<space ub>>
  %first = npu.view %out[affine_map<() -> (0)>] () : memref<4x4x32xf16, #npu<space ub>> -> memref<2x2x32xf16, strided<[128, 32, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %part -> %first : memref<2x2x32xf16, #npu<space ub>> -> memref<2x2x32xf16, strided<[128, 32, 1], offset: ?>, #npu<space ub>>
  npu.dma %out -> %y : memref<4x4x32xf16, #npu<space ub>> -> memref<4x4x32xf16, #npu<space gm>>
  func.return
}

func.func @apart(%y: memref<4x32xf16, #npu<space gm>>) attributes {npu.kernel} {
  %x = npu.buffer : memref<2x32xf16, #npu<space ub>>
  %part = npu.buffer : memref<2x32xf16, #npu<space ub>>
  %other = npu.buffer : memref<2x32xf16, #npu<space ub>>
  %out = npu.buffer : memref<4x32xf16, #npu<space ub>>
  npu.vunary copy %x -> %part : memref<2x32xf16, #npu<space ub>> -> memref<2x32xf16, #npu<space ub>>
  npu.vfill 0.0 : f16 -> %out : memref<4x32xf16, #npu<space ub>>
  %first = npu.view %out[affine_map<() -> (0)>] () : memref<4x32xf16, #npu<space ub>> -> memref<2x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %part -> %first : memref<2x32xf16, #npu<space ub>> -> memref<2x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %x -> %other : memref<2x32xf16, #npu<space ub>> -> memref<2x32xf16, #npu<space ub>>
  %odd = npu.view %out[affine_map<() -> (65)>] () : memref<4x32xf16, #npu<space ub>> -> memref<2x31xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  %some = npu.view %other[affine_map<() -> (0)>] () : memref<2x32xf16, #npu<space ub>> -> memref<2x31xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.vunary copy %some -> %odd : memref<2x31xf16, strided<[32, 1], offset: ?>, #npu<space ub>> -> memref<2x31xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
  npu.dma %out -> %y : memref<4x32xf16, #npu<space ub>> -> memref<4x32xf16, #npu<space gm>>
  func.return
}
}
