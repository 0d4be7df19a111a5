"""Products of random sizes in several tiles per core: whatever is moved in slices, results are
those of the reference in all three orders of execution."""

from __future__ import annotations

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

import akg_mlir
from akg_mlir.diagnostics import CompileError
from tests.support.fractal_texts import EPILOGUE, product


@st.composite
def tiled(draw: st.DrawFn) -> tuple[str, str]:
    """A product and the tile of its result, of which two cores have some each."""
    tile = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    columns, rows = (size * draw(st.integers(1, 4)) for size in tile)
    k = draw(st.integers(20, 70))
    more = draw(st.booleans())
    of, space, over_k = ("S3", "UB", "") if more else ("S1", "L0C", ", _, _")
    policy = f"{of}: {tile[0]}@{space}, {tile[1]}@{space}, _, _{over_k}"
    return product(rows, k, columns, EPILOGUE if more else ""), policy


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
    sliced = {r.pass_name for r in remarks if r.kind == "passed"}
    event(", ".join(sorted(sliced & {"npu-slice-loads", "npu-slice-stores"})) or "whole")
    assert kernel.report().ok
