!A = memref<${N}x${N}x${T}, #npu<space gm>>
!B = memref<${N}x${N}x${T}, #npu<space gm>>
!x = memref<${N}x${T}, #npu<space gm>>
!y = memref<${N}x${T}, #npu<space gm>>
!tmp = memref<${N}x${T}, #npu<space gm>>
func.func @gesummv(%A: !A, %B: !B, %x: !x, %y: !y) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  %beta = arith.constant ${beta} : ${T}
  %tmp = memref.alloc() : !tmp
  affine.for %i = 0 to ${N} {
    affine.store %c0_0, %tmp[%i] : !tmp
    affine.store %c0_0, %y[%i] : !y
    affine.for %j = 0 to ${N} {
      %0 = affine.load %A[%i, %j] : !A
      %1 = affine.load %x[%j] : !x
      %2 = arith.mulf %0, %1 : ${T}
      %3 = affine.load %tmp[%i] : !tmp
      %4 = arith.addf %2, %3 : ${T}
      affine.store %4, %tmp[%i] : !tmp
      %5 = affine.load %B[%i, %j] : !B
      %6 = affine.load %x[%j] : !x
      %7 = arith.mulf %5, %6 : ${T}
      %8 = affine.load %y[%i] : !y
      %9 = arith.addf %7, %8 : ${T}
      affine.store %9, %y[%i] : !y
    }
    %10 = affine.load %tmp[%i] : !tmp
    %11 = arith.mulf %alpha, %10 : ${T}
    %12 = affine.load %y[%i] : !y
    %13 = arith.mulf %beta, %12 : ${T}
    %14 = arith.addf %11, %13 : ${T}
    affine.store %14, %y[%i] : !y
  }
  func.return
}
