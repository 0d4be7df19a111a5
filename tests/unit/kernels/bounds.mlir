// Steps from a maximum, minima as bounds, divisions everywhere, and both branches of a condition.
#even = affine_set<(d0, d1) : (d0 mod 2 == 0, d1 - d0 - 1 >= 0)>
func.func @k(%x: memref<12x16xf32>, %y: memref<12x16xf32>) {
  affine.for %i = 0 to 12 {
    %end = affine.min affine_map<(d0) -> (d0 * 2 + 3, 16)>(%i)
    affine.for %j = max affine_map<(d0) -> (d0 - 4, d0 floordiv 3)>(%i) to %end step 3 {
      affine.if #even(%i, %j) {
        %a = affine.load %x[%j floordiv 2, (%i + %j) mod 16] : memref<12x16xf32>
        %b = affine.load %y[11 - %i, %j] : memref<12x16xf32>
        %c = arith.addf %a, %b : f32
        affine.store %c, %y[%i, %j] : memref<12x16xf32>
      } else {
        %a = affine.load %x[%i, %j] : memref<12x16xf32>
        affine.store %a, %y[%i, %j] : memref<12x16xf32>
      }
    }
  }
  func.return
}
