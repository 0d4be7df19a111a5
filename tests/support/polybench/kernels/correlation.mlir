!data = memref<${N}x${M}x${T}, #npu<space gm>>
!corr = memref<${M}x${M}x${T}, #npu<space gm>>
!mean = memref<${M}x${T}, #npu<space gm>>
!stddev = memref<${M}x${T}, #npu<space gm>>
func.func @correlation(%data: !data, %corr: !corr) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %n = arith.constant ${n} : ${T}
  %c0_1 = arith.constant 0.1 : ${T}
  %c1_0 = arith.constant 1.0 : ${T}
  %sqrt_n = arith.constant ${sqrt_n} : ${T}
  %mean = memref.alloc() : !mean
  %stddev = memref.alloc() : !stddev
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
  affine.for %j = 0 to ${M} {
    affine.store %c0_0, %stddev[%j] : !stddev
    affine.for %i = 0 to ${N} {
      %5 = affine.load %stddev[%j] : !stddev
      %6 = affine.load %data[%i, %j] : !data
      %7 = affine.load %mean[%j] : !mean
      %8 = arith.subf %6, %7 : ${T}
      %9 = affine.load %data[%i, %j] : !data
      %10 = affine.load %mean[%j] : !mean
      %11 = arith.subf %9, %10 : ${T}
      %12 = arith.mulf %8, %11 : ${T}
      %13 = arith.addf %5, %12 : ${T}
      affine.store %13, %stddev[%j] : !stddev
    }
    %14 = affine.load %stddev[%j] : !stddev
    %15 = arith.divf %14, %n : ${T}
    affine.store %15, %stddev[%j] : !stddev
    %16 = affine.load %stddev[%j] : !stddev
    %17 = math.sqrt %16 : ${T}
    affine.store %17, %stddev[%j] : !stddev
    %18 = affine.load %stddev[%j] : !stddev
    %19 = arith.cmpf ole, %18, %c0_1 : ${T}
    %20 = affine.load %stddev[%j] : !stddev
    %21 = arith.select %19, %c1_0, %20 : ${T}
    affine.store %21, %stddev[%j] : !stddev
  }
  affine.for %i = 0 to ${N} {
    affine.for %j = 0 to ${M} {
      %22 = affine.load %data[%i, %j] : !data
      %23 = affine.load %mean[%j] : !mean
      %24 = arith.subf %22, %23 : ${T}
      affine.store %24, %data[%i, %j] : !data
      %25 = affine.load %data[%i, %j] : !data
      %26 = affine.load %stddev[%j] : !stddev
      %27 = arith.mulf %sqrt_n, %26 : ${T}
      %28 = arith.divf %25, %27 : ${T}
      affine.store %28, %data[%i, %j] : !data
    }
  }
  affine.for %i = 0 to affine_map<() -> (${M} - 1)>() {
    affine.store %c1_0, %corr[%i, %i] : !corr
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%i) to ${M} {
      affine.store %c0_0, %corr[%i, %j] : !corr
      affine.for %k = 0 to ${N} {
        %29 = affine.load %corr[%i, %j] : !corr
        %30 = affine.load %data[%k, %i] : !data
        %31 = affine.load %data[%k, %j] : !data
        %32 = arith.mulf %30, %31 : ${T}
        %33 = arith.addf %29, %32 : ${T}
        affine.store %33, %corr[%i, %j] : !corr
      }
      %34 = affine.load %corr[%i, %j] : !corr
      affine.store %34, %corr[%j, %i] : !corr
    }
  }
  affine.store %c1_0, %corr[${M} - 1, ${M} - 1] : !corr
  func.return
}
