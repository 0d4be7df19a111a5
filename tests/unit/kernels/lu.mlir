#i = affine_map<(d0) -> (d0)>
func.func @k(%A: memref<12x12xf32>) {
  affine.for %i = 0 to 12 {
    affine.for %j = 0 to #i(%i) {
      affine.for %k = 0 to #i(%j) {
        %a = affine.load %A[%i, %k] : memref<12x12xf32>
        %b = affine.load %A[%k, %j] : memref<12x12xf32>
        %c = arith.mulf %a, %b : f32
        %d = affine.load %A[%i, %j] : memref<12x12xf32>
        %e = arith.subf %d, %c : f32
        affine.store %e, %A[%i, %j] : memref<12x12xf32>
      }
      %d = affine.load %A[%j, %j] : memref<12x12xf32>
      %a = affine.load %A[%i, %j] : memref<12x12xf32>
      %q = arith.divf %a, %d : f32
      affine.store %q, %A[%i, %j] : memref<12x12xf32>
    }
    affine.for %j = #i(%i) to 12 {
      affine.for %k = 0 to #i(%i) {
        %a = affine.load %A[%i, %k] : memref<12x12xf32>
        %b = affine.load %A[%k, %j] : memref<12x12xf32>
        %c = arith.mulf %a, %b : f32
        %d = affine.load %A[%i, %j] : memref<12x12xf32>
        %e = arith.subf %d, %c : f32
        affine.store %e, %A[%i, %j] : memref<12x12xf32>
      }
    }
  }
  func.return
}
