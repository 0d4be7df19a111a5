// RUN: akg-opt %s -p npu-legalise | filecheck %s

builtin.module attributes {npu.target = "ascend910"} {
  // Outer axes: row after row into the result, which the repeats leave in place. A pointer to what
  // is summed says where it ends.
  // CHECK-LABEL: @columns
  func.func @columns() attributes {npu.kernel} {
    %x = npu.buffer : memref<40x64xf32, #npu<space ub>>
    %s = npu.buffer : memref<64xf32, #npu<space ub>>
    %d = npu.view %s[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> memref<40x64xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.ptr %x[affine_map<() -> (0)>] () within 10240
    // CHECK: npu.vec vadd {{.*}} repeat 40 mask 64 strides [1, 0], [1, 0, 1, 8]
    npu.vreduce add %x -> %d : memref<40x64xf32, #npu<space ub>> -> memref<40x64xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // Rows shorter than a repeat go four side by side into scratch, whose rows go into the result.
  // CHECK-LABEL: @short_rows
  func.func @short_rows() attributes {npu.kernel} {
    %x = npu.buffer : memref<203x16xf32, #npu<space ub>>
    %s = npu.buffer : memref<16xf32, #npu<space ub>>
    %d = npu.view %s[affine_map<() -> (0)>]() : memref<16xf32, #npu<space ub>> -> memref<203x16xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.vec vadd {{.*}} repeat 1 mask 64
    // CHECK: npu.vec vadd {{.*}} repeat 48 mask 64 strides [1, 0], [1, 0, 1, 8]
    // CHECK: npu.vec vadd {{.*}} repeat 4 mask 16 strides [1, 0], [1, 0, 1, 2]
    // CHECK: npu.vec vadd {{.*}} repeat 3 mask 16 strides [1, 0], [1, 0, 1, 2]
    // CHECK-NOT: npu.vec
    // CHECK: func.return
    npu.vreduce add %x -> %d : memref<203x16xf32, #npu<space ub>> -> memref<203x16xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // One such sum per plane.
  // CHECK-LABEL: @planes
  func.func @planes() attributes {npu.kernel} {
    %x = npu.buffer : memref<3x200x16xf32, #npu<space ub>>
    %s = npu.buffer : memref<3x16xf32, #npu<space ub>>
    %d = npu.view %s[affine_map<() -> (0)>]() : memref<3x16xf32, #npu<space ub>> -> memref<3x200x16xf32, strided<[16, 0, 1], offset: ?>, #npu<space ub>>
    // CHECK-COUNT-3: npu.vec vadd {{.*}} repeat 48 mask 64 strides [1, 0], [1, 0, 1, 8]
    npu.vreduce add %x -> %d : memref<3x200x16xf32, #npu<space ub>> -> memref<3x200x16xf32, strided<[16, 0, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // f32 lanes: pairs of blocks down to one block per row, 16 rows at a time transposed, halves.
  // CHECK-LABEL: @rows_f32
  func.func @rows_f32() attributes {npu.kernel} {
    %x = npu.buffer : memref<16x64xf32, #npu<space ub>>
    %s = npu.buffer : memref<16xf32, #npu<space ub>>
    %d = npu.view %s[affine_map<() -> (0)>]() : memref<16xf32, #npu<space ub>> -> memref<16x64xf32, strided<[1, 0], offset: ?>, #npu<space ub>>
    // CHECK: npu.vec vmax {{.*}} repeat 8 mask 64 strides [1, 8], [2, 16, 2, 16]
    // CHECK: npu.vec vmax {{.*}} repeat 4 mask 64 strides [1, 8], [2, 16, 2, 16]
    // CHECK: npu.vec vmax {{.*}} repeat 2 mask 64 strides [1, 8], [2, 16, 2, 16]
    // CHECK: npu.vnchwconv {{.*}} repeat 1 strides 1, 1 steps 16, 16
    // CHECK: npu.vec vmax {{.*}} repeat 1 mask 64
    // CHECK: npu.vec vmax {{.*}} repeat 1 mask 32
    // CHECK: npu.vec vmax {{.*}} repeat 1 mask 16
    // CHECK: npu.ptr %s[
    // CHECK: npu.vec vmax {{.*}} repeat 1 mask 16
    // CHECK-NOT: npu.vec
    // CHECK: func.return
    npu.vreduce max %x -> %d : memref<16x64xf32, #npu<space ub>> -> memref<16x64xf32, strided<[1, 0], offset: ?>, #npu<space ub>>
    func.return
  }

  // f16 has instructions across lanes; the mask keeps lanes beyond the row out.
  // CHECK-LABEL: @rows_f16
  func.func @rows_f16() attributes {npu.kernel} {
    %x = npu.buffer : memref<16x112xf16, #npu<space ub>>
    %s = npu.buffer : memref<16xf16, #npu<space ub>>
    %v = npu.view %x[affine_map<() -> (0)>]() : memref<16x112xf16, #npu<space ub>> -> memref<16x100xf16, strided<[112, 1], offset: ?>, #npu<space ub>>
    %d = npu.view %s[affine_map<() -> (0)>]() : memref<16xf16, #npu<space ub>> -> memref<16x100xf16, strided<[1, 0], offset: ?>, #npu<space ub>>
    // CHECK: npu.vec vcmax {{.*}} repeat 16 mask 100 strides [1, 1], [1, 7]
    // CHECK-NEXT: npu.ptr %s[
    // CHECK-NEXT: npu.vec vmax {{.*}} repeat 1 mask 16
    npu.vreduce max %v -> %d : memref<16x100xf16, strided<[112, 1], offset: ?>, #npu<space ub>> -> memref<16x100xf16, strided<[1, 0], offset: ?>, #npu<space ub>>
    func.return
  }

  // Contraction on the vector unit: the factor per row becomes blocks of equal lanes, vmla adds
  // step after step in place.
  // CHECK-LABEL: @contraction
  func.func @contraction() attributes {npu.kernel} {
    %a = npu.buffer : memref<4x16xf32, #npu<space ub>>
    %b = npu.buffer : memref<16x64xf32, #npu<space ub>>
    %c = npu.buffer : memref<4x64xf32, #npu<space ub>>
    %x = npu.view %a[affine_map<() -> (0)>]() : memref<4x16xf32, #npu<space ub>> -> memref<4x16x64xf32, strided<[16, 1, 0], offset: ?>, #npu<space ub>>
    %y = npu.view %b[affine_map<() -> (0)>]() : memref<16x64xf32, #npu<space ub>> -> memref<4x16x64xf32, strided<[0, 64, 1], offset: ?>, #npu<space ub>>
    %z = npu.view %c[affine_map<() -> (0)>]() : memref<4x64xf32, #npu<space ub>> -> memref<4x16x64xf32, strided<[64, 0, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.vnchwconv {{.*}} repeat 8 strides 1, 0 steps 16, 1
    // CHECK-COUNT-4: npu.vec vmla {{.*}} repeat 16 mask 64 strides [1, 0], [0, 2, 1, 8]
    npu.vmuladd %x, %y -> %z : memref<4x16x64xf32, strided<[16, 1, 0], offset: ?>, #npu<space ub>>, memref<4x16x64xf32, strided<[0, 64, 1], offset: ?>, #npu<space ub>> -> memref<4x16x64xf32, strided<[64, 0, 1], offset: ?>, #npu<space ub>>
    func.return
  }
}
