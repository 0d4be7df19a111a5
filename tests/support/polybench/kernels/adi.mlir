!u = memref<${N}x${N}x${T}, #npu<space gm>>
!v = memref<${N}x${N}x${T}, #npu<space gm>>
!p = memref<${N}x${N}x${T}, #npu<space gm>>
!q = memref<${N}x${N}x${T}, #npu<space gm>>
func.func @adi(%u: !u) attributes {npu.kernel} {
  %c1_0 = arith.constant 1.0 : ${T}
  %c0_0 = arith.constant 0.0 : ${T}
  %c = arith.constant ${c} : ${T}
  %a = arith.constant ${a} : ${T}
  %b = arith.constant ${b} : ${T}
  %d = arith.constant ${d} : ${T}
  %one_2d = arith.constant ${one_2d} : ${T}
  %f = arith.constant ${f} : ${T}
  %e = arith.constant ${e} : ${T}
  %one_2a = arith.constant ${one_2a} : ${T}
  %v = memref.alloc() : !v
  %p = memref.alloc() : !p
  %q = memref.alloc() : !q
  affine.for %t = 0 to ${TSTEPS} {
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.store %c1_0, %v[0, %i] : !v
      affine.store %c0_0, %p[%i, 0] : !p
      %0 = affine.load %v[0, %i] : !v
      affine.store %0, %q[%i, 0] : !q
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %1 = arith.negf %c : ${T}
        %2 = affine.load %p[%i, %j - 1] : !p
        %3 = arith.mulf %a, %2 : ${T}
        %4 = arith.addf %3, %b : ${T}
        %5 = arith.divf %1, %4 : ${T}
        affine.store %5, %p[%i, %j] : !p
        %6 = arith.negf %d : ${T}
        %7 = affine.load %u[%j, %i - 1] : !u
        %8 = arith.mulf %6, %7 : ${T}
        %9 = affine.load %u[%j, %i] : !u
        %10 = arith.mulf %one_2d, %9 : ${T}
        %11 = arith.addf %8, %10 : ${T}
        %12 = affine.load %u[%j, %i + 1] : !u
        %13 = arith.mulf %f, %12 : ${T}
        %14 = arith.subf %11, %13 : ${T}
        %15 = affine.load %q[%i, %j - 1] : !q
        %16 = arith.mulf %a, %15 : ${T}
        %17 = arith.subf %14, %16 : ${T}
        %18 = affine.load %p[%i, %j - 1] : !p
        %19 = arith.mulf %a, %18 : ${T}
        %20 = arith.addf %19, %b : ${T}
        %21 = arith.divf %17, %20 : ${T}
        affine.store %21, %q[%i, %j] : !q
      }
      affine.store %c1_0, %v[${N} - 1, %i] : !v
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %22 = affine.load %p[%i, ${N} - 1 - %j] : !p
        %23 = affine.load %v[${N} - %j, %i] : !v
        %24 = arith.mulf %22, %23 : ${T}
        %25 = affine.load %q[%i, ${N} - 1 - %j] : !q
        %26 = arith.addf %24, %25 : ${T}
        affine.store %26, %v[${N} - 1 - %j, %i] : !v
      }
    }
    affine.for %i = 1 to affine_map<() -> (${N} - 1)>() {
      affine.store %c1_0, %u[%i, 0] : !u
      affine.store %c0_0, %p[%i, 0] : !p
      %27 = affine.load %u[%i, 0] : !u
      affine.store %27, %q[%i, 0] : !q
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %28 = arith.negf %f : ${T}
        %29 = affine.load %p[%i, %j - 1] : !p
        %30 = arith.mulf %d, %29 : ${T}
        %31 = arith.addf %30, %e : ${T}
        %32 = arith.divf %28, %31 : ${T}
        affine.store %32, %p[%i, %j] : !p
        %33 = arith.negf %a : ${T}
        %34 = affine.load %v[%i - 1, %j] : !v
        %35 = arith.mulf %33, %34 : ${T}
        %36 = affine.load %v[%i, %j] : !v
        %37 = arith.mulf %one_2a, %36 : ${T}
        %38 = arith.addf %35, %37 : ${T}
        %39 = affine.load %v[%i + 1, %j] : !v
        %40 = arith.mulf %c, %39 : ${T}
        %41 = arith.subf %38, %40 : ${T}
        %42 = affine.load %q[%i, %j - 1] : !q
        %43 = arith.mulf %d, %42 : ${T}
        %44 = arith.subf %41, %43 : ${T}
        %45 = affine.load %p[%i, %j - 1] : !p
        %46 = arith.mulf %d, %45 : ${T}
        %47 = arith.addf %46, %e : ${T}
        %48 = arith.divf %44, %47 : ${T}
        affine.store %48, %q[%i, %j] : !q
      }
      affine.store %c1_0, %u[%i, ${N} - 1] : !u
      affine.for %j = 1 to affine_map<() -> (${N} - 1)>() {
        %49 = affine.load %p[%i, ${N} - 1 - %j] : !p
        %50 = affine.load %u[%i, ${N} - %j] : !u
        %51 = arith.mulf %49, %50 : ${T}
        %52 = affine.load %q[%i, ${N} - 1 - %j] : !q
        %53 = arith.addf %51, %52 : ${T}
        affine.store %53, %u[%i, ${N} - 1 - %j] : !u
      }
    }
  }
  func.return
}
