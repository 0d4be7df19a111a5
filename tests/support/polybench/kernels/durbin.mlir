!r = memref<${N}x${T}, #npu<space gm>>
!y = memref<${N}x${T}, #npu<space gm>>
!z = memref<${N}x${T}, #npu<space gm>>
!alpha = memref<${T}, #npu<space gm>>
!beta = memref<${T}, #npu<space gm>>
!sum = memref<${T}, #npu<space gm>>
func.func @durbin(%r: !r, %y: !y) attributes {npu.kernel} {
  %c1_0 = arith.constant 1.0 : ${T}
  %c0_0 = arith.constant 0.0 : ${T}
  %z = memref.alloc() : !z
  %alpha = memref.alloc() : !alpha
  %beta = memref.alloc() : !beta
  %sum = memref.alloc() : !sum
  %0 = affine.load %r[0] : !r
  %1 = arith.negf %0 : ${T}
  affine.store %1, %y[0] : !y
  affine.store %c1_0, %beta[] : !beta
  %2 = affine.load %r[0] : !r
  %3 = arith.negf %2 : ${T}
  affine.store %3, %alpha[] : !alpha
  affine.for %k = 1 to ${N} {
    %4 = affine.load %alpha[] : !alpha
    %5 = affine.load %alpha[] : !alpha
    %6 = arith.mulf %4, %5 : ${T}
    %7 = arith.subf %c1_0, %6 : ${T}
    %8 = affine.load %beta[] : !beta
    %9 = arith.mulf %7, %8 : ${T}
    affine.store %9, %beta[] : !beta
    affine.store %c0_0, %sum[] : !sum
    affine.for %i = 0 to affine_map<(d0) -> (d0)>(%k) {
      %10 = affine.load %sum[] : !sum
      %11 = affine.load %r[%k - %i - 1] : !r
      %12 = affine.load %y[%i] : !y
      %13 = arith.mulf %11, %12 : ${T}
      %14 = arith.addf %10, %13 : ${T}
      affine.store %14, %sum[] : !sum
    }
    %15 = affine.load %r[%k] : !r
    %16 = affine.load %sum[] : !sum
    %17 = arith.addf %15, %16 : ${T}
    %18 = arith.negf %17 : ${T}
    %19 = affine.load %beta[] : !beta
    %20 = arith.divf %18, %19 : ${T}
    affine.store %20, %alpha[] : !alpha
    affine.for %i = 0 to affine_map<(d0) -> (d0)>(%k) {
      %21 = affine.load %y[%i] : !y
      %22 = affine.load %alpha[] : !alpha
      %23 = affine.load %y[%k - %i - 1] : !y
      %24 = arith.mulf %22, %23 : ${T}
      %25 = arith.addf %21, %24 : ${T}
      affine.store %25, %z[%i] : !z
    }
    affine.for %i = 0 to affine_map<(d0) -> (d0)>(%k) {
      %26 = affine.load %z[%i] : !z
      affine.store %26, %y[%i] : !y
    }
    %27 = affine.load %alpha[] : !alpha
    affine.store %27, %y[%k] : !y
  }
  func.return
}
