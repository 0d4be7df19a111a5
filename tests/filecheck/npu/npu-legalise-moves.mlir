// RUN: akg-opt %s -p npu-legalise | filecheck %s

builtin.module attributes {npu.target = "ascend910"} {
  // Rows of whole blocks in whole blocks of pitch: one instruction.
  // CHECK-LABEL: @rows
  func.func @rows(%x: memref<64x512xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<8x128xf16, #npu<space ub>>
    %g = npu.view %x[affine_map<() -> (256)>]() : memref<64x512xf16, #npu<space gm>> -> memref<8x128xf16, strided<[512, 1], offset: ?>, #npu<space gm>>
    // CHECK: npu.copy {{.*}} bursts 8 x 8 gaps 24, 0
    npu.dma %g -> %u : memref<8x128xf16, strided<[512, 1], offset: ?>, #npu<space gm>> -> memref<8x128xf16, #npu<space ub>>
    func.return
  }

  // Rows that end inside a block: loads take the whole block where the tensor goes on, so all but
  // the last row; its end moves element by element. Four rows of 20 are whole blocks: rows that far
  // apart are the bursts of one instruction.
  // CHECK-LABEL: @load_tails
  func.func @load_tails(%x: memref<9x20xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<9x32xf16, #npu<space ub>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<9x32xf16, #npu<space ub>> -> memref<9x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    // CHECK-COUNT-4: npu.copy {{.*}} bursts 2 x 2 gaps 3, 6
    // CHECK: npu.copy {{.*}} bursts 1 x 1 gaps 0, 0
    // CHECK: npu.view %x[affine_map<() -> (176)>]
    // CHECK: npu.scalar [4]
    npu.dma %x -> %v : memref<9x20xf16, #npu<space gm>> -> memref<9x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // Stores never write beyond the box.
  // CHECK-LABEL: @store_tails
  func.func @store_tails(%x: memref<7x20xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<7x32xf16, #npu<space ub>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<7x32xf16, #npu<space ub>> -> memref<7x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.copy {{.*}} bursts 1 x 1 gaps 0, 0
    // CHECK: npu.scalar [7, 4]
    npu.dma %v -> %x : memref<7x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>> -> memref<7x20xf16, #npu<space gm>>
    func.return
  }

  // Many such rows behind each other: the block with the end of one and the beginning of the next
  // is put together on chip; only the last end moves element by element.
  // CHECK-LABEL: @seams
  func.func @seams(%x: memref<17x276xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<17x288xf16, #npu<space ub>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<17x288xf16, #npu<space ub>> -> memref<17x276xf16, strided<[288, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.copy {{.*}} bursts 5 x 17 gaps 55, 52
    // CHECK-COUNT-3: npu.copy {{.*}} bursts 4 x 17 gaps 55, 52
    // CHECK-COUNT-2: npu.vnchwconv {{.*}} repeat 1
    // CHECK: npu.vec vmuls {{.*}} scalar 1.000000e+00
    // CHECK: npu.vnchwconv {{.*}} repeat 1
    // CHECK: npu.ptr %x[affine_map<() -> (544)>]
    // CHECK: npu.copy {{.*}} bursts 4 x 1 gaps 3, 68
    // CHECK: npu.ptr %x[affine_map<() -> (1096)>]
    // CHECK: npu.copy {{.*}} bursts 4 x 1 gaps 3, 68
    // CHECK: npu.view %x[affine_map<() -> (4688)>]
    // CHECK: npu.scalar [4]
    npu.dma %v -> %x : memref<17x276xf16, strided<[288, 1], offset: ?>, #npu<space ub>> -> memref<17x276xf16, #npu<space gm>>
    func.return
  }

  // The first instruction has one row more than the others.
  // CHECK-LABEL: @odd_pitch
  func.func @odd_pitch(%x: memref<30x276xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<29x288xf16, #npu<space ub>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<29x288xf16, #npu<space ub>> -> memref<29x276xf16, strided<[288, 1], offset: ?>, #npu<space ub>>
    %r = npu.view %x[affine_map<() -> (0)>]() : memref<30x276xf16, #npu<space gm>> -> memref<29x276xf16, strided<[276, 1], offset: ?>, #npu<space gm>>
    // CHECK: npu.ptr %x[affine_map<() -> (0)>]
    // CHECK: npu.copy {{.*}} bursts 8 x 18 gaps 51, 54
    // CHECK: npu.ptr %x[affine_map<() -> (552)>]
    // CHECK: npu.copy {{.*}} bursts 7 x 18 gaps 51, 54
    // CHECK: npu.ptr %x[affine_map<() -> (1104)>]
    // CHECK: npu.copy {{.*}} bursts 7 x 18 gaps 51, 54
    // CHECK: npu.ptr %x[affine_map<() -> (1656)>]
    // CHECK: npu.copy {{.*}} bursts 7 x 18 gaps 51, 54
    // CHECK-NOT: npu.copy
    npu.dma %r -> %v : memref<29x276xf16, strided<[276, 1], offset: ?>, #npu<space gm>> -> memref<29x276xf16, strided<[288, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // Short rows are put behind each other on chip, and stored as one.
  // CHECK-LABEL: @short_rows
  func.func @short_rows(%x: memref<64x10xf32, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<64x16xf32, #npu<space ub>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<64x16xf32, #npu<space ub>> -> memref<64x10xf32, strided<[16, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.vnchwconv
    // CHECK: npu.vec vmuls
    // CHECK: npu.vnchwconv
    // CHECK: npu.copy {{.*}} bursts 1 x 80 gaps 0, 0
    // CHECK-NOT: npu.scalar
    npu.dma %v -> %x : memref<64x10xf32, strided<[16, 1], offset: ?>, #npu<space ub>> -> memref<64x10xf32, #npu<space gm>>
    func.return
  }

  // Padding that another op writes is not free for a load to overrun.
  // CHECK-LABEL: @taken_padding
  func.func @taken_padding(%x: memref<16x24xf32, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<4x16xf32, #npu<space ub>>
    %g = npu.view %x[affine_map<() -> (0)>]() : memref<16x24xf32, #npu<space gm>> -> memref<4x12xf32, strided<[24, 1], offset: ?>, #npu<space gm>>
    %v = npu.view %u[affine_map<() -> (0)>]() : memref<4x16xf32, #npu<space ub>> -> memref<4x12xf32, strided<[16, 1], offset: ?>, #npu<space ub>>
    // CHECK: npu.vec vector_dup
    npu.vfill 0.0 : f32 -> %u : memref<4x16xf32, #npu<space ub>>
    // CHECK: npu.copy {{.*}} bursts 4 x 1 gaps 2, 1
    // CHECK: npu.scalar [4, 4]
    npu.dma %g -> %v : memref<4x12xf32, strided<[24, 1], offset: ?>, #npu<space gm>> -> memref<4x12xf32, strided<[16, 1], offset: ?>, #npu<space ub>>
    func.return
  }

  // A loop over rows of an odd pitch in GM: 16 are whole blocks, and there are fewer than twice as
  // many.
  // CHECK-LABEL: @pitch
  func.func @pitch(%x: memref<40x51xf16, #npu<space gm>>) attributes {npu.kernel} {
    %u = npu.buffer : memref<30x32xf16, #npu<space ub>>
    %g = npu.view %x[affine_map<() -> (0)>]() : memref<40x51xf16, #npu<space gm>> -> memref<30x32xf16, strided<[51, 1], offset: ?>, #npu<space gm>>
    // CHECK: scf.for %[[I:.*]] =
    // CHECK-DAG: npu.ptr %u[affine_map<(d0) -> ((d0 * 64))>] (%[[I]])
    // CHECK-DAG: npu.ptr %x[affine_map<(d0) -> ((d0 * 102))>] (%[[I]])
    // CHECK: npu.copy {{.*}} bursts 1 x 2 gaps 0, 0
    npu.dma %g -> %u : memref<30x32xf16, strided<[51, 1], offset: ?>, #npu<space gm>> -> memref<30x32xf16, #npu<space ub>>
    func.return
  }

  // Cube: fractals of L1 in NZ order to zZ order in L0A, multiply, out of L0C as f16.
  // CHECK-LABEL: @cube
  func.func @cube() attributes {npu.kernel} {
    %al1 = npu.buffer : memref<3x1x16x16xf16, #npu<space l1>>
    %bl1 = npu.buffer : memref<3x4x16x16xf16, #npu<space l1>>
    %dl1 = npu.buffer : memref<2x3x16x16xf16, #npu<space l1>>
    %el1 = npu.buffer : memref<2x4x16x16xf16, #npu<space l1>>
    %cl0 = npu.buffer : memref<4x1x16x16xf32, #npu<space l0c>>
    %dl0 = npu.buffer : memref<4x3x16x16xf32, #npu<space l0c>>
    %u = npu.buffer : memref<4x1x16x16xf16, #npu<space ub>>
    %init = arith.constant true
    // One fractal of rows is fewer than three of k: one load for it.
    // CHECK: npu.load2d {{.*}} repeat 3 stride 1 gap 0
    // CHECK: npu.load2d {{.*}} repeat 12 stride 1 gap 0
    // CHECK: npu.mad {{.*}} init {{.*}} m 14 k 48 n 64
    npu.mmad %al1, %bl1 -> %cl0 init %init m 14 k 48 n 64 : memref<3x1x16x16xf16, #npu<space l1>>, memref<3x4x16x16xf16, #npu<space l1>> -> memref<4x1x16x16xf32, #npu<space l0c>>
    // Blocks of k are images of one row, whose loads by img2col start sooner.
    // CHECK: npu.load3d {{.*}} image [1, 48] {{.*}} repeat 3 jump 2
    // CHECK: npu.load3d {{.*}} image [1, 48] {{.*}} repeat 3 jump 2
    // CHECK: npu.load2d {{.*}} repeat 8 stride 1 gap 0
    // CHECK: npu.mad {{.*}} init {{.*}} m 48 k 32 n 64
    npu.mmad %dl1, %el1 -> %dl0 init %init m 48 k 32 n 64 : memref<2x3x16x16xf16, #npu<space l1>>, memref<2x4x16x16xf16, #npu<space l1>> -> memref<4x3x16x16xf32, #npu<space l0c>>
    // CHECK: npu.copy {{.*}} bursts 1 x 4 gaps 0, 0 : !npu.ptr<ub, f16>, !npu.ptr<l0c, f32>
    npu.dma %cl0 -> %u : memref<4x1x16x16xf32, #npu<space l0c>> -> memref<4x1x16x16xf16, #npu<space ub>>
    func.return
  }
}
