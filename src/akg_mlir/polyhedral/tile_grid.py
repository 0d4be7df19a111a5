"""Which tile sizes are looked at: a grid of round ones over all loops of a model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from math import ceil

import numpy as np
from numpy.typing import NDArray

from akg_mlir.polyhedral.tile_model import Loop, TileModel

Numbers = NDArray[np.float64]
GRID = 6000
"""Most tile sizes evaluated per tile space."""
EMPTY = 0.4
"""What whole periods may add to a loop: tiles compute boxes of them, which must not double a tile
(`hull.boxed`) for the two loops of a product."""


def grid_of(model: TileModel, blocks: int = 1) -> Numbers:
    """A row per choice of sizes, a column per loop. Loops in units of blocks also get multiples of
    `blocks` of them: what memory moves fastest. Of very many loops the shorter ones stay whole."""
    free = [k for k, loop in enumerate(model.loops) if loop.fixed is None and loop.extent > 1]
    each = max(2, int(GRID ** (1 / max(1, len(free)))))
    longest = sorted(free, key=lambda k: model.loops[k].extent, reverse=True)
    sides = [_thinned(loop, _candidates(loop, blocks), each) for loop in model.loops]
    for k in longest[GRID.bit_length() - 1 :]:
        sides[k] = sides[k][:1]
    return _rows(model, sides)


def around(model: TileModel, sizes: Sequence[int], blocks: int = 1) -> Numbers:
    """The choices that differ from `sizes` in two loops at most, of all sizes and not of a few."""
    every = [_candidates(loop, blocks) for loop in model.loops]
    free = [k for k, candidates in enumerate(every) if len(candidates) > 1]
    parts = [_rows(model, [[size] for size in sizes])]
    for pair in combinations(free, min(2, len(free))):
        parts.append(_rows(model, [every[k] if k in pair else [n] for k, n in enumerate(sizes)]))
    return np.unique(np.concatenate(parts), axis=0)


def _rows(model: TileModel, sides: Sequence[Sequence[int]]) -> Numbers:
    points = [point for point in product(*sides) if _nests(model, point)]
    return np.array(points, dtype=np.float64).reshape(len(points), len(model.loops))


def _nests(model: TileModel, sizes: tuple[int, ...]) -> bool:
    """Whether loops inside the tiles of others cut them into equal parts."""
    return all(
        cuts_evenly(sizes[loop.within], size, model.loops[loop.within].extent)
        for loop, size in zip(model.loops, sizes)
        if loop.within is not None
    )


def cuts_evenly(tile: int, size: int, extent: int) -> bool:
    """Whether tiles of `size` fill those of `tile` over a loop; the last of a whole loop may be
    partial."""
    return size <= tile and (tile % size == 0 or tile >= extent)


def _candidates(loop: Loop, blocks: int) -> list[int]:
    """Sizes that cut the extent into nearly equal parts, in whole units, from the whole to one, and
    powers of two.

    Where subscripts have periods, tiles start and end with them.
    """
    if loop.fixed is not None:
        return [loop.fixed]
    counts = [*range(1, 17), *(2**k for k in range(5, 24)), *(3 * 2**k for k in range(3, 22))]
    units = {loop.unit, loop.unit * blocks if loop.unit > 1 else 1}
    found = {
        _in_step(min(ceil(ceil(loop.extent / count) / unit) * unit, loop.extent), loop)
        for count in [*counts, loop.extent]
        for unit in units
        if count <= loop.extent
    }
    powers = {
        _in_step(loop.unit << k, loop) for k in range((loop.extent // loop.unit).bit_length())
    }
    return sorted(found | powers, reverse=True)


def _thinned(loop: Loop, sizes: list[int], limit: int) -> list[int]:
    """At most so many of the sizes, those that leave no partial tile first."""
    even = [size for size in sizes if loop.extent % size == 0]
    uneven = [size for size in sizes if loop.extent % size]
    chosen = _spread(even, limit)
    return sorted(chosen + _spread(uneven, limit - len(chosen)), reverse=True)


def _spread(sizes: list[int], limit: int) -> list[int]:
    """At most so many of the sizes, from the least to the largest."""
    if len(sizes) <= limit:
        return sizes
    picked = np.linspace(0, len(sizes) - 1, limit).round().astype(int)
    return [sorted(sizes)[k] for k in dict.fromkeys(picked)]


def _in_step(size: int, loop: Loop) -> int:
    """The largest size up to this one whose tiles cut every period evenly, or `size` if no whole
    number of units does; the whole loop cuts none, if its last period is not too empty."""
    if size == loop.extent and all(-size % period <= EMPTY * size for period in loop.periods):
        return size
    for smaller in range(size, 0, -loop.unit):
        if all(smaller % period == 0 or period % smaller == 0 for period in loop.periods):
            return smaller
    return size
