"""Instances of a tile as boxes of constant sizes."""

from __future__ import annotations

import islpy as isl

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.tile_boxes import TileBox, split_boxes, with_dimension


def instances(text: str) -> isl.Map:
    return isl.Map(text, context())


def volume(boxes: list[TileBox]) -> int:
    total = 0
    for box in boxes:
        count = int(box.tiles.count_val().to_python())
        for size in box.sizes:
            count *= size
        total += count
    return total


def test_full_and_partial_tiles_are_told_apart() -> None:
    tiles = instances(
        "{ [t, u] -> S[i, j] : 8t <= i < 8t + 8 and 0 <= i < 37 and 16u <= j < 16u + 16 "
        "and 0 <= j < 29 }"
    )
    boxes = split_boxes(tiles)
    assert boxes is not None
    assert sorted(box.sizes for box in boxes) == [(5, 13), (5, 16), (8, 13), (8, 16)]
    assert volume(boxes) == 37 * 29


def test_a_halo_that_the_border_clips_gives_sizes_of_its_own() -> None:
    tiles = instances("{ [t] -> S[i] : 8t - 1 <= i <= 8t + 8 and 0 <= i < 32 and 0 <= t < 4 }")
    boxes = split_boxes(tiles)
    assert boxes is not None
    assert sorted(box.sizes for box in boxes) == [(9,), (9,), (10,)]


def test_a_union_of_boxes_is_split() -> None:
    tiles = instances("{ [t] -> S[i, j] : 0 <= t < 2 and 0 <= i, j < 8 and (i < 4 or j < 4) }")
    boxes = split_boxes(tiles)
    assert boxes is not None
    assert volume(boxes) == 2 * 48


def test_a_triangle_is_no_box_until_a_dimension_is_fixed() -> None:
    tiles = instances("{ [t] -> S[i, j] : 0 <= t < 2 and 8t <= i < 8t + 8 and 0 <= j <= i }")
    assert split_boxes(tiles) is None
    rows = split_boxes(with_dimension(tiles, 0))
    assert rows is not None
    assert volume(rows) == sum(i + 1 for i in range(16))


def test_no_dimensions() -> None:
    boxes = split_boxes(instances("{ [t] -> S[] : 0 <= t < 3 }"))
    assert boxes is not None
    assert [box.sizes for box in boxes] == [()]
