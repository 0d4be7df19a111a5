"""Products of random sizes in several tiles per core: whatever is loaded in slices, results are
those of the reference in all three orders of execution."""

from __future__ import annotations

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import akg_mlir
from akg_mlir.diagnostics import CompileError
from tests.support.fractal_texts import product


@st.composite
def tiled(draw: st.DrawFn) -> tuple[str, str]:
    """A product and the tile of its result, of which two cores have some each."""
    tile = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    columns, rows = (size * draw(st.integers(1, 4)) for size in tile)
    k = draw(st.integers(20, 70))
    return product(rows, k, columns), f"S1: {tile[0]}@L0C, {tile[1]}@L0C, _, _, _, _"


@settings(max_examples=settings().max_examples // 4)
@given(tiled())
def test_products_in_tiles(drawn: tuple[str, str]) -> None:
    text, policy = drawn
    try:
        kernel = akg_mlir.compile(text, target="ascend310", policy=policy)
    except CompileError as error:
        if "limit" not in str(error) and "policy" not in str(error):
            raise
        assume(False)
        return
    remarks = kernel.compilation.remarks
    event("in slices" if any(r.pass_name == "npu-slice-loads" for r in remarks) else "whole")
    assert kernel.report().ok
