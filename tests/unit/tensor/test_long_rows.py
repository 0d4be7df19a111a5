"""Rows that no tile holds: they pass through tiles in chunks, or kernels are cut."""

from __future__ import annotations

import pytest

import akg_mlir


def centred(rows: int, size: int) -> str:
    """Every row without its sum: no producer but the sum itself is below its chunks."""
    x, s = f"tensor<{rows}x{size}xf32>", f"tensor<{rows}x1xf32>"
    return f"""func.func @main(%x: {x}) -> {x} {{
  %s = te.reduce add %x axes [1] keepdims : {x} -> {s}
  %y = te.sub %x, %s : ({x}, {s}) -> {x}
  func.return %y : {x}
}}"""


def normalised(rows: int, size: int) -> str:
    x, w = f"tensor<{rows}x{size}xf32>", f"tensor<{size}xf32>"
    return f"""func.func @main(%x: {x}, %a: {w}, %b: {w}) -> {x} {{
  %y = te.layer_norm %x scale %a bias %b axis -1 epsilon 1.0e-05 : {x}, {w}, {w}
  func.return %y : {x}
}}"""


def test_results_of_a_row_come_in_chunks_without_producers_of_their_own():
    kernel = akg_mlir.compile(centred(64, 32768), target="ascend910")
    assert kernel.time().cycles < 25_000  # all on one core take 426 k
    assert akg_mlir.compile(centred(3, 9001), target="generic_tiny").report().ok


@pytest.mark.parametrize(("rows", "most"), [(64, 60_000), (16, 25_000)])
def test_rows_that_stay_are_not_cut(rows: int, most: int):
    """The difference from the mean is read by the next kernel, too: the sum of its squares cannot
    compute chunks of it again, so that it is read in a kernel of its own."""
    assert akg_mlir.compile(normalised(rows, 32768), target="ascend910").time().cycles < most


def test_few_long_rows_are_shared_by_cores():
    kernel = akg_mlir.compile(normalised(4, 30000), target="ascend910")
    assert kernel.time().cycles < 15_000
    assert kernel.report().ok
