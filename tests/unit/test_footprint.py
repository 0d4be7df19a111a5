"""Boxes around footprints."""

from __future__ import annotations

import islpy as isl
import pytest

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.footprint import FootprintError, box


def relation(text: str) -> isl.Map:
    return isl.Map(text, context())


def test_partial_tiles_keep_the_full_size() -> None:
    tiles = relation("{ [t, u] -> A[i, j] : 8t <= i < 8t + 8 and 0 <= i < 37 and j = 2u + 1 }")
    found = box(tiles)
    assert found.sizes == (8, 1)
    assert [str(o) for o in found.offsets] == [
        "{ [t, u] -> [(8t)] }",
        "{ [t, u] -> [(1 + 2u)] }",
    ]
    assert found.volume == 8
    assert not found.is_exact(tiles)


def test_halo() -> None:
    tiles = relation("{ [t] -> A[i] : 16t - 1 <= i <= 16t + 16 and 0 <= t < 4 and 0 <= i < 64 }")
    found = box(tiles)
    assert found.sizes == (18,)
    assert str(found.offsets[0]) == "{ [t] -> [(-1 + 16t)] }"


def test_full_tiles_fill_the_box() -> None:
    tiles = relation("{ [t] -> A[i, j] : 8t <= i < 8t + 8 and 0 <= t < 4 and 0 <= j < 5 }")
    assert box(tiles).is_exact(tiles)


def test_holes_are_seen() -> None:
    tiles = relation("{ [t] -> A[i] : 8t <= i < 8t + 8 and 0 <= t < 4 and i mod 2 = 0 }")
    found = box(tiles)
    assert found.sizes == (7,)
    assert not found.is_exact(tiles)


def test_rank_zero_and_no_tile_dimensions() -> None:
    assert box(relation("{ [t] -> A[] : 0 <= t < 4 }")).sizes == ()
    assert box(relation("{ [] -> A[i] : 3 <= i < 9 }")).sizes == (6,)


def test_union_of_two_references() -> None:
    tiles = relation("{ [t] -> A[8t]; [t] -> A[8t + 5] : 0 <= t < 3 }")
    assert box(tiles).sizes == (6,)


def test_lower_bounds_with_existentials() -> None:
    tiles = relation("{ [t] -> A[i] : exists m : 9t <= m < 9t + 9 and i = floor(m/7) and 0<=t<8 }")
    found = box(tiles)
    assert found.sizes[0] >= 2
    assert tiles.is_subset(found.relation(tiles))


@pytest.mark.parametrize("text", ["{ [t] -> A[i] : i > t }", "{ [t] -> A[i] : false }"])
def test_no_box(text: str) -> None:
    with pytest.raises(FootprintError):
        box(relation(text))
