"""Groups of nests whose rows do not fit on chip: what it costs to pass them through in chunks.

A tile then holds a few rows of what is not reduced. Reductions over a row pass through it in
chunks, those that wait for each other one after the other, and the results do once more; what a
pass needs is read and computed again in each (see `chunks` and `shared_passes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, prod

from akg_mlir.polyhedral.tile_group_parts import Estimate, Step, Tensor
from akg_mlir.polyhedral.tile_groups import TileGroup
from akg_mlir.polyhedral.tile_spans import moving

RESULTS = 0
"""The number of the pass in which results are made that are no reductions."""


def in_chunks(group: TileGroup) -> Estimate | None:
    """The estimate for tiles that take rows in chunks, None for a group that has none to cut, or
    so few that half of the cores would have none: kernels of their own use all of them.

    Rows on the cube and windows are never cut, nor are those that stay.
    """
    if not group.rows or group.uncut or any(s.cube or _has_windows(s) for s in group.steps):
        return None
    kept = set(group.extents) - group.whole
    for row in group.rows:
        kept &= moving(row)
    sizes = _sizes(group, kept, group.least)
    if _tiles(group, sizes) < group.rates.cores:
        sizes = _sizes(group, kept, {})
    tiles = _tiles(group, sizes)
    if 2 * tiles < group.rates.cores:
        return None
    return Estimate(sizes, _cycles(group, tiles, kept), group.rates.capacity["ub"])


def _sizes(group: TileGroup, kept: set[int], least: Mapping[int, int]) -> dict[int, int]:
    """The smallest tiles of whole rows; `kept` are the dimensions that are not reduced."""
    return {
        dim: min(least.get(dim, 1), extent) if dim in kept else extent
        for dim, extent in group.extents.items()
    }


def _tiles(group: TileGroup, sizes: Mapping[int, int]) -> int:
    return prod(ceil(extent / sizes[dim]) for dim, extent in group.extents.items())


def _has_windows(step: Step) -> bool:
    reads = [access for access in step.nest.reads if access is not None]
    return any(len(subscript.terms) > 1 for access in reads for subscript in access)


def _cycles(group: TileGroup, tiles: int, kept: set[int]) -> float:
    rates, active = group.rates, min(group.rates.cores, tiles)
    read_by, work = _passes(group)
    total = unique = group.stored
    for tensor, boxes in group.need.items():
        times = len(read_by.get(tensor, {RESULTS}))
        if not any(moving(box) & kept for box in boxes):
            times *= tiles
        total += times * tensor.bytes
        unique += tensor.bytes
    gm = unique / min(rates.dram, rates.core_port * active)
    return gm + (total - unique) / (rates.l2 * active) + work / active + rates.launch


def _passes(group: TileGroup) -> tuple[dict[Tensor, set[int]], float]:
    """The passes that need each tensor, and the cycles of all steps in all passes on one core.

    The first pass has the reductions that wait for no other, the next those which wait for them,
    and so on; `RESULTS` is the last one.
    """
    turn = _turns(group)
    needed: dict[Tensor, set[int]] = {}
    work = 0.0
    for step in group.steps:  # users before producers
        users = needed.get(step.result, {RESULTS})
        mine = {turn[step.result]} if step.reduces else users
        work += len(mine) * step.instances * step.cycles
        for tensor in step.operands:
            if tensor is not None:
                needed.setdefault(tensor, set()).update(mine)
    return needed, work


def _turns(group: TileGroup) -> dict[Tensor, int]:
    """How many reductions there are on the longest way to each tensor made inside."""
    turn: dict[Tensor, int] = {}
    for step in reversed(group.steps):
        before = (turn.get(t, 0) for t in step.operands if t is not None)
        turn[step.result] = max(before, default=0) + step.reduces
    return turn
