"""How often cores load what their tiles share."""

from __future__ import annotations

import numpy as np
import pytest

import akg_mlir
from akg_mlir.polyhedral.core_grid import deal
from akg_mlir.polyhedral.tile_reuse import Reuse


def test_loops_are_dealt_so_that_the_busiest_core_has_the_fewest_tiles():
    counts = np.array([[4.0, 4, 14], [33, 1, 1], [16, 8, 1]])
    assert deal(counts, 32).tolist() == [[1, 1, 7], [2, 1, 1], [1, 4, 1]]


def test_the_loop_that_is_cut_first_gets_the_smallest_chunks():
    counts = np.array([[16.0, 8, 1], [32, 2, 1]])
    assert deal(counts, 32, 1).tolist() == [[4, 1, 1], [2, 1, 1]]


@pytest.fixture
def loops() -> Reuse:
    """A core has 2 x 4 x 3 tiles; loop 3 is over 5 k tiles."""
    counts = np.array([[4.0, 4, 3, 5]])
    return Reuse(counts, np.array([[2.0, 4, 3]]), tuple(frozenset({k}) for k in range(3)))


@pytest.mark.parametrize(
    ("moving", "loads"),
    [
        (set[int](), 1),
        ({0}, 2),
        ({1}, 8),
        ({0, 2}, 24),
        ({0, 3}, 5 * 24),
    ],
)
def test_what_does_not_move_with_inner_loops_is_loaded_in_front_of_them(
    loops: Reuse, moving: set[int], loads: int
):
    assert loops.loads(moving) * loops.per_core == loads


@pytest.mark.parametrize(
    ("moving", "rounds", "parts"),
    [({0}, 1, 1), ({1}, 2, 2), ({2}, 8, 8), ({0, 3}, 12, 24)],
)
def test_a_core_comes_back_to_what_outer_loops_do_not_move(
    loops: Reuse, moving: set[int], rounds: int, parts: int
):
    """Loop 0 alone repeats what moves with loop 1: all of it in each half of the work."""
    found = loops.repeats(moving)
    assert [int(n) for n in np.concatenate(found)] == [rounds, parts]


def test_a_core_with_one_tile_sums_rows_while_it_loads_them():
    text = """
func.func @main(%x: tensor<31x257xf32>) -> tensor<31xf32> {
  %y = te.reduce add %x axes [1] : tensor<31x257xf32> -> tensor<31xf32>
  func.return %y : tensor<31xf32>
}"""
    kernel = akg_mlir.compile(text, target="ascend910")
    assert kernel.report().ok
    assert kernel.time().cycles < 1_200  # 1,367 with whole rows
