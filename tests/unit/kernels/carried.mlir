// A parallel loop, a value that a loop carries, and one that a branch returns.
#inside = affine_set<(d0)[s0] : (d0 - s0 >= 0, 7 - d0 >= 0)>
func.func @k(%x: memref<8x8xf32>, %y: memref<8xf32>) {
  %z = arith.constant 0.0 : f32
  %two = arith.constant 2 : index
  "affine.parallel"() <{lowerBoundsGroups = dense<1> : vector<1xi32>, lowerBoundsMap = affine_map<() -> (0)>, reductions = [], steps = [1], upperBoundsGroups = dense<1> : vector<1xi32>, upperBoundsMap = affine_map<() -> (8)>}> ({
^bb0(%i: index):
    %s = affine.for %j = 0 to min affine_map<(d0) -> (d0 + 1, 6)>(%i) iter_args(%acc = %z) -> (f32) {
      %a = affine.load %x[%i, %j] : memref<8x8xf32>
      %b = arith.addf %acc, %a : f32
      affine.yield %b : f32
    }
    %v = affine.if #inside(%i)[%two] -> f32 {
      affine.yield %s : f32
    } else {
      affine.yield %z : f32
    }
    affine.store %v, %y[%i] : memref<8xf32>
    affine.yield
  }) : () -> ()
  func.return
}
