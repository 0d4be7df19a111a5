// RUN: not akg-opt %s -p 'poly-raise,poly-schedule,poly-tile{policy="S2: 9@UB, _"},poly-assign-units' 2>&1 | filecheck %s

// poly-tile cuts S0 into a part that is a result and a part that tiles need; only poly-fuse makes
// statements of them, and filters by statement would execute both parts twice.
// CHECK: parts of @S0 are in several places: run poly-fuse first
builtin.module attributes {npu.target = "ascend910"} {
  func.func @rows(%x: memref<64x24xf32>, %A: memref<64x24xf32>) attributes {npu.kernel} {
    %B = memref.alloc() : memref<64x24xf32>
    affine.for %i = 0 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %x[%i, %j] : memref<64x24xf32>
        %b = math.exp %a : f32
        affine.store %b, %A[%i, %j] : memref<64x24xf32>
      }
    }
    affine.for %i = 8 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %A[%i, %j] : memref<64x24xf32>
        %b = affine.load %A[%i - 1, %j] : memref<64x24xf32>
        %c = arith.addf %a, %b : f32
        affine.store %c, %B[%i, %j] : memref<64x24xf32>
      }
    }
    affine.for %i = 8 to 64 {
      affine.for %j = 0 to 24 {
        %a = affine.load %B[%i, 23 - %j] : memref<64x24xf32>
        %b = math.absf %a : f32
        affine.store %b, %A[%i, %j] : memref<64x24xf32>
      }
    }
    func.return
  }
}
