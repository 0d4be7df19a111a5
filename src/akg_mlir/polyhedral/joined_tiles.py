"""What tile bands with equal tiles need together.

Reverse fusion puts such bands into one (`Fuser.place_root`) where it may, as those of a padded
tensor or of a concatenation. What they write of a result is one box then, which may be much larger
than their parts: a column beside a row, filled up to blocks.
"""

from __future__ import annotations

from collections.abc import Collection

import islpy as isl

from akg_mlir.polyhedral.alignment import room
from akg_mlir.polyhedral.context import union_set
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_plan import Choice

DIM = isl.dim_type


def bytes_together(scop: Scop, choices: Collection[Choice], block_bytes: int) -> int:
    """Bytes of UB that tiles of all choices need if they are one: what each needs, but for its
    results, and boxes of what all write."""
    apart = sum(_bytes_written(scop, [choice], block_bytes) for choice in choices)
    needs = sum(choice.estimate.need.get("ub", 0) for choice in choices)
    return needs - apart + _bytes_written(scop, choices, block_bytes)


def _bytes_written(scop: Scop, choices: Collection[Choice], block_bytes: int) -> int:
    """Bytes on chip of the boxes of results that the first tile of all choices writes."""
    instances = union_set()
    for choice in choices:
        tiles = choice.space.group.tiles
        first = isl.Set.from_union_set(tiles.range())
        for k in choice.banded:
            last = isl.Val.int_from_si(first.get_ctx(), choice.tile_sizes[k] - 1)
            first = first.upper_bound_val(DIM.set, k, last)
        instances = instances.union(tiles.intersect_range(first.to_union_set()).domain())
    written = scop.accesses(writes=True).intersect_domain(instances).range()
    total, parts = 0, written.get_set_list()
    for part in (parts.get_at(k) for k in range(parts.n_set())):
        array = scop.arrays[part.get_tuple_name()]
        if array.live_out:
            block = max(1, block_bytes // array.element_bytes)
            total += room(isl.Map.from_range(part), block) * array.element_bytes
    return total
