// The first two statements depend on each other from one %j to the next; the third one has a loop
// of its own below the same %i.
func.func @kernel(%x: memref<6x10xf32>, %b: memref<10xf32>, %y: memref<6xf32>, %z: memref<6xf32>) attributes {npu.kernel} {
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 9 {
      %a = affine.load %x[%i, %j] : memref<6x10xf32>
      affine.store %a, %y[%i] : memref<6xf32>
      %c = affine.load %b[%j] : memref<10xf32>
      %d = affine.load %y[%i] : memref<6xf32>
      %e = arith.minimumf %c, %d : f32
      affine.store %e, %y[%i] : memref<6xf32>
    }
    affine.for %k = 0 to 9 {
      %a = affine.load %y[%i] : memref<6xf32>
      %c = affine.load %b[%k] : memref<10xf32>
      %d = arith.addf %a, %c : f32
      affine.store %d, %z[%i] : memref<6xf32>
    }
  }
  func.return
}
