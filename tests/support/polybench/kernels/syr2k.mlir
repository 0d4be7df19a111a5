!A = memref<${N}x${M}x${T}, #npu<space gm>>
!B = memref<${N}x${M}x${T}, #npu<space gm>>
!C = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @syr2k(%A: !A, %B: !B, %C: !C) attributes {npu.kernel} {
  %beta = arith.constant ${beta} : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
      %0 = affine.load %C[%i, %j] : !C
      %1 = arith.mulf %0, %beta : ${T}
      affine.store %1, %C[%i, %j] : !C
    }
    affine.for %k = 0 to ${M} {
      affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
        %2 = affine.load %C[%i, %j] : !C
        %3 = affine.load %A[%j, %k] : !A
        %4 = arith.mulf %3, %alpha : ${T}
        %5 = affine.load %B[%i, %k] : !B
        %6 = arith.mulf %4, %5 : ${T}
        %7 = arith.addf %2, %6 : ${T}
        %8 = affine.load %B[%j, %k] : !B
        %9 = arith.mulf %8, %alpha : ${T}
        %10 = affine.load %A[%i, %k] : !A
        %11 = arith.mulf %9, %10 : ${T}
        %12 = arith.addf %7, %11 : ${T}
        affine.store %12, %C[%i, %j] : !C
      }
    }
  }
  func.return
}
