"""How tiles are dealt to cores: every parallel loop in contiguous chunks, on a grid of cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from akg_mlir.polyhedral.tile_extents import product
from akg_mlir.polyhedral.tile_grid import Numbers


def deal(counts: Numbers, cores: int, first: int = 0) -> Numbers:
    """Iterations of every loop that one core runs at most, for rows of `counts` (iterations of
    all cores, a column per loop).

    Of all grids the one whose busiest core has the fewest tiles, of those the one of fewest cores,
    of those the one that cuts the loop `first`, then outer loops into the smallest chunks.
    """
    order_of_loops = [first, *(k for k in range(counts.shape[1]) if k != first)]
    if first:
        return deal(counts[:, order_of_loops], cores)[:, np.argsort(order_of_loops)]
    rows, place = np.unique(counts, axis=0, return_inverse=True)
    best, order = rows, product(rows) * (cores + 1) + 1
    for split in _grids([int(n) for n in rows.max(axis=0, initial=1)], cores):
        chunks = np.ceil(rows / np.array(split))
        used = product(np.ceil(rows / chunks))
        key = product(chunks) * (cores + 1) + used
        best = np.where((key < order)[:, None], chunks, best)
        order = np.minimum(order, key)
    return best[place.reshape(-1)]


def _grids(extents: Sequence[int], cores: int) -> Iterator[tuple[int, ...]]:
    """All ways to give every loop a number of cores whose product is at most `cores`: many for the
    outer loops first."""
    if not extents:
        yield ()
        return
    for count in range(min(extents[0], cores), 0, -1):
        for rest in _grids(extents[1:], cores // count):
            yield (count, *rest)
