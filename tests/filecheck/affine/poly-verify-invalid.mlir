// RUN: akg-opt %s -p poly-verify --split-input-file --verify-diagnostics | filecheck %s

// A consumer in front of its producer.
// CHECK:      the schedule tree does not compute the original program:
// CHECK-NEXT:   uninitialised: @S1[0] reads %t[0]: it should get the value of @S0[0], but gets the initial value of %t[0]
func.func @swapped(%x: memref<8xf32>, %y: memref<8xf32>) {
  %t = memref.alloc() : memref<8xf32>
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [0, i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %t[%i] : memref<8xf32>
    }
    poly.stmt @S1(%i) domain "{ S1[i] : 0 <= i < 8 }" order "{ S1[i] -> [1, i] }" {
      %v = affine.load %t[%i] : memref<8xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.domain "{ S0[i] : 0 <= i < 8; S1[i] : 0 <= i < 8 }" {
      poly.sequence {
        poly.filter "{ S1[i] }" {
          poly.band "[{ S1[i] -> [(i)] }]" coincident [0] {}
        }
        poly.filter "{ S0[i] }" {
          poly.band "[{ S0[i] -> [(i)] }]" coincident [0] {}
        }
      }
    }
  }
  func.return
}

// -----

// A recurrence backwards: the wrong element of the same statement.
// CHECK:      dataflow: @S0[8] reads %y[7]: it should get the value of @S0[7], but gets the initial value of %y[7]
func.func @reversed(%y: memref<9xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 < i < 9 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %y[%i - 1] : memref<9xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i] : memref<9xf32>
    }
    poly.domain "{ S0[i] : 0 < i < 9 }" {
      poly.band "[{ S0[i] -> [(-i)] }]" coincident [0] {}
    }
  }
  func.return
}

// -----

// The same recurrence as one box of a unit.
// CHECK:      unordered: nothing orders @S0[1] and @S0[2] (instances below a unit mark execute as one box), but the first writes %y[1], which the second reads
func.func @box(%y: memref<9xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 < i < 9 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %y[%i - 1] : memref<9xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i] : memref<9xf32>
    }
    poly.domain "{ S0[i] : 0 < i < 9 }" {
      poly.mark "npu.vector" {
        poly.band "[{ S0[i] -> [(i)] }]" coincident [0] {}
      }
    }
  }
  func.return
}

// -----

// Two values for one element in one box: which one stays?
// CHECK:      unordered: nothing orders @S0[0, 0] and @S0[0, 1] (instances below a unit mark execute as one box), but the first writes %y[0], which the second also writes
func.func @two_values(%x: memref<4x3xf32>, %y: memref<4xf32>) {
  poly.scop {
    poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 <= i < 4 and 0 <= j < 3 }" order "{ S0[i, j] -> [i, j] }" {
      %v = affine.load %x[%i, %j] : memref<4x3xf32>
      affine.store %v, %y[%i] : memref<4xf32>
    }
    poly.domain "{ S0[i, j] : 0 <= i < 4 and 0 <= j < 3 }" {
      poly.mark "npu.vector" {
        poly.band "[{ S0[i, j] -> [(i)] }, { S0[i, j] -> [(j)] }]" coincident [0, 0] {}
      }
    }
  }
  func.return
}

// -----

// The last writer wins; here the first one does.
// CHECK:      live-out: at the end %y[0] is live-out: it should get the value of @S1[0], but gets the value of @S0[0]
func.func @last_writer(%x: memref<8xf32>, %y: memref<8xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [0, i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.stmt @S1(%i) domain "{ S1[i] : 0 <= i < 8 }" order "{ S1[i] -> [1, i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i] : memref<8xf32>
    }
    poly.domain "{ S0[i] : 0 <= i < 8; S1[i] : 0 <= i < 8 }" {
      poly.band "[{ S0[i] -> [(i)]; S1[i] -> [(i)] }]" coincident [1] {
        poly.sequence {
          poly.filter "{ S1[i] }" {}
          poly.filter "{ S0[i] }" {}
        }
      }
    }
  }
  func.return
}

// -----

// Updates of a declared reduction: one is lost, the others may run in any order.
// CHECK:      live-out: at the end %s[] is live-out, but the value of @S0[7] does not reach it
func.func @lost_update(%x: memref<8xf32>, %s: memref<f32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" reduction "add" {
      %v = affine.load %s[] : memref<f32>
      %w = affine.load %x[%i] : memref<8xf32>
      %a = arith.addf %v, %w : f32
      affine.store %a, %s[] : memref<f32>
    }
    poly.domain "{ S0[i] : 0 <= i < 7 }" {
      poly.band "[{ S0[i] -> [(-i)] }]" coincident [0] {}
    }
  }
  func.return
}

// -----

