!A = memref<${M}x${N}x${T}, #npu<space gm>>
!x = memref<${N}x${T}, #npu<space gm>>
!y = memref<${N}x${T}, #npu<space gm>>
!tmp = memref<${M}x${T}, #npu<space gm>>
func.func @atax(%A: !A, %x: !x, %y: !y) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %tmp = memref.alloc() : !tmp
  affine.for %i = 0 to ${N} {
    affine.store %c0_0, %y[%i] : !y
  }
  affine.for %i = 0 to ${M} {
    affine.store %c0_0, %tmp[%i] : !tmp
    affine.for %j = 0 to ${N} {
      %0 = affine.load %tmp[%i] : !tmp
      %1 = affine.load %A[%i, %j] : !A
      %2 = affine.load %x[%j] : !x
      %3 = arith.mulf %1, %2 : ${T}
      %4 = arith.addf %0, %3 : ${T}
      affine.store %4, %tmp[%i] : !tmp
    }
    affine.for %j = 0 to ${N} {
      %5 = affine.load %y[%j] : !y
      %6 = affine.load %A[%i, %j] : !A
      %7 = affine.load %tmp[%i] : !tmp
      %8 = arith.mulf %6, %7 : ${T}
      %9 = arith.addf %5, %8 : ${T}
      affine.store %9, %y[%j] : !y
    }
  }
  func.return
}
