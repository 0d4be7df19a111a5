!L = memref<${N}x${N}x${T}, #npu<space gm>>
!b = memref<${N}x${T}, #npu<space gm>>
!x = memref<${N}x${T}, #npu<space gm>>
func.func @trisolv(%L: !L, %b: !b, %x: !x) attributes {npu.kernel} {
  affine.for %i = 0 to ${N} {
    %0 = affine.load %b[%i] : !b
    affine.store %0, %x[%i] : !x
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %1 = affine.load %x[%i] : !x
      %2 = affine.load %L[%i, %j] : !L
      %3 = affine.load %x[%j] : !x
      %4 = arith.mulf %2, %3 : ${T}
      %5 = arith.subf %1, %4 : ${T}
      affine.store %5, %x[%i] : !x
    }
    %6 = affine.load %x[%i] : !x
    %7 = affine.load %L[%i, %i] : !L
    %8 = arith.divf %6, %7 : ${T}
    affine.store %8, %x[%i] : !x
  }
  func.return
}
