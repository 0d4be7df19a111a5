// RUN: akg-opt %s -p npu-legalise | filecheck %s

builtin.module attributes {npu.target = "ascend910"} {
  // Contiguous rows are one run: 5 full repeats, then what is left under a mask.
  // CHECK-LABEL: @contiguous
  func.func @contiguous() attributes {npu.kernel} {
    %a = npu.buffer : memref<7x100xf16, #npu<space ub>>
    // CHECK: npu.vec vexp {{.*}} repeat 5 mask 128 strides [1, 8], [1, 8]
    // CHECK: npu.vec vexp {{.*}} repeat 1 mask 60 strides [1, 8], [1, 8]
    npu.vunary exp %a -> %a : memref<7x100xf16, #npu<space ub>> -> memref<7x100xf16, #npu<space ub>>
    func.return
  }

  // Padded rows: the mask keeps the padding as it is, repeats walk the rows.
  // CHECK-LABEL: @padded
  func.func @padded() attributes {npu.kernel} {
    %a = npu.buffer : memref<300x112xf16, #npu<space ub>>
    %v = npu.view %a[affine_map<() -> (0)>]() : memref<300x112xf16, #npu<space ub>> -> memref<300x100xf16, strided<[112, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.vec vabs {{.*}} repeat 255 mask 100 strides [1, 7], [1, 7]
    // CHECK: npu.ptr %a[affine_map<() -> (57120)>]
    // CHECK: npu.vec vabs {{.*}} repeat 45 mask 100 strides [1, 7], [1, 7]
    npu.vunary abs %v -> %v : memref<300x100xf16, strided<[112, 1], offset: ?>, #npu<space ub>> -> memref<300x100xf16, strided<[112, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // One block per row: 8 rows per repeat by block strides.
  // CHECK-LABEL: @narrow
  func.func @narrow() attributes {npu.kernel} {
    %a = npu.buffer : memref<64x48xf16, #npu<space ub>>
    %v = npu.view %a[affine_map<() -> (16)>]() : memref<64x48xf16, #npu<space ub>> -> memref<64x16xf16, strided<[48, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.ptr %a[affine_map<() -> (32)>]
    // CHECK: npu.vec vabs {{.*}} repeat 8 mask 128 strides [3, 24], [3, 24]
    npu.vunary abs %v -> %v : memref<64x16xf16, strided<[48, 1], offset: ?>, #npu<space ub>> -> memref<64x16xf16, strided<[48, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // In place and off the block boundary: the source could be realigned, the result cannot.
  // CHECK-LABEL: @crooked_in_place
  func.func @crooked_in_place() attributes {npu.kernel} {
    %a = npu.buffer : memref<16xf32, #npu<space ub>>
    %b = npu.buffer : memref<8xf32, #npu<space ub>>
    %v = npu.view %a[affine_map<() -> (1)>]() : memref<16xf32, #npu<space ub>> -> memref<7xf32, strided<[1], offset: ?>, #npu<space ub>>
    %w = npu.view %b[affine_map<() -> (0)>]() : memref<8xf32, #npu<space ub>> -> memref<7xf32, strided<[1], offset: ?>, #npu<space ub>>
    // CHECK-NOT: npu.vec
    // CHECK: npu.scalar
    npu.vbinary add %v, %w -> %v : memref<7xf32, strided<[1], offset: ?>, #npu<space ub>>, memref<7xf32, strided<[1], offset: ?>, #npu<space ub>> -> memref<7xf32, strided<[1], offset: ?>, #npu<space ub>>
    func.return
  }

  // A row is broadcast by repeat stride 0, a column by blocks of equal lanes.
  // CHECK-LABEL: @broadcast
  func.func @broadcast() attributes {npu.kernel} {
    %a = npu.buffer : memref<40x64xf32, #npu<space ub>>
    %r = npu.buffer : memref<64xf32, #npu<space ub>>
    %c = npu.buffer : memref<40xf32, #npu<space ub>>
    %row = npu.view %r[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> memref<40x64xf32, strided<[0, 1], offset: ?>, #npu<space ub>>
    %column = npu.view %c[affine_map<() -> (0)>]() : memref<40xf32, #npu<space ub>> -> memref<40x64xf32, strided<[1, 0], offset: ?>, #npu<space ub>>
    // CHECK: %[[SPLATS:.*]] = npu.buffer : memref<40x16xf32
    // CHECK: npu.vec vadd {{.*}} repeat 40 mask 64 strides [1, 8], [1, 8, 1, 0]
    npu.vbinary add %a, %row -> %a : memref<40x64xf32, #npu<space ub>>, memref<40x64xf32, strided<[0, 1], offset: ?>, #npu<space ub>> -> memref<40x64xf32, #npu<space ub>>
    // CHECK: npu.ptr %[[SPLATS]][
    // CHECK: npu.vnchwconv {{.*}} repeat 5 strides 1, 0 steps 16, 1
    // CHECK: npu.vec vsub {{.*}} repeat 40 mask 64 strides [1, 8], [1, 8, 0, 2]
    npu.vbinary sub %a, %column -> %a : memref<40x64xf32, #npu<space ub>>, memref<40x64xf32, strided<[1, 0], offset: ?>, #npu<space ub>> -> memref<40x64xf32, #npu<space ub>>
    func.return
  }

  // An element at a lane that only run time knows goes through a scalar register.
  // CHECK-LABEL: @register
  func.func @register() attributes {npu.kernel} {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %many = arith.constant 40 : index
    %a = npu.buffer : memref<64xf32, #npu<space ub>>
    %c = npu.buffer : memref<40xf32, #npu<space ub>>
    scf.for %i = %zero to %many step %one {
      %s = npu.view %c[affine_map<(d0) -> (d0)>](%i) : memref<40xf32, #npu<space ub>> -> memref<64xf32, strided<[0], offset: ?>, #npu<space ub>>
      // CHECK: %[[REG:.*]] = npu.scalar_load
      // CHECK: npu.vec vmuls {{.*}} register %[[REG]] : f32 repeat 1 mask 64
      npu.vbinary mul %a, %s -> %a : memref<64xf32, #npu<space ub>>, memref<64xf32, strided<[0], offset: ?>, #npu<space ub>> -> memref<64xf32, #npu<space ub>>
    }
    func.return
  }

  // f32 has no vrelu here: a maximum with a block of zeros that is filled once.
  // CHECK-LABEL: @relu
  // CHECK: npu.vec vector_dup {{.*}} scalar 0.000000e+00 : f32 repeat 1 mask 8
  // CHECK: npu.vec vmax {{.*}} repeat 2 mask 64 strides [1, 8], [1, 8, 0, 0]
  func.func @relu() attributes {npu.kernel} {
    %a = npu.buffer : memref<128xf32, #npu<space ub>>
    npu.vunary relu %a -> %a : memref<128xf32, #npu<space ub>> -> memref<128xf32, #npu<space ub>>
    func.return
  }

  // The narrower side of a conversion takes 4 blocks per repeat.
  // CHECK-LABEL: @cast
  func.func @cast() attributes {npu.kernel} {
    %a = npu.buffer : memref<256xf16, #npu<space ub>>
    %b = npu.buffer : memref<256xf32, #npu<space ub>>
    // CHECK: npu.vec vconv {{.*}} repeat 4 mask 64 strides [1, 4], [1, 8]
    npu.vcast %b -> %a : memref<256xf32, #npu<space ub>> -> memref<256xf16, #npu<space ub>>
    func.return
  }

  // Compares set one repeat of mask, which the next select reads.
  // CHECK-LABEL: @select
  func.func @select() attributes {npu.kernel} {
    %a = npu.buffer : memref<192xf16, #npu<space ub>>
    %b = npu.buffer : memref<192xf16, #npu<space ub>>
    // CHECK: npu.vec vcmp_lt src {{.*}} repeat 1 mask 128
    // CHECK: npu.vec vsel dst {{.*}} repeat 1 mask 128
    // CHECK: npu.vec vcmp_lt src {{.*}} repeat 1 mask 64
    // CHECK: npu.vec vsel dst {{.*}} repeat 1 mask 64
    npu.vselect lt %a, %b, %b, %a -> %a : memref<192xf16, #npu<space ub>>, memref<192xf16, #npu<space ub>>, memref<192xf16, #npu<space ub>>, memref<192xf16, #npu<space ub>> -> memref<192xf16, #npu<space ub>>
    func.return
  }

  // Bits are chosen by arithmetic of integers, all repeats at once, but not in place of what is
  // added last.
  // CHECK-LABEL: @blend
  func.func @blend() attributes {npu.kernel} {
    %a = npu.buffer : memref<192xf32, #npu<space ub>>
    %b = npu.buffer : memref<192xf32, #npu<space ub>>
    %t = npu.buffer : memref<192xi32, #npu<space ub>>
    // CHECK: npu.vec vsub {{.*}} repeat 3 mask 64
    // CHECK: npu.vec vmul {{.*}} repeat 3 mask 64
    // CHECK: npu.vec vadd {{.*}} repeat 3 mask 64
    npu.vblend %t, %a, %b -> %a : memref<192xi32, #npu<space ub>>, memref<192xf32, #npu<space ub>>, memref<192xf32, #npu<space ub>> -> memref<192xf32, #npu<space ub>>
    // CHECK: npu.vec vcmp_ne
    // CHECK: npu.vec vsel
    npu.vblend %t, %a, %b -> %b : memref<192xi32, #npu<space ub>>, memref<192xf32, #npu<space ub>>, memref<192xf32, #npu<space ub>> -> memref<192xf32, #npu<space ub>>
    func.return
  }

  // Whole 16 x 16 squares of two-byte elements are transposed straight into the result.
  // CHECK-LABEL: @transpose
  func.func @transpose() attributes {npu.kernel} {
    %a = npu.buffer : memref<16x64xf16, #npu<space ub>>
    %b = npu.buffer : memref<64x16xf16, #npu<space ub>>
    %t = npu.view %a[affine_map<() -> (0)>]() : memref<16x64xf16, #npu<space ub>> -> memref<64x16xf16, strided<[1, 64], offset: ?>, #npu<space ub>>
    // CHECK: npu.vnchwconv {{.*}} repeat 4 strides 1, 4 steps 16, 1
    npu.vunary copy %t -> %b : memref<64x16xf16, strided<[1, 64], offset: ?>, #npu<space ub>> -> memref<64x16xf16, #npu<space ub>>
    func.return
  }

  // 64-bit integers: the scalar unit.
  // CHECK-LABEL: @scalar
  func.func @scalar() attributes {npu.kernel} {
    %a = npu.buffer : memref<6xi64, #npu<space ub>>
    // CHECK: npu.scalar [6] ins(
    // CHECK: arith.addi
    npu.vbinary add %a, %a -> %a : memref<6xi64, #npu<space ub>>, memref<6xi64, #npu<space ub>> -> memref<6xi64, #npu<space ub>>
    func.return
  }
}
