// RUN: not akg-opt %s -t cpp 2>&1 | filecheck %s

// CHECK: npu.buffer at {{.*}}cpp-invalid.mlir:8:5: the buffer has no address
// CHECK: run npu-plan-memory first

builtin.module attributes {npu.target = "ascend910"} {
  func.func @k() attributes {npu.kernel} {
    %b = npu.buffer : memref<64xf32, #npu<space ub>>
    func.return
  }
}
