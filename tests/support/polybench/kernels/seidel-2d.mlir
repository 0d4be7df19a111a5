!A = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @seidel_2d(%A: !A) attributes {npu.kernel} {
  %c9_0 = arith.constant 9.0 : ${T}
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %0 = affine.load %A[%i - 1, %j - 1] : !A
        %1 = affine.load %A[%i - 1, %j] : !A
        %2 = arith.addf %0, %1 : ${T}
        %3 = affine.load %A[%i - 1, %j + 1] : !A
        %4 = arith.addf %2, %3 : ${T}
        %5 = affine.load %A[%i, %j - 1] : !A
        %6 = arith.addf %4, %5 : ${T}
        %7 = affine.load %A[%i, %j] : !A
        %8 = arith.addf %6, %7 : ${T}
        %9 = affine.load %A[%i, %j + 1] : !A
        %10 = arith.addf %8, %9 : ${T}
        %11 = affine.load %A[%i + 1, %j - 1] : !A
        %12 = arith.addf %10, %11 : ${T}
        %13 = affine.load %A[%i + 1, %j] : !A
        %14 = arith.addf %12, %13 : ${T}
        %15 = affine.load %A[%i + 1, %j + 1] : !A
        %16 = arith.addf %14, %15 : ${T}
        %17 = arith.divf %16, %c9_0 : ${T}
        affine.store %17, %A[%i, %j] : !A
      }
    }
  }
  func.return
}
