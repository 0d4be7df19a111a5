!A = memref<${M}x${N}x${T}, #npu<space gm>>
!R = memref<${N}x${N}x${T}, #npu<space gm>>
!Q = memref<${M}x${N}x${T}, #npu<space gm>>
!nrm = memref<${T}, #npu<space gm>>
func.func @gramschmidt(%A: !A, %R: !R, %Q: !Q) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %nrm = memref.alloc() : !nrm
  affine.for %k = 0 to ${N} {
    affine.store %c0_0, %nrm[] : !nrm
    affine.for %i = 0 to ${M} {
      %0 = affine.load %nrm[] : !nrm
      %1 = affine.load %A[%i, %k] : !A
      %2 = affine.load %A[%i, %k] : !A
      %3 = arith.mulf %1, %2 : ${T}
      %4 = arith.addf %0, %3 : ${T}
      affine.store %4, %nrm[] : !nrm
    }
    %5 = affine.load %nrm[] : !nrm
    %6 = math.sqrt %5 : ${T}
    affine.store %6, %R[%k, %k] : !R
    affine.for %i = 0 to ${M} {
      %7 = affine.load %A[%i, %k] : !A
      %8 = affine.load %R[%k, %k] : !R
      %9 = arith.divf %7, %8 : ${T}
      affine.store %9, %Q[%i, %k] : !Q
    }
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%k) to ${N} {
      affine.store %c0_0, %R[%k, %j] : !R
      affine.for %i = 0 to ${M} {
        %10 = affine.load %R[%k, %j] : !R
        %11 = affine.load %Q[%i, %k] : !Q
        %12 = affine.load %A[%i, %j] : !A
        %13 = arith.mulf %11, %12 : ${T}
        %14 = arith.addf %10, %13 : ${T}
        affine.store %14, %R[%k, %j] : !R
      }
      affine.for %i = 0 to ${M} {
        %15 = affine.load %A[%i, %j] : !A
        %16 = affine.load %Q[%i, %k] : !Q
        %17 = affine.load %R[%k, %j] : !R
        %18 = arith.mulf %16, %17 : ${T}
        %19 = arith.subf %15, %18 : ${T}
        affine.store %19, %A[%i, %j] : !A
      }
    }
  }
  func.return
}