// An update in two tiles.
// CHECK:      reduction: @S0[4] reaches the final %s[] more than once, as @S0_t[0, 4], @S0_t[1, 4]
func.func @update_twice(%x: memref<8xf32>, %s: memref<f32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" reduction "add" {
      %v = affine.load %s[] : memref<f32>
      %w = affine.load %x[%i] : memref<8xf32>
      %a = arith.addf %v, %w : f32
      affine.store %a, %s[] : memref<f32>
    }
    poly.stmt @S0_t(%t, %i) domain "{ S0_t[t, i] : 0 <= t < 2 and 4t <= i <= 4t + 4 and i < 8 }" clone_of @S0 {
      %v = affine.load %s[] : memref<f32>
      %w = affine.load %x[%i] : memref<8xf32>
      %a = arith.addf %v, %w : f32
      affine.store %a, %s[] : memref<f32>
    }
    poly.domain "{ S0_t[t, i] : 0 <= t < 2 and 4t <= i <= 4t + 4 and i < 8 }" {
      poly.band "[{ S0_t[t, i] -> [(t)] }, { S0_t[t, i] -> [(i)] }]" coincident [0, 0] {}
    }
  }
  func.return
}

// -----

// `s += x` and then `s *= y` on one scalar: both are reductions, but not one reduction.
// CHECK:      @S1[0] reads %s[], but the value of @S0[0], @S0[1] and 2 more does not reach it
func.func @sum_then_product(%x: memref<4xf32>, %s: memref<f32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 4 }" order "{ S0[i] -> [0, i] }" reduction "add" {
      %v = affine.load %s[] : memref<f32>
      %w = affine.load %x[%i] : memref<4xf32>
      %a = arith.addf %v, %w : f32
      affine.store %a, %s[] : memref<f32>
    }
    poly.stmt @S1(%i) domain "{ S1[i] : 0 <= i < 4 }" order "{ S1[i] -> [1, i] }" reduction "mul" {
      %v = affine.load %s[] : memref<f32>
      %w = affine.load %x[%i] : memref<4xf32>
      %a = arith.mulf %v, %w : f32
      affine.store %a, %s[] : memref<f32>
    }
    poly.domain "{ S0[i] : 0 <= i < 4; S1[i] : 0 <= i < 4 }" {
      poly.sequence {
        poly.filter "{ S1[i] }" {
          poly.band "[{ S1[i] -> [(i)] }]" coincident [0] {}
        }
        poly.filter "{ S0[i] }" {
          poly.band "[{ S0[i] -> [(i)] }]" coincident [0] {}
        }
      }
    }
  }
  func.return
}

// -----

// A row too many.
// CHECK:      bounds: @in_x[8] reads %x[8], outside its shape 8
// CHECK-NEXT: bounds: @in_x[8] writes %b[8], outside its shape 8
func.func @outside(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = npu.buffer : memref<8xf32, #npu<space ub>>
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.stmt @in_x(%i) domain "{ in_x[i] : 0 <= i < 9 }" copy {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %b[%i] : memref<8xf32, #npu<space ub>>
    }
    poly.stmt @S0_t(%i) domain "{ S0_t[i] : 0 <= i < 8 }" clone_of @S0 {
      %v = affine.load %b[%i] : memref<8xf32, #npu<space ub>>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.domain "{ in_x[i] : 0 <= i < 9; S0_t[i] : 0 <= i < 8 }" {
      poly.sequence {
        poly.filter "{ in_x[i] }" {
          poly.band "[{ in_x[i] -> [(i)] }]" coincident [1] {}
        }
        poly.filter "{ S0_t[i] }" {
          poly.band "[{ S0_t[i] -> [(i)] }]" coincident [1] {}
        }
      }
    }
  }
  func.return
}

// -----

// A halo element that no copy brought in.
// CHECK:      uninitialised: @S0_t[7] (computing @S0[7]) reads %b[8]: it should get the initial value of %x[8], but gets the initial value of %b[8]
func.func @not_copied(%x: memref<9xf32>, %y: memref<8xf32>) {
  %b = npu.buffer : memref<9xf32, #npu<space ub>>
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %x[%i + 1] : memref<9xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.stmt @in_x(%i) domain "{ in_x[i] : 0 <= i < 8 }" copy {
      %v = affine.load %x[%i] : memref<9xf32>
      affine.store %v, %b[%i] : memref<9xf32, #npu<space ub>>
    }
    poly.stmt @S0_t(%i) domain "{ S0_t[i] : 0 <= i < 8 }" clone_of @S0 {
      %v = affine.load %b[%i + 1] : memref<9xf32, #npu<space ub>>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.domain "{ in_x[i] : 0 <= i < 8; S0_t[i] : 0 <= i < 8 }" {
      poly.sequence {
        poly.filter "{ in_x[i] }" {
          poly.band "[{ in_x[i] -> [(i)] }]" coincident [1] {}
        }
        poly.filter "{ S0_t[i] }" {
          poly.band "[{ S0_t[i] -> [(i)] }]" coincident [1] {}
        }
      }
    }
  }
  func.return
}

// -----

