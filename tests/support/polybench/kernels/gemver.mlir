!A = memref<${N}x${N}x${T}, #npu<space gm>>
!u1 = memref<${N}x${T}, #npu<space gm>>
!v1 = memref<${N}x${T}, #npu<space gm>>
!u2 = memref<${N}x${T}, #npu<space gm>>
!v2 = memref<${N}x${T}, #npu<space gm>>
!x = memref<${N}x${T}, #npu<space gm>>
!y = memref<${N}x${T}, #npu<space gm>>
!z = memref<${N}x${T}, #npu<space gm>>
!w = memref<${N}x${T}, #npu<space gm>>
func.func @gemver(%A: !A, %u1: !u1, %v1: !v1, %u2: !u2, %v2: !v2, %x: !x, %y: !y, %z: !z, %w: !w) attributes {npu.kernel} {
  %beta = arith.constant ${beta} : ${T}
  %alpha = arith.constant ${alpha} : ${T}
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${N} {
      %0 = affine.load %A[%i, %j] : !A
      %1 = affine.load %u1[%i] : !u1
      %2 = affine.load %v1[%j] : !v1
      %3 = arith.mulf %1, %2 : ${T}
      %4 = arith.addf %0, %3 : ${T}
      %5 = affine.load %u2[%i] : !u2
      %6 = affine.load %v2[%j] : !v2
      %7 = arith.mulf %5, %6 : ${T}
      %8 = arith.addf %4, %7 : ${T}
      affine.store %8, %A[%i, %j] : !A
    }
  }
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${N} {
      %9 = affine.load %x[%i] : !x
      %10 = affine.load %A[%j, %i] : !A
      %11 = arith.mulf %beta, %10 : ${T}
      %12 = affine.load %y[%j] : !y
      %13 = arith.mulf %11, %12 : ${T}
      %14 = arith.addf %9, %13 : ${T}
      affine.store %14, %x[%i] : !x
    }
  }
  affine.for %i = 0 to ${N} {
    %15 = affine.load %x[%i] : !x
    %16 = affine.load %z[%i] : !z
    %17 = arith.addf %15, %16 : ${T}
    affine.store %17, %x[%i] : !x
  }
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${N} {
      %18 = affine.load %w[%i] : !w
      %19 = affine.load %A[%i, %j] : !A
      %20 = arith.mulf %alpha, %19 : ${T}
      %21 = affine.load %x[%j] : !x
      %22 = arith.mulf %20, %21 : ${T}
      %23 = arith.addf %18, %22 : ${T}
      affine.store %23, %w[%i] : !w
    }
  }
  func.return
}
