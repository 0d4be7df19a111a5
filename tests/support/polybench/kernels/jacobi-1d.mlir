!A = memref<${N}x${T}, #npu<space gm>>
!B = memref<${N}x${T}, #npu<space gm>>
func.func @jacobi_1d(%A: !A, %B: !B) attributes {npu.kernel} {
  %c0_33333 = arith.constant 0.33333 : ${T}
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      %0 = affine.load %A[%i - 1] : !A
      %1 = affine.load %A[%i] : !A
      %2 = arith.addf %0, %1 : ${T}
      %3 = affine.load %A[%i + 1] : !A
      %4 = arith.addf %2, %3 : ${T}
      %5 = arith.mulf %c0_33333, %4 : ${T}
      affine.store %5, %B[%i] : !B
    }
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      %6 = affine.load %B[%i - 1] : !B
      %7 = affine.load %B[%i] : !B
      %8 = arith.addf %6, %7 : ${T}
      %9 = affine.load %B[%i + 1] : !B
      %10 = arith.addf %8, %9 : ${T}
      %11 = arith.mulf %c0_33333, %10 : ${T}
      affine.store %11, %A[%i] : !A
    }
  }
  func.return
}
