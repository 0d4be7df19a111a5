!A = memref<${NI}x${NK}x${T}, #npu<space gm>>
!B = memref<${NK}x${NJ}x${T}, #npu<space gm>>
!C = memref<${NJ}x${NM}x${T}, #npu<space gm>>
!D = memref<${NM}x${NL}x${T}, #npu<space gm>>
!G = memref<${NI}x${NL}x${T}, #npu<space gm>>
!E = memref<${NI}x${NJ}x${T}, #npu<space gm>>
!F = memref<${NJ}x${NL}x${T}, #npu<space gm>>
func.func @three_mm(%A: !A, %B: !B, %C: !C, %D: !D, %G: !G) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %E = memref.alloc() : !E
  %F = memref.alloc() : !F
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NJ} {
      affine.store %c0_0, %E[%i, %j] : !E
      affine.for %k = 0 to ${NK} {
        %0 = affine.load %E[%i, %j] : !E
        %1 = affine.load %A[%i, %k] : !A
        %2 = affine.load %B[%k, %j] : !B
        %3 = arith.mulf %1, %2 : ${T}
        %4 = arith.addf %0, %3 : ${T}
        affine.store %4, %E[%i, %j] : !E
      }
    }
  }
  affine.for %i = 0 to ${NJ} {
    affine.for %j = 0 to ${NL} {
      affine.store %c0_0, %F[%i, %j] : !F
      affine.for %k = 0 to ${NM} {
        %5 = affine.load %F[%i, %j] : !F
        %6 = affine.load %C[%i, %k] : !C
        %7 = affine.load %D[%k, %j] : !D
        %8 = arith.mulf %6, %7 : ${T}
        %9 = arith.addf %5, %8 : ${T}
        affine.store %9, %F[%i, %j] : !F
      }
    }
  }
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NL} {
      affine.store %c0_0, %G[%i, %j] : !G
      affine.for %k = 0 to ${NJ} {
        %10 = affine.load %G[%i, %j] : !G
        %11 = affine.load %E[%i, %k] : !E
        %12 = affine.load %F[%k, %j] : !F
        %13 = arith.mulf %11, %12 : ${T}
        %14 = arith.addf %10, %13 : ${T}
        affine.store %14, %G[%i, %j] : !G
      }
    }
  }
  func.return
}
