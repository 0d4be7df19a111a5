!path = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @floyd_warshall(%path: !path) attributes {npu.kernel} {
  affine.for %k = 0 to ${N} {
    affine.for %i = 0 to ${N} {
      affine.for %j = 0 to ${N} {
        %0 = affine.load %path[%i, %j] : !path
        %1 = affine.load %path[%i, %k] : !path
        %2 = affine.load %path[%k, %j] : !path
        %3 = arith.addf %1, %2 : ${T}
        %4 = arith.minimumf %0, %3 : ${T}
        affine.store %4, %path[%i, %j] : !path
      }
    }
  }
  func.return
}
