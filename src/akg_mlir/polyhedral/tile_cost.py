"""What tiles cost, for all tile sizes of a grid at once: cycles, memory, recomputation.

`tile_traffic` charges movement, `tile_overlap` says how units overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from akg_mlir.polyhedral.tile_extents import Extents, product
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import Side, TileModel, Work
from akg_mlir.polyhedral.tile_need import need
from akg_mlir.polyhedral.tile_overlap import Units, units
from akg_mlir.polyhedral.tile_traffic import Traffic

FOLDED = 3
"""Instructions that fold a plane of short rows side by side: the first, the others, the sum."""


@dataclass(frozen=True)
class Estimate:
    """One choice of sizes (one per loop of the model) and what the model says about it.

    `need` is bytes per memory, `movement` cycles of GM transfers per computed instance of the
    original program, `redundancy` how often each producer is computed, `parts` the cycles by what
    they are spent on.
    """

    sizes: tuple[int, ...]
    cycles: float
    movement: float
    tiles: int
    need: Mapping[str, int]
    redundancy: Mapping[str, float]
    parts: Mapping[str, float]


class Cost:
    """Need and time of every row of `grid` (tile sizes)."""

    def __init__(self, model: TileModel, machine: Machine, grid: Numbers, fraction: float) -> None:
        self.model, self.machine, self.grid = model, machine, grid
        self.extents = Extents(grid)
        self.counts = np.ceil(np.array([loop.extent for loop in model.loops]) / grid)
        self.tiles = self._tiles_of(None)
        self.per_core = np.ceil(self.tiles / machine.cores)
        if model.uses_cube:  # few and large tiles: what a grid of cores leaves idle counts
            self.per_core = _busiest(self.counts[:, self._tile_loops()], machine.cores)
        self.need = need(model.footprints, self.extents, machine.block_bytes, fraction)
        self.redundancy: dict[str, Numbers] = {}
        for work in (w for w in model.work if w.recomputed):
            factor = self._executed(work) / work.original
            known = self.redundancy.get(work.statement, factor)
            self.redundancy[work.statement] = np.maximum(known, factor)
        results = sum(w.original for w in model.work if not w.recomputed)
        self.allowance = {w.statement: max(1.0, results / w.original) for w in model.work}
        self._time()

    def estimate(self, row: int) -> Estimate:
        """What is known about one choice of sizes."""
        return Estimate(
            tuple(int(s) for s in self.grid[row]),
            float(self.cycles[row]),
            float(self.movement[row]),
            int(self.tiles[row]),
            {memory: int(need[row]) for memory, need in self.need.items()},
            {name: float(factor[row]) for name, factor in self.redundancy.items()},
            {name: float(part[row]) for name, part in self.parts.items()},
        )

    def _tile_loops(self) -> list[int]:
        """The places of the loops that are tile dimensions."""
        return [k for k, loop in enumerate(self.model.loops) if loop.reduction is None]

    def _tiles_of(self, reduction: int | None) -> Numbers:
        """Tiles of the tile dimensions, or k tiles of one reduction."""
        own = [k for k, loop in enumerate(self.model.loops) if loop.reduction == reduction]
        return product(self.counts[:, own])

    def _times(self, sides: tuple[Side, ...]) -> Numbers:
        """How often per tile something is done whose box is `sides`: once per k tile where it
        moves with the k tiles, once per core where it does not move at all."""
        moving = {k for side in sides for k, slope in enumerate(side.slopes) if slope}
        if not moving:
            return 1 / self.per_core
        times = np.ones(len(self.grid))
        for reduction in {self.model.loops[k].reduction for k in moving} - {None}:
            times = times * self._tiles_of(reduction)
        return times

    def _time(self) -> None:
        spent = units(np.zeros(len(self.grid)))
        self._move(spent)
        self._feed(spent)
        for work in self.model.work:
            if work.unit == "cube":
                spent.cube.add(self._times(work.sides), self._cube(work))
            elif work.unit == "vector":
                spent.vector.add(self._times(work.sides), self._vector(work))
        parts = spent.parts()
        steady = np.max(np.stack(list(parts.values())), axis=0)
        idle = spent.idle() + self._pieces() * spent.latency
        self.cycles = self.per_core * steady + idle
        self.parts = {name: self.per_core * part for name, part in parts.items()}
        self.parts["fill and drain"] = idle
        instances = max(1, sum(w.original for w in self.model.work))
        self.movement = self.tiles * (spent.reads.cycles + spent.writes.cycles) / instances

    def _move(self, spent: Units) -> None:
        """Charge the transfers of footprints from and to GM."""
        traffic = Traffic(self.machine, self.extents, self.tiles)
        moved = [f for f in self.model.footprints if f.loaded or f.stored]
        times = [self._times(footprint.sides) for footprint in moved]
        misses = traffic.misses(moved, times)
        for footprint, often in zip(moved, times):
            if footprint.loaded:
                latency = self.machine.paths["gm", footprint.memory].latency
                busy, dram = traffic.reads(footprint, misses[footprint])
                spent.reads.add(often, busy, latency)
                spent.dram_reads = spent.dram_reads + often * dram
            if footprint.stored:
                latency = self.machine.paths[footprint.memory, "gm"].latency
                busy, dram = traffic.writes(footprint, misses[footprint])
                spent.writes.add(often, busy, latency)
                spent.dram_writes = spent.dram_writes + often * dram

    def _feed(self, spent: Units) -> None:
        """Charge the transfers from L1 to the operands of the cube."""
        for footprint in self.model.footprints:
            if footprint.memory in ("l0a", "l0b"):
                path = self.machine.paths["l1", footprint.memory]
                busy = path.startup + self.extents.bytes_moved(footprint) / path.rate
                latency = path.latency + self.machine.cube_latency
                spent.feeds.add(self._times(footprint.sides), busy, latency)

    def _pieces(self) -> Numbers:
        """How often a core goes over to partial tiles: code of its own, with other buffers."""
        partial = np.zeros(len(self.grid))
        for k, loop in enumerate(self.model.loops):
            often = np.maximum(1, self.per_core / self.counts[:, k])
            partial += np.where(loop.extent % self.grid[:, k], often, 0)
        return partial

    def _vector(self, work: Work) -> Numbers:
        """Cycles of a statement's vector instructions in one tile."""
        box = self.extents.of_box(work.sides)
        inner = box[:, -1] * work.element_bytes
        repeats = np.minimum(
            product(box[:, :-1]) * np.ceil(inner / self.machine.vector_bytes),
            np.ceil(product(box) * work.element_bytes / self.machine.vector_bytes),
        )
        instructions = np.ceil(repeats / self.machine.vector_chunk)
        issues = work.operations * instructions
        if work.reduces:  # short rows go plane by plane, long ones by halves
            short = 2 * inner <= self.machine.vector_bytes
            halves = np.log2(np.maximum(2, product(box[:, -2:])))
            issues = issues + np.where(short, FOLDED * product(box[:, :-2]), halves)
        return issues * self.machine.vector_startup + work.slope * repeats

    def _cube(self, work: Work) -> Numbers:
        products = self.extents.points(work.sides) / self.machine.cube_macs
        return products + self.machine.cube_startup

    def _executed(self, work: Work) -> Numbers:
        """Instances of a producer over all tiles; a tile past the end counts what it has."""
        total = np.ones(len(self.grid))
        used: set[int] = set()
        for side in work.sides:
            moving = [k for k, s in enumerate(side.slopes) if s]
            length = self.extents.of_side(side)
            if not moving:
                total = total * length
                continue
            halo = side.first - sum(side.slopes[k] for k in moving)
            count = product(self.counts[:, [k for k in moving if k not in used]])
            used |= set(moving)
            covered = sum(side.slopes[k] * self.model.loops[k].extent for k in moving)
            total = total * np.minimum(count * length, covered + count * halo)
        return total * product(self.counts[:, [k for k in self._tile_loops() if k not in used]])


def _busiest(counts: Numbers, cores: int) -> Numbers:
    """Tiles of the busiest core where a grid of cores divides tiles in boxes of `counts`."""
    counts = counts[:, counts.max(axis=0) > 1]
    best = product(counts)
    for split in _grids(counts.shape[1], cores):
        best = np.minimum(best, product(np.ceil(counts / np.array(split))))
    return best


def _grids(dims: int, cores: int) -> Iterator[tuple[int, ...]]:
    """All grids of at most so many cores."""
    if not dims:
        yield ()
        return
    for first in range(1, cores + 1):
        for rest in _grids(dims - 1, cores // first):
            yield (first, *rest)
