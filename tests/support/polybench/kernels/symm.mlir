!A = memref<${M}x${M}x${T}, #npu<space gm>>
!B = memref<${M}x${N}x${T}, #npu<space gm>>
!C = memref<${M}x${N}x${T}, #npu<space gm>>
!temp2 = memref<${T}, #npu<space gm>>
func.func @symm(%A: !A, %B: !B, %C: !C) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  %beta = arith.constant ${beta} : ${T}
  %temp2 = memref.alloc() : !temp2
  affine.for %i = 0 to ${M} {
    affine.for %j = 0 to ${N} {
      affine.store %c0_0, %temp2[] : !temp2
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %0 = affine.load %C[%k, %j] : !C
        %1 = affine.load %B[%i, %j] : !B
        %2 = arith.mulf %alpha, %1 : ${T}
        %3 = affine.load %A[%i, %k] : !A
        %4 = arith.mulf %2, %3 : ${T}
        %5 = arith.addf %0, %4 : ${T}
        affine.store %5, %C[%k, %j] : !C
        %6 = affine.load %temp2[] : !temp2
        %7 = affine.load %B[%k, %j] : !B
        %8 = affine.load %A[%i, %k] : !A
        %9 = arith.mulf %7, %8 : ${T}
        %10 = arith.addf %6, %9 : ${T}
        affine.store %10, %temp2[] : !temp2
      }
      %11 = affine.load %C[%i, %j] : !C
      %12 = arith.mulf %beta, %11 : ${T}
      %13 = affine.load %B[%i, %j] : !B
      %14 = arith.mulf %alpha, %13 : ${T}
      %15 = affine.load %A[%i, %i] : !A
      %16 = arith.mulf %14, %15 : ${T}
      %17 = arith.addf %12, %16 : ${T}
      %18 = affine.load %temp2[] : !temp2
      %19 = arith.mulf %alpha, %18 : ${T}
      %20 = arith.addf %17, %19 : ${T}
      affine.store %20, %C[%i, %j] : !C
    }
  }
  func.return
}
