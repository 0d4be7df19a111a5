!A = memref<${NR}x${NQ}x${NP}x${T}, #npu<space gm>>
!C4 = memref<${NP}x${NP}x${T}, #npu<space gm>>
!sum = memref<${NP}x${T}, #npu<space gm>>
func.func @doitgen(%A: !A, %C4: !C4) attributes {npu.kernel} {
  %c0_0 = arith.constant 0.0 : ${T}
  %sum = memref.alloc() : !sum
  affine.for %r = 0 to ${NR} {
    affine.for %q = 0 to ${NQ} {
      affine.for %p = 0 to ${NP} {
        affine.store %c0_0, %sum[%p] : !sum
        affine.for %s = 0 to ${NP} {
          %0 = affine.load %sum[%p] : !sum
          %1 = affine.load %A[%r, %q, %s] : !A
          %2 = affine.load %C4[%s, %p] : !C4
          %3 = arith.mulf %1, %2 : ${T}
          %4 = arith.addf %0, %3 : ${T}
          affine.store %4, %sum[%p] : !sum
        }
      }
      affine.for %p = 0 to ${NP} {
        %5 = affine.load %sum[%p] : !sum
        affine.store %5, %A[%r, %q, %p] : !A
      }
    }
  }
  func.return
}
