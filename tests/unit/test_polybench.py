"""PolyBench/C 4.2.1, MINI, in f64: the loops give the published results, the trees the loops'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from akg_mlir.reference import affine
from tests.support import polybench

GOLDEN = Path(__file__).parents[3] / "shared" / "cases" / "polybench"
PRINTED = 0.005001
"""Half of the last digit of the dumps, and rounding."""


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
