"""PolyBench/C 4.2.1, MINI: loops give the published results, trees and machine those of loops.

`make conformance` runs SMALL, and on the machine the kernels that are slow to simulate, too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_tree_order
from tests.support import polybench

GOLDEN = Path(__file__).parents[3] / "shared" / "cases" / "polybench"
PRINTED = 0.005001
"""Half of the last digit of the dumps, and rounding."""


SLOW = {
    "deriche",
    "fdtd-2d",
    "floyd-warshall",
    "gramschmidt",
    "ludcmp",
    "nussinov",
    "seidel-2d",
    "syr2k",
}
"""Each takes seconds of simulated scalar instructions."""
ON_MACHINE = [name for name in polybench.NAMES if name not in SLOW]


def executed(name: str) -> list[polybench.Array]:
    arrays = polybench.arguments(name)
    affine.run(polybench.module(name), polybench.function_name(name), arrays)
    return arrays


@pytest.mark.parametrize("name", polybench.NAMES)
def test_loops_give_the_published_results(name: str) -> None:
    path = GOLDEN / f"{name}.MINI.txt"
    if not path.exists():
        pytest.skip(f"no golden dump {path}")
    expected = polybench.golden(name, path.read_text())
    np.testing.assert_allclose(polybench.dumped(name, executed(name)), expected, 0, PRINTED)


@pytest.mark.parametrize("name", polybench.NAMES)
def test_the_final_tree_computes_what_the_loops_do(name: str) -> None:
    arrays = polybench.arguments(name)
    tree = polybench.transformed(name)
    affine.run(tree, polybench.function_name(name), arrays, write_tree_order)
    for actual, expected in zip(arrays, executed(name), strict=True):
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", ON_MACHINE)
def test_the_machine_computes_what_the_loops_do(name: str) -> None:
    error = polybench.machine_error(name, "adversarial")
    assert error <= polybench.F32_TOLERANCE
