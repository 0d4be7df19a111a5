"""Affine loops and schedule trees run as Python and agree with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import parse_module
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order

SOFTMAX_SUM = """
func.func @k(%x: memref<5x7xf32>, %y: memref<5xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 5 {
    affine.store %zero, %y[%i] : memref<5xf32>
    affine.for %j = 0 to min affine_map<(d0) -> (d0 + 1, 4)>(%i) {
      %a = affine.load %x[%i, %j] : memref<5x7xf32>
      %e = math.exp %a : f32
      %s = affine.load %y[%i] : memref<5xf32>
      %t = arith.addf %s, %e : f32
      affine.store %t, %y[%i] : memref<5xf32>
    }
  }
  func.return
}
"""

SCOP = """
func.func @k(%x: memref<6x4xf32>, %y: memref<4x6xf32>) {
  %t = memref.alloc() : memref<6x4xf32>
  poly.scop {
    poly.stmt @S(%i, %j) domain "{ S[i, j] : 0 <= i < 6 and 0 <= j < 4 }"
        order "{ S[i, j] -> [0, i, 0, j, 0] }" {
      %v = affine.load %x[%i, %j] : memref<6x4xf32>
      %w = arith.addf %v, %v : f32
      affine.store %w, %t[%i, %j] : memref<6x4xf32>
    }
    poly.stmt @T(%i, %j) domain "{ T[i, j] : 0 <= i < 4 and 0 <= j < 6 }"
        order "{ T[i, j] -> [1, i, 0, j, 0] }" {
      %v = affine.load %t[%j, %i] : memref<6x4xf32>
      affine.store %v, %y[%i, %j] : memref<4x6xf32>
    }
    poly.domain "{ S[i, j] : 0 <= i < 6 and 0 <= j < 4; T[i, j] : 0 <= i < 4 and 0 <= j < 6 }" {
      poly.sequence {
        poly.filter "{ S[i, j] }" {
          poly.band "[{ S[i, j] -> [(-j)] }, { S[i, j] -> [(floor((i)/4))] }, { S[i, j] -> [(i)] }]"
              coincident [1, 1, 1] {}
        }
        poly.filter "{ T[i, j] }" {}
      }
    }
  }
  func.return
}
"""


def test_loops_with_a_minimum_as_bound() -> None:
    x = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    y = np.full(5, np.nan, np.float32)
    affine.run(parse_module(SOFTMAX_SUM), "k", [x, y])
    want = [np.exp(x[i, : min(i + 1, 4)]).sum() for i in range(5)]
    np.testing.assert_allclose(y, want, rtol=1e-6)


@pytest.mark.parametrize("writer", [write_textual_order, write_tree_order])
def test_a_scop_runs_in_either_order(writer: affine.ScopWriter) -> None:
    x = np.arange(24, dtype=np.float32).reshape(6, 4)
    y = np.full((4, 6), np.nan, np.float32)
    affine.run(parse_module(SCOP), "k", [x, y], writer)
    np.testing.assert_array_equal(y, 2 * x.T)


def test_unknown_op_is_named() -> None:
    text = "func.func @k(%x: memref<4xf32>) { %c = arith.constant 0 : index\n"
    text += "%v = memref.load %x[%c] : memref<4xf32>\n func.return }"
    with pytest.raises(CompileError, match=r"memref\.load"):
        affine.run(parse_module(text), "k", [np.zeros(4, np.float32)])
