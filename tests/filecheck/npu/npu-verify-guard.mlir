// RUN: akg-opt %s -p npu-verify | filecheck %s

// The last core has no second row: the branch keeps its read inside the tensor.

// CHECK: npu.copy
builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<33x15xf16, #npu<space gm>>) attributes {npu.kernel, npu.cores = 17 : i64} {
    %core = npu.core_id
    %last = arith.constant 15 : index
    %b = npu.buffer at 0 : memref<2x16xf16, #npu<space ub>>
    %inside = arith.cmpi sle, %core, %last : index
    scf.if %inside {
      %d = npu.ptr %b[affine_map<() -> (0)>] () : memref<2x16xf16, #npu<space ub>> -> !npu.ptr<ub, f16>
      %s = npu.ptr %x[affine_map<(d0) -> (d0 * 60)>] (%core) : memref<33x15xf16, #npu<space gm>> -> !npu.ptr<gm, f16>
      npu.copy %d, %s bursts 1 x 1 gaps 0, 0 : !npu.ptr<ub, f16>, !npu.ptr<gm, f16>
    }
    func.return
  }
}
