!imgIn = memref<${W}x${H}x${T}, #npu<space gm>>
!imgOut = memref<${W}x${H}x${T}, #npu<space gm>>
!y1 = memref<${W}x${H}x${T}, #npu<space gm>>
!y2 = memref<${W}x${H}x${T}, #npu<space gm>>
!xm1 = memref<${T}, #npu<space gm>>
!ym1 = memref<${T}, #npu<space gm>>
!ym2 = memref<${T}, #npu<space gm>>
!xp1 = memref<${T}, #npu<space gm>>
!xp2 = memref<${T}, #npu<space gm>>
!yp1 = memref<${T}, #npu<space gm>>
!yp2 = memref<${T}, #npu<space gm>>
func.func @deriche(%imgIn: !imgIn, %imgOut: !imgOut) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %a1 = arith.constant ${a1} : ${T}
  %a2 = arith.constant ${a2} : ${T}
  %b1 = arith.constant ${b1} : ${T}
  %b2 = arith.constant ${b2} : ${T}
  %a3 = arith.constant ${a3} : ${T}
  %a4 = arith.constant ${a4} : ${T}
  %y1 = memref.alloc() : !y1
  %y2 = memref.alloc() : !y2
  %xm1 = memref.alloc() : !xm1
  %ym1 = memref.alloc() : !ym1
  %ym2 = memref.alloc() : !ym2
  %xp1 = memref.alloc() : !xp1
  %xp2 = memref.alloc() : !xp2
  %yp1 = memref.alloc() : !yp1
  %yp2 = memref.alloc() : !yp2
  affine.for %i = 0 to ${W} {
    affine.store %c0_0, %ym1[] : !ym1
    affine.store %c0_0, %ym2[] : !ym2
    affine.store %c0_0, %xm1[] : !xm1
    affine.for %j = 0 to ${H} {
      %0 = affine.load %imgIn[%i, %j] : !imgIn
      %1 = arith.mulf %a1, %0 : ${T}
      %2 = affine.load %xm1[] : !xm1
      %3 = arith.mulf %a2, %2 : ${T}
      %4 = arith.addf %1, %3 : ${T}
      %5 = affine.load %ym1[] : !ym1
      %6 = arith.mulf %b1, %5 : ${T}
      %7 = arith.addf %4, %6 : ${T}
      %8 = affine.load %ym2[] : !ym2
      %9 = arith.mulf %b2, %8 : ${T}
      %10 = arith.addf %7, %9 : ${T}
      affine.store %10, %y1[%i, %j] : !y1
      %11 = affine.load %imgIn[%i, %j] : !imgIn
      affine.store %11, %xm1[] : !xm1
      %12 = affine.load %ym1[] : !ym1
      affine.store %12, %ym2[] : !ym2
      %13 = affine.load %y1[%i, %j] : !y1
      affine.store %13, %ym1[] : !ym1
    }
  }
  affine.for %i = 0 to ${W} {
    affine.store %c0_0, %yp1[] : !yp1
    affine.store %c0_0, %yp2[] : !yp2
    affine.store %c0_0, %xp1[] : !xp1
    affine.store %c0_0, %xp2[] : !xp2
    affine.for %j = 0 to ${H} {
      %14 = affine.load %xp1[] : !xp1
      %15 = arith.mulf %a3, %14 : ${T}
      %16 = affine.load %xp2[] : !xp2
      %17 = arith.mulf %a4, %16 : ${T}
      %18 = arith.addf %15, %17 : ${T}
      %19 = affine.load %yp1[] : !yp1
      %20 = arith.mulf %b1, %19 : ${T}
      %21 = arith.addf %18, %20 : ${T}
      %22 = affine.load %yp2[] : !yp2
      %23 = arith.mulf %b2, %22 : ${T}
      %24 = arith.addf %21, %23 : ${T}
      affine.store %24, %y2[%i, ${H} - 1 - %j] : !y2
      %25 = affine.load %xp1[] : !xp1
      affine.store %25, %xp2[] : !xp2
      %26 = affine.load %imgIn[%i, ${H} - 1 - %j] : !imgIn
      affine.store %26, %xp1[] : !xp1
      %27 = affine.load %yp1[] : !yp1
      affine.store %27, %yp2[] : !yp2
      %28 = affine.load %y2[%i, ${H} - 1 - %j] : !y2
      affine.store %28, %yp1[] : !yp1
    }
  }
  affine.for %i = 0 to ${W} {
    affine.for %j = 0 to ${H} {
      %29 = affine.load %y1[%i, %j] : !y1
      %30 = affine.load %y2[%i, %j] : !y2
      %31 = arith.addf %29, %30 : ${T}
      affine.store %31, %imgOut[%i, %j] : !imgOut
    }
  }
  affine.for %j = 0 to ${H} {
    affine.store %c0_0, %xm1[] : !xm1
    affine.store %c0_0, %ym1[] : !ym1
    affine.store %c0_0, %ym2[] : !ym2
    affine.for %i = 0 to ${W} {
      %32 = affine.load %imgOut[%i, %j] : !imgOut
      %33 = arith.mulf %a1, %32 : ${T}
      %34 = affine.load %xm1[] : !xm1
      %35 = arith.mulf %a2, %34 : ${T}
      %36 = arith.addf %33, %35 : ${T}
      %37 = affine.load %ym1[] : !ym1
      %38 = arith.mulf %b1, %37 : ${T}
      %39 = arith.addf %36, %38 : ${T}
      %40 = affine.load %ym2[] : !ym2
      %41 = arith.mulf %b2, %40 : ${T}
      %42 = arith.addf %39, %41 : ${T}
      affine.store %42, %y1[%i, %j] : !y1
      %43 = affine.load %imgOut[%i, %j] : !imgOut
      affine.store %43, %xm1[] : !xm1
      %44 = affine.load %ym1[] : !ym1
      affine.store %44, %ym2[] : !ym2
      %45 = affine.load %y1[%i, %j] : !y1
      affine.store %45, %ym1[] : !ym1
    }
  }
  affine.for %j = 0 to ${H} {
    affine.store %c0_0, %xp1[] : !xp1
    affine.store %c0_0, %xp2[] : !xp2
    affine.store %c0_0, %yp1[] : !yp1
    affine.store %c0_0, %yp2[] : !yp2
    affine.for %i = 0 to ${W} {
      %46 = affine.load %xp1[] : !xp1
      %47 = arith.mulf %a3, %46 : ${T}
      %48 = affine.load %xp2[] : !xp2
      %49 = arith.mulf %a4, %48 : ${T}
      %50 = arith.addf %47, %49 : ${T}
      %51 = affine.load %yp1[] : !yp1
      %52 = arith.mulf %b1, %51 : ${T}
      %53 = arith.addf %50, %52 : ${T}
      %54 = affine.load %yp2[] : !yp2
      %55 = arith.mulf %b2, %54 : ${T}
      %56 = arith.addf %53, %55 : ${T}
      affine.store %56, %y2[${W} - 1 - %i, %j] : !y2
      %57 = affine.load %xp1[] : !xp1
      affine.store %57, %xp2[] : !xp2
      %58 = affine.load %imgOut[${W} - 1 - %i, %j] : !imgOut
      affine.store %58, %xp1[] : !xp1
      %59 = affine.load %yp1[] : !yp1
      affine.store %59, %yp2[] : !yp2
      %60 = affine.load %y2[${W} - 1 - %i, %j] : !y2
      affine.store %60, %yp1[] : !yp1
    }
  }
  affine.for %i = 0 to ${W} {
    affine.for %j = 0 to ${H} {
      %61 = affine.load %y1[%i, %j] : !y1
      %62 = affine.load %y2[%i, %j] : !y2
      %63 = arith.addf %61, %62 : ${T}
      affine.store %63, %imgOut[%i, %j] : !imgOut
    }
  }
  func.return
}
