!A = memref<${N}x${M}x${T}, #npu<space gm>>
!s = memref<${M}x${T}, #npu<space gm>>
!q = memref<${N}x${T}, #npu<space gm>>
!p = memref<${M}x${T}, #npu<space gm>>
!r = memref<${N}x${T}, #npu<space gm>>
func.func @bicg(%A: !A, %s: !s, %q: !q, %p: !p, %r: !r) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  affine.for %i = 0 to ${M} {
    affine.store %c0_0, %s[%i] : !s
  }
  affine.for %i = 0 to ${N} {
    affine.store %c0_0, %q[%i] : !q
    affine.for %j = 0 to ${M} {
      %0 = affine.load %s[%j] : !s
      %1 = affine.load %r[%i] : !r
      %2 = affine.load %A[%i, %j] : !A
      %3 = arith.mulf %1, %2 : ${T}
      %4 = arith.addf %0, %3 : ${T}
      affine.store %4, %s[%j] : !s
      %5 = affine.load %q[%i] : !q
      %6 = affine.load %A[%i, %j] : !A
      %7 = affine.load %p[%j] : !p
      %8 = arith.mulf %6, %7 : ${T}
      %9 = arith.addf %5, %8 : ${T}
      affine.store %9, %q[%i] : !q
    }
  }
  func.return
}
