!A = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @lu(%A: !A) attributes {npu.kernel} {
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %0 = affine.load %A[%i, %j] : !A
        %1 = affine.load %A[%i, %k] : !A
        %2 = affine.load %A[%k, %j] : !A
        %3 = arith.mulf %1, %2 : ${T}
        %4 = arith.subf %0, %3 : ${T}
        affine.store %4, %A[%i, %j] : !A
      }
      %5 = affine.load %A[%i, %j] : !A
      %6 = affine.load %A[%j, %j] : !A
      %7 = arith.divf %5, %6 : ${T}
      affine.store %7, %A[%i, %j] : !A
    }
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to ${N} {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %8 = affine.load %A[%i, %j] : !A
        %9 = affine.load %A[%i, %k] : !A
        %10 = affine.load %A[%k, %j] : !A
        %11 = arith.mulf %9, %10 : ${T}
        %12 = arith.subf %8, %11 : ${T}
        affine.store %12, %A[%i, %j] : !A
      }
    }
  }
  func.return
}