// What runs is not what the program says.
// CHECK:      bodies: @S0_t does not compute @S0: arith.mulf where the original has arith.addf, or with other operands
func.func @other_body(%x: memref<8xf32>, %y: memref<8xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i] : memref<8xf32>
    }
    poly.stmt @S0_t(%i) domain "{ S0_t[i] : 0 <= i < 8 }" clone_of @S0 {
      %v = affine.load %x[%i] : memref<8xf32>
      %w = arith.mulf %v, %v : f32
      affine.store %w, %y[%i] : memref<8xf32>
    }
    poly.domain "{ S0_t[i] : 0 <= i < 8 }" {
      poly.band "[{ S0_t[i] -> [(i)] }]" coincident [1] {}
    }
  }
  func.return
}

// -----

// A loop that would be spread over cores although it carries a value.
// CHECK:      claim: the tree says that member 0 of a band is coincident, but @S0[1] writes %y[1], which @S0[2] reads in another iteration
func.func @not_parallel(%y: memref<9xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 < i < 9 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %y[%i - 1] : memref<9xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i] : memref<9xf32>
    }
    poly.domain "{ S0[i] : 0 < i < 9 }" {
      poly.band "[{ S0[i] -> [(i)] }]" coincident [1] {}
    }
  }
  func.return
}

// -----

// Loops that would be tiled although one value goes backwards in the inner one.
// CHECK:      claim: the tree says that a band is permutable, but @S0[1, 1] writes %y[1, 1], which @S0[2, 0] reads in another iteration
func.func @not_permutable(%y: memref<9x9xf32>) {
  poly.scop {
    poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 < i < 9 and 0 <= j < 8 }" order "{ S0[i, j] -> [i, j] }" {
      %v = affine.load %y[%i - 1, %j + 1] : memref<9x9xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %y[%i, %j] : memref<9x9xf32>
    }
    poly.domain "{ S0[i, j] : 0 < i < 9 and 0 <= j < 8 }" {
      poly.band "[{ S0[i, j] -> [(i)] }, { S0[i, j] -> [(j)] }]" permutable coincident [0, 0] {}
    }
  }
  func.return
}

// -----

// A buffer that is said to be private to a tile, and carries a value into the next one.
// CHECK:      claim: the tree says that %b is private to a tile, but @S0_t[0] writes %b[0], which @S1_t[1] reads in another iteration
func.func @not_private(%x: memref<8xf32>, %y: memref<9xf32>) {
  %t = memref.alloc() : memref<8xf32>
  %b = npu.buffer {npu.tile_dims = 1 : i64} : memref<8xf32, #npu<space ub>>
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [0, i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %t[%i] : memref<8xf32>
    }
    poly.stmt @S1(%i) domain "{ S1[i] : 0 < i < 9 }" order "{ S1[i] -> [1, i] }" {
      %v = affine.load %t[%i - 1] : memref<8xf32>
      affine.store %v, %y[%i] : memref<9xf32>
    }
    poly.stmt @S0_t(%i) domain "{ S0_t[i] : 0 <= i < 8 }" clone_of @S0 {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %b[%i] : memref<8xf32, #npu<space ub>>
    }
    poly.stmt @S1_t(%i) domain "{ S1_t[i] : 0 < i < 9 }" clone_of @S1 {
      %v = affine.load %b[%i - 1] : memref<8xf32, #npu<space ub>>
      affine.store %v, %y[%i] : memref<9xf32>
    }
    poly.domain "{ S0_t[i] : 0 <= i < 8; S1_t[i] : 0 < i < 9 }" {
      poly.band "[{ S0_t[i] -> [(i)]; S1_t[i] -> [(i)] }]" coincident [0] {
        poly.sequence {
          poly.filter "{ S0_t[i] }" {}
          poly.filter "{ S1_t[i] }" {}
        }
      }
    }
  }
  func.return
}

// -----

// Instances that execute twice, and a statement that is not there.
// CHECK:      order: instances of @S0 execute more than once
func.func @twice(%x: memref<8xf32>, %y: memref<8xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.domain "{ S0[i] : 0 <= i < 8 }" {
      poly.sequence {
        poly.filter "{ S0[i] : i < 5 }" {
          poly.band "[{ S0[i] -> [(i)] }]" coincident [1] {}
        }
        poly.filter "{ S0[i] : i >= 4 }" {
          poly.band "[{ S0[i] -> [(i)] }]" coincident [1] {}
        }
      }
    }
  }
  func.return
}

// -----

// CHECK:      order: the tree schedules an unknown statement @S9
func.func @unknown(%x: memref<8xf32>, %y: memref<8xf32>) {
  poly.scop {
    poly.stmt @S0(%i) domain "{ S0[i] : 0 <= i < 8 }" order "{ S0[i] -> [i] }" {
      %v = affine.load %x[%i] : memref<8xf32>
      affine.store %v, %y[%i] : memref<8xf32>
    }
    poly.domain "{ S9[i] : 0 <= i < 8 }" {
      poly.band "[{ S9[i] -> [(i)] }]" coincident [1] {}
    }
  }
  func.return
}
