!ex = memref<${NX}x${NY}x${T}, #npu<space gm>>
!ey = memref<${NX}x${NY}x${T}, #npu<space gm>>
!hz = memref<${NX}x${NY}x${T}, #npu<space gm>>
!fict = memref<${TMAX}x${T}, #npu<space gm>>
func.func @fdtd_2d(%ex: !ex, %ey: !ey, %hz: !hz, %fict: !fict) attributes {npu.kernel} {
  %c0_5 = arith.constant 0.5 : ${T}
  %c0_7 = arith.constant 0.7 : ${T}
  affine.for %t = 0 to ${TMAX} {
    affine.for %j = 0 to ${NY} {
      %0 = affine.load %fict[%t] : !fict
      affine.store %0, %ey[0, %j] : !ey
    }
    affine.for %i = 1 to ${NX} {
      affine.for %j = 0 to ${NY} {
        %1 = affine.load %ey[%i, %j] : !ey
        %2 = affine.load %hz[%i, %j] : !hz
        %3 = affine.load %hz[%i - 1, %j] : !hz
        %4 = arith.subf %2, %3 : ${T}
        %5 = arith.mulf %c0_5, %4 : ${T}
        %6 = arith.subf %1, %5 : ${T}
        affine.store %6, %ey[%i, %j] : !ey
      }
    }
    affine.for %i = 0 to ${NX} {
      affine.for %j = 1 to ${NY} {
        %7 = affine.load %ex[%i, %j] : !ex
        %8 = affine.load %hz[%i, %j] : !hz
        %9 = affine.load %hz[%i, %j - 1] : !hz
        %10 = arith.subf %8, %9 : ${T}
        %11 = arith.mulf %c0_5, %10 : ${T}
        %12 = arith.subf %7, %11 : ${T}
        affine.store %12, %ex[%i, %j] : !ex
      }
    }
    affine.for %i = 0 to affine_map<() -> (${NX} - 1)>() {
      affine.for %j = 0 to affine_map<() -> (${NY} - 1)>() {
        %13 = affine.load %hz[%i, %j] : !hz
        %14 = affine.load %ex[%i, %j + 1] : !ex
        %15 = affine.load %ex[%i, %j] : !ex
        %16 = arith.subf %14, %15 : ${T}
        %17 = affine.load %ey[%i + 1, %j] : !ey
        %18 = arith.addf %16, %17 : ${T}
        %19 = affine.load %ey[%i, %j] : !ey
        %20 = arith.subf %18, %19 : ${T}
        %21 = arith.mulf %c0_7, %20 : ${T}
        %22 = arith.subf %13, %21 : ${T}
        affine.store %22, %hz[%i, %j] : !hz
      }
    }
  }
  func.return
}
