"""Groups of nests whose rows do not fit on chip: what it costs to pass them through in chunks.

A tile then holds a few rows of what is not reduced. Every reduction over a row passes through it
in chunks of its own, and the results do once more; what a pass needs is read and computed again in
each (see `chunks`).
"""

from __future__ import annotations

from math import ceil, prod

from akg_mlir.polyhedral.tile_groups import Estimate, Step, Tensor, TileGroup
from akg_mlir.polyhedral.tile_spans import moving


def in_chunks(group: TileGroup) -> Estimate | None:
    """The estimate for tiles that take rows in chunks, None for a group that has none to cut, or
    so few that half of the cores would have none: kernels of their own use all of them.

    Rows on the cube and windows are never cut.
    """
    if not group.rows or any(s.cube or _has_windows(s) for s in group.steps):
        return None
    kept = set(group.extents) - group.whole
    for row in group.rows:
        kept &= moving(row)
    sizes = {
        dim: min(group.least.get(dim, 1), extent) if dim in kept else extent
        for dim, extent in group.extents.items()
    }
    tiles = prod(ceil(extent / sizes[dim]) for dim, extent in group.extents.items())
    if 2 * tiles < group.rates.cores:
        return None
    return Estimate(sizes, _cycles(group, tiles, kept), group.rates.capacity["ub"])


def _has_windows(step: Step) -> bool:
    reads = [access for access in step.nest.reads if access is not None]
    return any(len(subscript.terms) > 1 for access in reads for subscript in access)


def _cycles(group: TileGroup, tiles: int, kept: set[int]) -> float:
    rates, active = group.rates, min(group.rates.cores, tiles)
    read_by, work = _passes(group)
    total = unique = group.stored
    for tensor, boxes in group.need.items():
        times = len(read_by.get(tensor, {None}))
        if not any(moving(box) & kept for box in boxes):
            times *= tiles
        total += times * tensor.bytes
        unique += tensor.bytes
    gm = unique / min(rates.dram, rates.core_port * active)
    return gm + (total - unique) / (rates.l2 * active) + work / active + rates.launch


def _passes(group: TileGroup) -> tuple[dict[Tensor, set[Step | None]], float]:
    """The passes that need each tensor (reductions, and None for the results), and the cycles of
    all steps in all passes on one core."""
    needed: dict[Tensor, set[Step | None]] = {}
    work = 0.0
    for step in group.steps:  # users before producers
        users = needed.get(step.result, {None})
        mine: set[Step | None] = {step} if step.reduces else users
        work += len(mine) * step.instances * step.cycles
        for tensor in step.operands:
            if tensor is not None:
                needed.setdefault(tensor, set()).update(mine)
    return needed, work
