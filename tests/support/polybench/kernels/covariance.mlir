!data = memref<${N}x${M}x${T}, #npu<space gm>>
!cov = memref<${M}x${M}x${T}, #npu<space gm>>
!mean = memref<${M}x${T}, #npu<space gm>>
func.func @covariance(%data: !data, %cov: !cov) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %n = arith.constant ${n} : ${T}
  %n_1 = arith.constant ${n_1} : ${T}
  %mean = memref.alloc() : !mean
  affine.for %j = 0 to ${M} {
    affine.store %c0_0, %mean[%j] : !mean
    affine.for %i = 0 to ${N} {
      %0 = affine.load %mean[%j] : !mean
      %1 = affine.load %data[%i, %j] : !data
      %2 = arith.addf %0, %1 : ${T}
      affine.store %2, %mean[%j] : !mean
    }
    %3 = affine.load %mean[%j] : !mean
    %4 = arith.divf %3, %n : ${T}
    affine.store %4, %mean[%j] : !mean
  }
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${M} {
      %5 = affine.load %data[%i, %j] : !data
      %6 = affine.load %mean[%j] : !mean
      %7 = arith.subf %5, %6 : ${T}
      affine.store %7, %data[%i, %j] : !data
    }
  }
  affine.for %i = 0 to ${M} {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to ${M} {
      affine.store %c0_0, %cov[%i, %j] : !cov
      affine.for %k = 0 to ${N} {
        %8 = affine.load %cov[%i, %j] : !cov
        %9 = affine.load %data[%k, %i] : !data
        %10 = affine.load %data[%k, %j] : !data
        %11 = arith.mulf %9, %10 : ${T}
        %12 = arith.addf %8, %11 : ${T}
        affine.store %12, %cov[%i, %j] : !cov
      }
      %13 = affine.load %cov[%i, %j] : !cov
      %14 = arith.divf %13, %n_1 : ${T}
      affine.store %14, %cov[%i, %j] : !cov
      %15 = affine.load %cov[%i, %j] : !cov
      affine.store %15, %cov[%j, %i] : !cov
    }
  }
  func.return
}
