!x1 = memref<${N}x${T}, #npu<space gm>>
!x2 = memref<${N}x${T}, #npu<space gm>>
!y1 = memref<${N}x${T}, #npu<space gm>>
!y2 = memref<${N}x${T}, #npu<space gm>>
!A = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @mvt(%x1: !x1, %x2: !x2, %y1: !y1, %y2: !y2, %A: !A) attributes {npu.kernel} {
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${N} {
      %0 = affine.load %x1[%i] : !x1
      %1 = affine.load %A[%i, %j] : !A
      %2 = affine.load %y1[%j] : !y1
      %3 = arith.mulf %1, %2 : ${T}
      %4 = arith.addf %0, %3 : ${T}
      affine.store %4, %x1[%i] : !x1
    }
  }
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${N} {
      %5 = affine.load %x2[%i] : !x2
      %6 = affine.load %A[%j, %i] : !A
      %7 = affine.load %y2[%j] : !y2
      %8 = arith.mulf %6, %7 : ${T}
      %9 = arith.addf %5, %8 : ${T}
      affine.store %9, %x2[%i] : !x2
    }
  }
  func.return
}
