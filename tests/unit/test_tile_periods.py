"""Tiles cut fractals evenly: a tile of rows that ends inside of one has no box of its product."""

from __future__ import annotations

import pytest

import akg_mlir as akg


@pytest.mark.parametrize("rows", [48, 64])
def test_rows_of_a_product_are_reduced_in_whole_fractals(rows: int) -> None:
    @akg.kernel
    def scores(x: akg.f16[rows, 64], w: akg.f16[64, 80]) -> akg.Tensor:
        return akg.softmax(x @ w)

    report = scores.report()
    assert report.ok, report
    assert len(report.kernels) == 1
