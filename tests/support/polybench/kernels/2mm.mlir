!tmp = memref<${NI}x${NJ}x${T}, #npu<space gm>>
!A = memref<${NI}x${NK}x${T}, #npu<space gm>>
!B = memref<${NK}x${NJ}x${T}, #npu<space gm>>
!C = memref<${NJ}x${NL}x${T}, #npu<space gm>>
!D = memref<${NI}x${NL}x${T}, #npu<space gm>>
func.func @two_mm(%tmp: !tmp, %A: !A, %B: !B, %C: !C, %D: !D) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  %beta = arith.constant ${beta} : ${T}
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NJ} {
      affine.store %c0_0, %tmp[%i, %j] : !tmp
      affine.for %k = 0 to ${NK} {
        %0 = affine.load %tmp[%i, %j] : !tmp
        %1 = affine.load %A[%i, %k] : !A
        %2 = arith.mulf %alpha, %1 : ${T}
        %3 = affine.load %B[%k, %j] : !B
        %4 = arith.mulf %2, %3 : ${T}
        %5 = arith.addf %0, %4 : ${T}
        affine.store %5, %tmp[%i, %j] : !tmp
      }
    }
  }
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NL} {
      %6 = affine.load %D[%i, %j] : !D
      %7 = arith.mulf %6, %beta : ${T}
      affine.store %7, %D[%i, %j] : !D
      affine.for %k = 0 to ${NJ} {
        %8 = affine.load %D[%i, %j] : !D
        %9 = affine.load %tmp[%i, %k] : !tmp
        %10 = affine.load %C[%k, %j] : !C
        %11 = arith.mulf %9, %10 : ${T}
        %12 = arith.addf %8, %11 : ${T}
        affine.store %12, %D[%i, %j] : !D
      }
    }
  }
  func.return
}
