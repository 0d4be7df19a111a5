// RUN: akg-opt %s -p npu-plan-memory,npu-insert-sync -t cpp | filecheck %s

// One text per kernel: a table of buffers, declarations, structured loops, and one call per
// instruction with all of its fields by name; flags say which pipe needs which buffers.

// CHECK:      // k: 1 of the 32 cores of ascend910
// CHECK:      //   x                    gm                 16384  f32 [64, 64]
// CHECK:      //   in                   ub           0      2048  f32 [8, 64]
// CHECK:      #include "akg_npu.hpp"
// CHECK:      constexpr Target target{.name = "ascend910", .cores = 32,
// CHECK:      AKG_KERNEL k(AKG_GM x_gm, AKG_GM y_gm) {
// CHECK-NEXT:   const auto x = gm<f32, 64, 64>(x_gm);
// CHECK-NEXT:   const auto y = gm<f32, 64, 64>(y_gm);
// CHECK-NEXT:   const auto in = ub<f32, 8, 64>(0);
// CHECK-NEXT:   const auto out = ub<f32, 8, 64>(2048);
// CHECK:        for (int64_t i = 0; i < 8; ++i) {
// CHECK-NEXT:     wait_flag<Pipe::v, Pipe::mte2>(0);  // mte2 needs in
// CHECK-NEXT:     copy(in, x(i * 8), Bursts{.count = 1, .length = 64, .src_gap = 0, .dst_gap = 0});
// CHECK-NEXT:     set_flag<Pipe::mte2, Pipe::v>(0);  // v needs in
// CHECK:          vexp(out, in, Unary{.repeat = 8, .mask = 64, .dst = {1, 8}, .src = {1, 8}});
// CHECK-NEXT:     set_flag<Pipe::v, Pipe::mte2>(0);  // mte2 needs in
// CHECK-NEXT:     pipe_barrier<Pipe::v>();
// CHECK:        }
// CHECK:      AKG_ENTRY(k, target, 1, &tensors[0], &tensors[1])

builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<64x64xf32, #npu<space gm>>, %y: memref<64x64xf32, #npu<space gm>>) attributes {npu.kernel} {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c1 = arith.constant 1 : index
    %in = npu.buffer : memref<8x64xf32, #npu<space ub>>
    %out = npu.buffer : memref<8x64xf32, #npu<space ub>>
    scf.for %i = %c0 to %c8 step %c1 {
      %p = npu.ptr %x[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<64x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %q = npu.ptr %in[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.copy %q, %p bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      %r = npu.ptr %out[affine_map<() -> (0)>]() : memref<8x64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
      npu.vec vexp dst %r : !npu.ptr<ub, f32> src %q : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      npu.vec vabs dst %r : !npu.ptr<ub, f32> src %r : !npu.ptr<ub, f32> repeat 8 mask 64 strides [1, 8], [1, 8]
      %s = npu.ptr %y[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<64x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      npu.copy %s, %r bursts 1 x 64 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
    }
    func.return
  }
}
