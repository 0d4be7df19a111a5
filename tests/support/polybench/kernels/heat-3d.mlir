!A = memref<${N}x${N}x${N}x${T}, #npu<space gm>>
!B = memref<${N}x${N}x${N}x${T}, #npu<space gm>>
func.func @heat_3d(%A: !A, %B: !B) attributes {npu.kernel} {
  %c0_125 = arith.constant 0.125 : ${T}
  %c2_0 = arith.constant 2.0 : ${T}
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        affine.for %k = 1 to affine_map<() -> (${N} - 1)>() {
          %0 = affine.load %A[%i + 1, %j, %k] : !A
          %1 = affine.load %A[%i, %j, %k] : !A
          %2 = arith.mulf %c2_0, %1 : ${T}
          %3 = arith.subf %0, %2 : ${T}
          %4 = affine.load %A[%i - 1, %j, %k] : !A
          %5 = arith.addf %3, %4 : ${T}
          %6 = arith.mulf %c0_125, %5 : ${T}
          %7 = affine.load %A[%i, %j + 1, %k] : !A
          %8 = affine.load %A[%i, %j, %k] : !A
          %9 = arith.mulf %c2_0, %8 : ${T}
          %10 = arith.subf %7, %9 : ${T}
          %11 = affine.load %A[%i, %j - 1, %k] : !A
          %12 = arith.addf %10, %11 : ${T}
          %13 = arith.mulf %c0_125, %12 : ${T}
          %14 = arith.addf %6, %13 : ${T}
          %15 = affine.load %A[%i, %j, %k + 1] : !A
          %16 = affine.load %A[%i, %j, %k] : !A
          %17 = arith.mulf %c2_0, %16 : ${T}
          %18 = arith.subf %15, %17 : ${T}
          %19 = affine.load %A[%i, %j, %k - 1] : !A
          %20 = arith.addf %18, %19 : ${T}
          %21 = arith.mulf %c0_125, %20 : ${T}
          %22 = arith.addf %14, %21 : ${T}
          %23 = affine.load %A[%i, %j, %k] : !A
          %24 = arith.addf %22, %23 : ${T}
          affine.store %24, %B[%i, %j, %k] : !B
        }
      }
    }
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        affine.for %k = 1 to affine_map<() -> (${N} - 1)>() {
          %25 = affine.load %B[%i + 1, %j, %k] : !B
          %26 = affine.load %B[%i, %j, %k] : !B
          %27 = arith.mulf %c2_0, %26 : ${T}
          %28 = arith.subf %25, %27 : ${T}
          %29 = affine.load %B[%i - 1, %j, %k] : !B
          %30 = arith.addf %28, %29 : ${T}
          %31 = arith.mulf %c0_125, %30 : ${T}
          %32 = affine.load %B[%i, %j + 1, %k] : !B
          %33 = affine.load %B[%i, %j, %k] : !B
          %34 = arith.mulf %c2_0, %33 : ${T}
          %35 = arith.subf %32, %34 : ${T}
          %36 = affine.load %B[%i, %j - 1, %k] : !B
          %37 = arith.addf %35, %36 : ${T}
          %38 = arith.mulf %c0_125, %37 : ${T}
          %39 = arith.addf %31, %38 : ${T}
          %40 = affine.load %B[%i, %j, %k + 1] : !B
          %41 = affine.load %B[%i, %j, %k] : !B
          %42 = arith.mulf %c2_0, %41 : ${T}
          %43 = arith.subf %40, %42 : ${T}
          %44 = affine.load %B[%i, %j, %k - 1] : !B
          %45 = arith.addf %43, %44 : ${T}
          %46 = arith.mulf %c0_125, %45 : ${T}
          %47 = arith.addf %39, %46 : ${T}
          %48 = affine.load %B[%i, %j, %k] : !B
          %49 = arith.addf %47, %48 : ${T}
          affine.store %49, %A[%i, %j, %k] : !A
        }
      }
    }
  }
  func.return
}
