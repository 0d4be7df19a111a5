!A = memref<${N}x${N}x${T}, #npu<space gm>>
!b = memref<${N}x${T}, #npu<space gm>>
!x = memref<${N}x${T}, #npu<space gm>>
!y = memref<${N}x${T}, #npu<space gm>>
!w = memref<${T}, #npu<space gm>>
func.func @ludcmp(%A: !A, %b: !b, %x: !x, %y: !y) attributes {npu.kernel} {
  %w = memref.alloc() : !w
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %0 = affine.load %A[%i, %j] : !A
      affine.store %0, %w[] : !w
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %1 = affine.load %w[] : !w
        %2 = affine.load %A[%i, %k] : !A
        %3 = affine.load %A[%k, %j] : !A
        %4 = arith.mulf %2, %3 : ${T}
        %5 = arith.subf %1, %4 : ${T}
        affine.store %5, %w[] : !w
      }
      %6 = affine.load %w[] : !w
      %7 = affine.load %A[%j, %j] : !A
      %8 = arith.divf %6, %7 : ${T}
      affine.store %8, %A[%i, %j] : !A
    }
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to ${N} {
      %9 = affine.load %A[%i, %j] : !A
      affine.store %9, %w[] : !w
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %10 = affine.load %w[] : !w
        %11 = affine.load %A[%i, %k] : !A
        %12 = affine.load %A[%k, %j] : !A
        %13 = arith.mulf %11, %12 : ${T}
        %14 = arith.subf %10, %13 : ${T}
        affine.store %14, %w[] : !w
      }
      %15 = affine.load %w[] : !w
      affine.store %15, %A[%i, %j] : !A
    }
  }
  affine.for %i = 0 to ${N} {
    %16 = affine.load %b[%i] : !b
    affine.store %16, %w[] : !w
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %17 = affine.load %w[] : !w
      %18 = affine.load %A[%i, %j] : !A
      %19 = affine.load %y[%j] : !y
      %20 = arith.mulf %18, %19 : ${T}
      %21 = arith.subf %17, %20 : ${T}
      affine.store %21, %w[] : !w
    }
    %22 = affine.load %w[] : !w
    affine.store %22, %y[%i] : !y
  }
  affine.for %i = 0 to ${N} {
    %23 = affine.load %y[${N} - 1 - %i] : !y
    affine.store %23, %w[] : !w
    affine.for %j = affine_map<(d0) -> (${N} - d0)>(%i) to ${N} {
      %24 = affine.load %w[] : !w
      %25 = affine.load %A[${N} - 1 - %i, %j] : !A
      %26 = affine.load %x[%j] : !x
      %27 = arith.mulf %25, %26 : ${T}
      %28 = arith.subf %24, %27 : ${T}
      affine.store %28, %w[] : !w
    }
    %29 = affine.load %w[] : !w
    %30 = affine.load %A[${N} - 1 - %i, ${N} - 1 - %i] : !A
    %31 = arith.divf %29, %30 : ${T}
    affine.store %31, %x[${N} - 1 - %i] : !x
  }
  func.return
}
