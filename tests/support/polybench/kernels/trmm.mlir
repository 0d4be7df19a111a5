!A = memref<${M}x${M}x${T}, #npu<space gm>>
!B = memref<${M}x${N}x${T}, #npu<space gm>>
func.func @trmm(%A: !A, %B: !B) attributes {npu.kernel} {
  %alpha = arith.constant ${alpha} : ${T}
  affine.for %i = 0 to ${M} {
    affine.for %j = 0 to ${N} {
      affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to ${M} {
        %0 = affine.load %B[%i, %j] : !B
        %1 = affine.load %A[%k, %i] : !A
        %2 = affine.load %B[%k, %j] : !B
        %3 = arith.mulf %1, %2 : ${T}
        %4 = arith.addf %0, %3 : ${T}
        affine.store %4, %B[%i, %j] : !B
      }
      %5 = affine.load %B[%i, %j] : !B
      %6 = arith.mulf %alpha, %5 : ${T}
      affine.store %6, %B[%i, %j] : !B
    }
  }
  func.return
}
