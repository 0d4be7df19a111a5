"""Bytes that a tile needs in every memory on chip, for all tile sizes of a grid at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from akg_mlir.polyhedral.tile_extents import Extents
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_model import Footprint, TileModel
from akg_mlir.polyhedral.tile_reuse import Reuse, moving_loops

SLICE = 2
"""Blocks of columns for which UB has room at least, where results leave L0C in slices."""


def need(
    model: TileModel,
    extents: Extents,
    reuse: Reuse,
    block_bytes: int,
    fraction: float,
    splats: Numbers,
) -> dict[str, Numbers]:
    """Bytes per memory to compare with a fraction of it: the most that are live at one place of
    the tile without scratch, or that fraction of them all where this is more. What is loaded in
    front of a loop needs no second copy: that fraction of it counts. Results that leave it in
    slices need no second copy in L0C, and UB has room for slices of them; nor do those that leave
    L0C for GM. Of `splats` (bytes of UB) there is one copy beside two of what moves."""
    sliced = model.columns is not None or model.drains
    slices = extents if model.columns is None else extents.limited(model.columns, SLICE)
    held = {"ub": slices}
    sizes = [
        (f, _bytes_on_chip(f, held.get(f.memory, extents), block_bytes)) for f in model.footprints
    ]
    single = [f.scratch or (sliced and f.memory == "l0c") for f in model.footprints]
    moving = [
        (f, size * _copies(model, f, extents, reuse, fraction))
        for (f, size), one in zip(sizes, single)
        if not one
    ]
    total, live = _live(sizes), _live(moving)
    if "ub" in live:
        live["ub"] = live["ub"] + splats * fraction
    return {m: np.maximum(live.get(m, 0 * all_), all_ * fraction) for m, all_ in total.items()}


def need_of_copies(
    footprints: Sequence[Footprint], extents: Extents, block_bytes: int, copies: Numbers
) -> dict[str, Numbers]:
    """Bytes per memory with so many copies of what moves from or to GM with the tiles: these share
    bytes with nothing."""
    sizes = [(f, _bytes_on_chip(f, extents, block_bytes)) for f in footprints]
    moving = {f for f in footprints if (f.loaded or f.stored) and moving_loops(f.sides)}
    total = _live_in_place([(f, size) for f, size in sizes if f not in moving])
    for footprint in moving:
        size = copies * _bytes_on_chip(footprint, extents, block_bytes)
        total[footprint.memory] = total.get(footprint.memory, 0) + size
    return total


def _live_in_place(sizes: Sequence[tuple[Footprint, Numbers]]) -> dict[str, Numbers]:
    """What is live where a statement may write its result over what it is the last to read."""
    read = _live([(replace(f, start=min(f.stop, f.start + 1)), size) for f, size in sizes])
    written = _live([(replace(f, stop=max(f.start, f.stop - 1)), size) for f, size in sizes])
    return {memory: np.maximum(need, written[memory]) for memory, need in read.items()}


def _copies(
    model: TileModel, footprint: Footprint, extents: Extents, reuse: Reuse, fraction: float
) -> Numbers:
    """What part of a footprint counts. On the vector unit, the partial tile at the end of an inner
    loop is loaded to a buffer of its own, which nothing else gets in the loop around it."""
    moving = moving_loops(footprint.sides)
    in_front = footprint.loaded & (reuse.loads(moving) < 1)
    copies = np.where(in_front, fraction, 1.0)
    if model.uses_cube or not footprint.loaded:
        return copies
    for k in moving:
        loop = model.loops[k]
        if loop.reduction is not None:
            partial = (loop.extent % extents.grid[:, k] > 0) & (extents.grid[:, k] < loop.extent)
            copies = copies + np.where(partial & (reuse.per_core > 1), fraction, 0.0)
    return copies


def _live(sizes: Sequence[tuple[Footprint, Numbers]]) -> dict[str, Numbers]:
    """The most bytes that are live at one place of the tile, per memory."""
    places = 1 + max((f.stop for f, _ in sizes), default=0)
    live: dict[str, list[Numbers]] = {}
    for footprint, size in sizes:
        if footprint.memory not in live:
            live[footprint.memory] = [np.zeros(len(size)) for _ in range(places)]
        for place in range(footprint.start, footprint.stop + 1):
            live[footprint.memory][place] += size
    return {memory: np.max(sums, axis=0) for memory, sums in live.items()}


def _bytes_on_chip(footprint: Footprint, extents: Extents, block_bytes: int) -> Numbers:
    """Bytes of a footprint whose rows are padded to whole blocks."""
    box = extents.of_box(footprint.held or footprint.sides, footprint.rows)
    block = max(1, block_bytes // footprint.element_bytes)
    padded = np.ceil(box / block) * block
    result = box[:, 0] * 0 + 1
    inner = np.ones(len(box), dtype=bool)  # nothing but single elements seen so far
    for k in reversed(range(box.shape[1])):
        is_row = inner & ((box[:, k] > 1) | (k == 0))
        result = result * np.where(is_row, padded[:, k], box[:, k])
        inner = inner & ~is_row
    return result * footprint.element_bytes
