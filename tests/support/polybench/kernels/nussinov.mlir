!seq = memref<${N}x${T}, #npu<space gm>>
!table = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @nussinov(%seq: !seq, %table: !table) attributes {npu.kernel} {
  %c3_0 = arith.constant 3.0 : ${T}
  %c1_0 = arith.constant 1.0 : ${T}
  %c0_0 = arith.constant 0.0 : ${T}
  affine.for %i = 0 to ${N} {
    affine.for %j = affine_map<(d0) -> (${N} - d0)>(%i) to ${N} {
      %0 = affine.load %table[${N} - 1 - %i, %j] : !table
      %1 = affine.load %table[${N} - 1 - %i, %j - 1] : !table
      %2 = arith.maximumf %0, %1 : ${T}
      affine.store %2, %table[${N} - 1 - %i, %j] : !table
      "affine.if"(%i) <{condition = affine_set<(d0) : (d0 - 1 >= 0)>}> ({
        %3 = affine.load %table[${N} - 1 - %i, %j] : !table
        %4 = affine.load %table[${N} - %i, %j] : !table
        %5 = arith.maximumf %3, %4 : ${T}
        affine.store %5, %table[${N} - 1 - %i, %j] : !table
        "affine.if"(%j, %i) <{condition = affine_set<(d0, d1) : (d0 + d1 - ${N} - 1 >= 0)>}> ({
          %6 = affine.load %table[${N} - 1 - %i, %j] : !table
          %7 = affine.load %table[${N} - %i, %j - 1] : !table
          %8 = affine.load %seq[${N} - 1 - %i] : !seq
          %9 = affine.load %seq[%j] : !seq
          %10 = arith.addf %8, %9 : ${T}
          %11 = arith.cmpf oeq, %10, %c3_0 : ${T}
          %12 = arith.select %11, %c1_0, %c0_0 : ${T}
          %13 = arith.addf %7, %12 : ${T}
          %14 = arith.maximumf %6, %13 : ${T}
          affine.store %14, %table[${N} - 1 - %i, %j] : !table
          affine.yield
        }, {
          %15 = affine.load %table[${N} - 1 - %i, %j] : !table
          %16 = affine.load %table[${N} - %i, %j - 1] : !table
          %17 = arith.maximumf %15, %16 : ${T}
          affine.store %17, %table[${N} - 1 - %i, %j] : !table
          affine.yield
        }) : (index, index) -> ()
        affine.yield
      }, {
      }) : (index) -> ()
      affine.for %k = affine_map<(d0) -> (${N} - d0)>(%i) to affine_map<(d0) -> (d0)>(%j) {
        %18 = affine.load %table[${N} - 1 - %i, %j] : !table
        %19 = affine.load %table[${N} - 1 - %i, %k] : !table
        %20 = affine.load %table[%k + 1, %j] : !table
        %21 = arith.addf %19, %20 : ${T}
        %22 = arith.maximumf %18, %21 : ${T}
        affine.store %22, %table[${N} - 1 - %i, %j] : !table
      }
    }
  }
  func.return
}
