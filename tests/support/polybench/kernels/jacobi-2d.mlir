!A = memref<${N}x${N}x${T}, #npu<space gm>>
!B = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @jacobi_2d(%A: !A, %B: !B) attributes {npu.kernel} {
  %c0_2 = arith.constant 0.2 : ${T}
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %0 = affine.load %A[%i, %j] : !A
        %1 = affine.load %A[%i, %j - 1] : !A
        %2 = arith.addf %0, %1 : ${T}
        %3 = affine.load %A[%i, %j + 1] : !A
        %4 = arith.addf %2, %3 : ${T}
        %5 = affine.load %A[%i + 1, %j] : !A
        %6 = arith.addf %4, %5 : ${T}
        %7 = affine.load %A[%i - 1, %j] : !A
        %8 = arith.addf %6, %7 : ${T}
        %9 = arith.mulf %c0_2, %8 : ${T}
        affine.store %9, %B[%i, %j] : !B
      }
    }
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %10 = affine.load %B[%i, %j] : !B
        %11 = affine.load %B[%i, %j - 1] : !B
        %12 = arith.addf %10, %11 : ${T}
        %13 = affine.load %B[%i, %j + 1] : !B
        %14 = arith.addf %12, %13 : ${T}
        %15 = affine.load %B[%i + 1, %j] : !B
        %16 = arith.addf %14, %15 : ${T}
        %17 = affine.load %B[%i - 1, %j] : !B
        %18 = arith.addf %16, %17 : ${T}
        %19 = arith.mulf %c0_2, %18 : ${T}
        affine.store %19, %A[%i, %j] : !A
      }
    }
  }
  func.return
}
