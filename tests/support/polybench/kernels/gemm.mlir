!A = memref<${NI}x${NK}x${T}, #npu<space gm>>
!B = memref<${NK}x${NJ}x${T}, #npu<space gm>>
!C = memref<${NI}x${NJ}x${T}, #npu<space gm>>
func.func @gemm(%A: !A, %B: !B, %C: !C) attributes {npu.kernel} {
  %beta = arith.constant ${beta} : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  affine.for %i = 0 to ${NI} {
    affine.for %j = 0 to ${NJ} {
      %0 = affine.load %C[%i, %j] : !C
      %1 = arith.mulf %0, %beta : ${T}
      affine.store %1, %C[%i, %j] : !C
    }
    affine.for %k = 0 to ${NK} {
      affine.for %j = 0 to ${NJ} {
        %2 = affine.load %C[%i, %j] : !C
        %3 = affine.load %A[%i, %k] : !A
        %4 = arith.mulf %alpha, %3 : ${T}
        %5 = affine.load %B[%k, %j] : !B
        %6 = arith.mulf %4, %5 : ${T}
        %7 = arith.addf %2, %6 : ${T}
        affine.store %7, %C[%i, %j] : !C
      }
    }
  }
  func.return
}
