"""The tile sizes of least cost among those that fit and do not recompute too much.

Sizes come from a grid, not from a greedy search: evaluating all of it with numpy is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from akg_mlir.polyhedral.tile_cost import Cost, Estimate
from akg_mlir.polyhedral.tile_grid import Numbers, around, grid_of
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import TileModel

ROUNDS = 3
"""How often sizes around the best are looked at, at most."""

EQUAL = 1e-3
"""Estimates that differ by less are as good."""

CLOSE = 1.1
"""What tiles of the cube may cost of the best ones to be close to them: the estimate is not more
exact than that."""
CHOICES = 3
"""How many such choices are kept, to be timed where that is asked for."""
GRID = 0.05
"""What another grid of cores than the one that cuts outer loops must gain: estimates of what L2
holds err by as much."""


@dataclass(frozen=True)
class Search:
    """The best and the second best choice, and how many were looked at and fit.

    `close` are the best choice and, for the cube, the best of other tiles that cost little more.
    `bound` is what keeps the cheapest sizes of all from being the best: the memory that they
    overfill or the statement that they recompute too often, None where nothing does. Where nothing
    is good enough, `smallest` is the tile with the least need for its memories, and
    `wasteful` the statement that is recomputed too often although its tiles would fit.
    """

    best: Estimate | None
    close: tuple[Estimate, ...]
    runner_up: Estimate | None
    candidates: int
    fitting: int
    smallest: Estimate
    wasteful: str | None
    bound: str | None


def search(
    model: TileModel,
    machine: Machine,
    fraction: float,
    max_redundancy: float,
    sizes: Numbers | None = None,
) -> Search:
    """The sizes of least cost whose need is at most `fraction` of every memory, and at most all of
    it with scratch.

    `max_redundancy` limits recomputation as in `Fuser.limit`. `sizes` (a row per choice, a column
    per loop) are what is looked at, by default a grid of round ones. Tiles of the cube are few and
    large, so that steps of a grid are wide: all sizes around its best are looked at as well.
    """
    by_grid = [
        _search(model, machine, fraction, max_redundancy, sizes, first) for first in _firsts(model)
    ]
    found = min(by_grid, key=lambda found: inf if found.best is None else found.best.cycles)
    plain = by_grid[0]
    if found.best and plain.best and found.best.cycles > plain.best.cycles * (1 - GRID):
        found = plain
    close = sorted((e for other in by_grid for e in other.close), key=lambda e: e.cycles)
    return replace(found, close=_close(model, close))


def _close(model: TileModel, estimates: Iterable[Estimate]) -> tuple[Estimate, ...]:
    """Of estimates, the least first, the best of the first few tiles on their grids of cores."""
    tiles = [k for k, loop in enumerate(model.loops) if loop.reduction is None]
    found: dict[tuple[tuple[int, ...], ...], Estimate] = {}
    limit = inf
    for estimate in estimates:
        limit = min(limit, estimate.cycles * CLOSE)
        if estimate.cycles > limit or len(found) == CHOICES:
            break
        found.setdefault((tuple(estimate.sizes[k] for k in tiles), estimate.chunks), estimate)
    return tuple(found.values())


def _firsts(model: TileModel) -> list[int]:
    """The tile loops that a grid of cores may cut first where it matters."""
    loops = [k for k, loop in enumerate(model.loops) if loop.reduction is None]
    several = [k for k in loops if model.loops[k].fixed != model.loops[k].extent]
    return several or [0] if model.uses_cube else [0]


def _search(
    model: TileModel,
    machine: Machine,
    fraction: float,
    max_redundancy: float,
    sizes: Numbers | None,
    first: int,
) -> Search:
    """The search for the cores that cut the loop `first`."""

    def best_of(grid: Numbers) -> Search:
        return _best_of(grid, Cost(model, machine, grid, fraction, first), max_redundancy)

    if sizes is not None:
        return best_of(sizes)
    blocks = machine.gm.alignment // machine.block_bytes
    found = best_of(grid_of(model, blocks))
    for _ in range(ROUNDS if model.uses_cube else 0):
        if found.best is None:
            return found
        better = best_of(around(model, found.best.sizes, blocks))
        if better.best == found.best:
            break
        found = better
    return found


def _best_of(grid: Numbers, cost: Cost, max_redundancy: float) -> Search:
    machine, fraction = cost.machine, cost.fraction
    fits = np.ones(len(grid), dtype=bool)
    for memory, need in cost.need.items():
        fits &= need <= machine.capacity[memory] * fraction
    within = fits.copy()
    for name, factor in cost.redundancy.items():
        within &= factor <= 1 + (max_redundancy - 1) * cost.allowance[name]
    pressure = [need / machine.capacity[memory] for memory, need in cost.need.items()]
    least = int(np.argmin(np.max(pressure, axis=0))) if pressure else 0
    order = _cheapest_first(cost, np.flatnonzero(within).tolist())
    return Search(
        cost.estimate(order[0]) if order else None,
        _close(cost.model, map(cost.estimate, order)) if cost.model.uses_cube else (),
        cost.estimate(order[1]) if len(order) > 1 else None,
        len(grid),
        int(fits.sum()),
        cost.estimate(least),
        None if order or not fits.any() else _most_recomputed(cost, fits),
        _bound(cost, int(np.argmin(cost.cycles)), within),
    )


def _cheapest_first(cost: Cost, rows: Iterable[int]) -> list[int]:
    """Choices by cost; of those that are as good as the best, the ones with the longest rows of
    tensors first."""
    order = sorted(rows, key=lambda row: cost.cycles[row])
    good = [row for row in order if cost.cycles[row] <= cost.cycles[order[0]] * (1 + EQUAL)]
    good.sort(key=lambda row: tuple(cost.grid[row, ::-1]), reverse=True)
    return [*good, *order[len(good) :]]


def _bound(cost: Cost, row: int, within: NDArray[np.bool_]) -> str | None:
    """What forbids the sizes of a row: a memory, or the statement that is recomputed most."""
    if within[row]:
        return None
    for memory, need in cost.need.items():
        if need[row] > cost.machine.capacity[memory] * cost.fraction:
            return memory.upper()
    return max(cost.redundancy, key=lambda name: float(cost.redundancy[name][row]))


def _most_recomputed(cost: Cost, fits: NDArray[np.bool_]) -> str:
    """The statement recomputed most often where the worst statement is recomputed least."""
    names = list(cost.redundancy)
    factors = np.stack([cost.redundancy[n] for n in names])
    worst = np.where(fits, factors.max(axis=0), np.inf)
    return names[int(np.argmax(factors[:, int(np.argmin(worst))]))]
