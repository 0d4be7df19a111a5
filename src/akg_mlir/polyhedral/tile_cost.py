"""Choosing tile sizes: what fits, and what moves the least per computed instance.

Movement is charged as the AKG paper does (section 4.2): a start-up per transfer plus bytes, and
per contiguous chunk where rows are short; `tile_overlap` says how units overlap. Sizes come from a
grid, not from a greedy search: evaluating all of it with numpy is cheap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from akg_mlir.polyhedral.tile_grid import Numbers, grid_of
from akg_mlir.polyhedral.tile_model import Footprint, Side, TileModel, Work
from akg_mlir.polyhedral.tile_overlap import Units, units

FOLDED = 3
"""Instructions that fold a plane of short rows side by side: the first, the others, the sum."""


@dataclass(frozen=True)
class Transfer:
    """One data path: cycles per transfer, least cycles per contiguous chunk, bytes per cycle, and
    cycles until the next unit uses the data, and until this one uses the buffer again."""

    startup: float
    burst: float
    rate: float
    latency: float


@dataclass(frozen=True)
class GlobalMemory:
    """GM in bytes per cycle: DRAM for all cores together, the port of one core, L2 per core.

    What is touched again comes from L2 while all of it fits in `l2_bytes`; chunks that do not
    start at multiples of `alignment` bytes reach the fraction `unaligned`.
    """

    dram_total: float
    core_port: float
    l2_read: float
    l2_write: float
    l2_bytes: float
    alignment: int
    unaligned: float


@dataclass(frozen=True)
class Machine:
    """Figures of the machine. `capacity` is bytes per on-chip memory; `paths` is keyed by
    (source, destination); vector and cube figures are cycles per instruction, until a result
    of the cube is there, and bytes or multiply-adds per cycle, `vector_chunk` repeats per
    instruction, `slopes` cycles per repeat by opcode; an element that no transfer can move takes
    `element_cycles`."""

    cores: int
    capacity: Mapping[str, int]
    block_bytes: int
    paths: Mapping[tuple[str, str], Transfer]
    gm: GlobalMemory
    vector_startup: float
    vector_bytes: float
    vector_chunk: float
    slopes: Mapping[str, int]
    cube_startup: float
    cube_latency: float
    cube_macs: float
    element_cycles: float


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


@dataclass(frozen=True)
class Search:
    """The best and the second best choice, and how many were looked at and fit.

    `bound` is what keeps the cheapest sizes of all from being the best: the memory that they
    overfill or the statement that they recompute too often, None where nothing does. Where nothing
    is good enough, `smallest` is the tile with the least need for its memories, and
    `wasteful` the statement that is recomputed too often although its tiles would fit.
    """

    best: Estimate | None
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
    per loop) are what is looked at, by default a grid of round ones.
    """
    grid = grid_of(model, machine.gm.alignment // machine.block_bytes) if sizes is None else sizes
    cost = _Cost(model, machine, grid, fraction)
    fits = np.ones(len(grid), dtype=bool)
    for memory, need in cost.need.items():
        fits &= need <= machine.capacity[memory] * fraction
    within = fits.copy()
    for name, factor in cost.redundancy.items():
        within &= factor <= 1 + (max_redundancy - 1) * cost.allowance[name]
    pressure = [need / machine.capacity[memory] for memory, need in cost.need.items()]
    least = int(np.argmin(np.max(pressure, axis=0))) if pressure else 0
    cheapest = np.argsort(cost.cycles, kind="stable")
    order = [int(k) for k in cheapest if within[k]]
    return Search(
        cost.estimate(order[0]) if order else None,
        cost.estimate(order[1]) if len(order) > 1 else None,
        len(grid),
        int(fits.sum()),
        cost.estimate(least),
        None if order or not fits.any() else _most_recomputed(cost, fits),
        _bound(cost, machine, fraction, int(cheapest[0]), within),
    )


def _bound(
    cost: _Cost, machine: Machine, fraction: float, row: int, within: NDArray[np.bool_]
) -> str | None:
    """What forbids the sizes of a row: a memory, or the statement that is recomputed most."""
    if within[row]:
        return None
    for memory, need in cost.need.items():
        if need[row] > machine.capacity[memory] * fraction:
            return memory.upper()
    return max(cost.redundancy, key=lambda name: float(cost.redundancy[name][row]))


def _most_recomputed(cost: _Cost, fits: NDArray[np.bool_]) -> str:
    """The statement recomputed most often where the worst statement is recomputed least."""
    names = list(cost.redundancy)
    factors = np.stack([cost.redundancy[n] for n in names])
    worst = np.where(fits, factors.max(axis=0), np.inf)
    return names[int(np.argmax(factors[:, int(np.argmin(worst))]))]


# ------------------------------------------------------------------------------------------- model


class _Cost:
    """Need and time of every row of `grid` (tile sizes)."""

    def __init__(self, model: TileModel, machine: Machine, grid: Numbers, fraction: float) -> None:
        self.model, self.machine, self.grid = model, machine, grid
        extents = np.array([loop.extent for loop in model.loops], dtype=np.float64)
        self.counts = np.ceil(extents / grid)
        self.tiles = self._tiles_of(None)
        self.per_core = np.ceil(self.tiles / machine.cores)
        if model.uses_cube:  # few and large tiles: what a grid of cores leaves idle counts
            outer = [k for k, loop in enumerate(model.loops) if loop.reduction is None]
            self.per_core = _busiest(self.counts[:, outer], machine.cores)
        self.need = self._need(fraction)
        self.redundancy: dict[str, Numbers] = {}
        for work in (w for w in model.work if w.recomputed):
            factor = self._executed(work) / work.original
            known = self.redundancy.get(work.statement, factor)
            self.redundancy[work.statement] = np.maximum(known, factor)
        results = sum(w.original for w in model.work if not w.recomputed)
        self.allowance = {w.statement: max(1.0, results / w.original) for w in model.work}
        self._time()

    def estimate(self, row: int) -> Estimate:
        return Estimate(
            tuple(int(s) for s in self.grid[row]),
            float(self.cycles[row]),
            float(self.movement[row]),
            int(self.tiles[row]),
            {memory: int(need[row]) for memory, need in self.need.items()},
            {name: float(factor[row]) for name, factor in self.redundancy.items()},
            {name: float(part[row]) for name, part in self.parts.items()},
        )

    def extent(self, side: Side) -> Numbers:
        """Extent of one side of a box, for all rows."""
        growth = (self.grid - 1) @ np.array(side.slopes, dtype=np.float64)
        return np.minimum(side.whole, np.ceil(side.first + growth))

    def box(self, sides: tuple[Side, ...]) -> Numbers:
        """Extents of a box, one column per side."""
        if not sides:
            return np.ones((len(self.grid), 1))
        return np.stack([self.extent(side) for side in sides], axis=1)

    # ------------------------------------------------------------------------------------ capacity

    def bytes_on_chip(self, footprint: Footprint) -> Numbers:
        """Bytes of a footprint whose rows are padded to whole blocks."""
        box = self.box(footprint.held or footprint.sides)
        block = max(1, self.machine.block_bytes // footprint.element_bytes)
        padded = np.ceil(box / block) * block
        result = box[:, 0] * 0 + 1
        inner = np.ones(len(box), dtype=bool)  # nothing but single elements seen so far
        for k in reversed(range(box.shape[1])):
            is_row = inner & ((box[:, k] > 1) | (k == 0))
            result = result * np.where(is_row, padded[:, k], box[:, k])
            inner = inner & ~is_row
        return result * footprint.element_bytes

    def _need(self, fraction: float) -> dict[str, Numbers]:
        """Bytes per memory to compare with a fraction of it: the most that are live at one place of
        the tile without scratch, or that fraction of them all where this is more."""
        moving, total = self._live(scratch=False), self._live(scratch=True)
        return {
            memory: np.maximum(moving[memory], need * fraction) for memory, need in total.items()
        }

    def _live(self, *, scratch: bool) -> dict[str, Numbers]:
        """The most bytes that are live at one place of the tile, per memory."""
        places = 1 + max((f.stop for f in self.model.footprints), default=0)
        live: dict[str, list[Numbers]] = {}
        for footprint in self.model.footprints:
            if footprint.memory not in live:
                live[footprint.memory] = [np.zeros(len(self.grid)) for _ in range(places)]
            if footprint.scratch and not scratch:
                continue
            size = self.bytes_on_chip(footprint)
            for place in range(footprint.start, footprint.stop + 1):
                live[footprint.memory][place] += size
        return {memory: np.max(sums, axis=0) for memory, sums in live.items()}

    # ---------------------------------------------------------------------------------------- time

    def _tiles_of(self, reduction: int | None) -> Numbers:
        """Tiles of the tile dimensions, or k tiles of one reduction."""
        own = [k for k, loop in enumerate(self.model.loops) if loop.reduction == reduction]
        return _product(self.counts[:, own])

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
        moved = {
            f: self.tiles * self._times(f.sides) * _product(self.box(f.sides)) * f.element_bytes
            for f in self.model.footprints
            if f.loaded or f.stored
        }
        unique = {f: np.minimum(prod(f.shape) * f.element_bytes, m) for f, m in moved.items()}
        zero = np.zeros(len(self.grid))
        fits = sum(unique.values(), zero) <= self.machine.gm.l2_bytes
        spent = units(zero)
        for footprint in self.model.footprints:
            times = self._times(footprint.sides)
            if footprint in moved:
                miss = np.where(fits, unique[footprint] / moved[footprint], 1.0)
                self._move(spent, footprint, times, miss)
            if footprint.memory in ("l0a", "l0b"):
                path = self.machine.paths["l1", footprint.memory]
                size = _product(self.box(footprint.sides)) * footprint.element_bytes
                latency = path.latency + self.machine.cube_latency
                spent.feeds.add(times, path.startup + size / path.rate, latency)
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

    def _move(self, spent: Units, footprint: Footprint, times: Numbers, miss: Numbers) -> None:
        """Charge the transfers of a footprint from and to GM."""
        if footprint.loaded:
            busy, dram = self._from_or_to_gm(footprint, miss, reads=True)
            spent.reads.add(times, busy, self.machine.paths["gm", footprint.memory].latency)
            spent.dram_reads = spent.dram_reads + times * dram
        if footprint.stored:
            latency = self.machine.paths[footprint.memory, "gm"].latency
            busy, dram = self._from_or_to_gm(footprint, miss, reads=False)
            spent.writes.add(times, busy + self._tails(footprint), latency)
            spent.dram_writes = spent.dram_writes + times * dram

    def _pieces(self) -> Numbers:
        """How often a core goes over to partial tiles: code of its own, with other buffers."""
        partial = np.zeros(len(self.grid))
        for k, loop in enumerate(self.model.loops):
            often = np.maximum(1, self.per_core / self.counts[:, k])
            partial += np.where(loop.extent % self.grid[:, k], often, 0)
        return partial

    def _from_or_to_gm(
        self, footprint: Footprint, miss: Numbers, *, reads: bool
    ) -> tuple[Numbers, Numbers]:
        """Cycles to move a footprint once, and those of them that it occupies the DRAM."""
        gm = self.machine.gm
        key = ("gm", footprint.memory) if reads else (footprint.memory, "gm")
        path = self.machine.paths[key]
        share = np.minimum(gm.core_port, gm.dram_total / np.minimum(self.tiles, self.machine.cores))
        per_byte = (1 - miss) / (gm.l2_read if reads else gm.l2_write) + miss / share
        per_byte = np.maximum(per_byte, 1 / path.rate)
        chunks, row = self._chunks(footprint, self.box(footprint.sides))
        length = row * footprint.element_bytes
        aligned = self._aligned_share(footprint)
        penalty = aligned + (1 - aligned) / gm.unaligned
        busy = path.startup + chunks * np.maximum(path.burst, length * per_byte * penalty)
        return busy, chunks * length * penalty * miss / share

    def _aligned_share(self, footprint: Footprint) -> Numbers:
        """The share of chunks that start where the memory is at its best."""
        step = np.full(len(self.grid), self.machine.gm.alignment, dtype=np.int64)
        stride = footprint.element_bytes
        for side, whole in reversed(list(zip(footprint.sides, footprint.shape))):
            extent = self.extent(side)
            jump = (self.grid @ np.array(side.slopes, dtype=np.float64)).astype(np.int64)
            step = np.where(extent < whole, np.gcd(step, jump * stride), step)
            stride *= whole
            if whole > 1:
                step = np.where(extent < whole, np.gcd(step, stride), step)
        return step / self.machine.gm.alignment

    def _chunks(self, footprint: Footprint, box: Numbers) -> tuple[Numbers, Numbers]:
        """Contiguous chunks of a box of a row-major array, and their length in elements."""
        chunks, row = np.ones(len(box)), np.ones(len(box))
        merged = np.ones(len(box), dtype=bool)
        for k in reversed(range(len(footprint.shape))):
            row = np.where(merged, row * box[:, k], row)
            chunks = np.where(merged, chunks, chunks * box[:, k])
            merged &= box[:, k] >= footprint.shape[k]
        return chunks, row

    def _tails(self, footprint: Footprint) -> Numbers:
        """Cycles for elements behind the last whole block of every stored row."""
        box = self.box(footprint.sides)
        chunks, row = self._chunks(footprint, box)
        block = max(1, self.machine.block_bytes // footprint.element_bytes)
        whole_rows = (row % block == 0) | (chunks == 1)
        return np.where(whole_rows, 0.0, chunks * (row % block) * self.machine.element_cycles)

    def _vector(self, work: Work) -> Numbers:
        """Cycles of a statement's vector instructions in one tile."""
        box = self.box(work.sides)
        inner = box[:, -1] * work.element_bytes
        repeats = np.minimum(
            _product(box[:, :-1]) * np.ceil(inner / self.machine.vector_bytes),
            np.ceil(_product(box) * work.element_bytes / self.machine.vector_bytes),
        )
        instructions = np.ceil(repeats / self.machine.vector_chunk)
        issues = work.operations * instructions
        if work.reduces:  # short rows go plane by plane, long ones by halves
            short = 2 * inner <= self.machine.vector_bytes
            halves = np.log2(np.maximum(2, _product(box[:, -2:])))
            issues = issues + np.where(short, FOLDED * _product(box[:, :-2]), halves)
        return issues * self.machine.vector_startup + work.slope * repeats

    def _cube(self, work: Work) -> Numbers:
        products = _product(self.box(work.sides)) / self.machine.cube_macs
        return products + self.machine.cube_startup

    def _executed(self, work: Work) -> Numbers:
        """Instances of a producer over all tiles; a tile past the end counts what it has."""
        total = np.ones(len(self.grid))
        outer = [k for k, loop in enumerate(self.model.loops) if loop.reduction is None]
        used: set[int] = set()
        for side in work.sides:
            moving = [k for k, s in enumerate(side.slopes) if s]
            length = self.extent(side)
            if not moving:
                total = total * length
                continue
            halo = side.first - sum(side.slopes[k] for k in moving)
            count = _product(self.counts[:, [k for k in moving if k not in used]])
            used |= set(moving)
            covered = sum(side.slopes[k] * self.model.loops[k].extent for k in moving)
            total = total * np.minimum(count * length, covered + count * halo)
        return total * _product(self.counts[:, [k for k in outer if k not in used]])


def _busiest(counts: Numbers, cores: int) -> Numbers:
    """Tiles of the busiest core where a grid of cores divides tiles in boxes of `counts`."""
    counts = counts[:, counts.max(axis=0) > 1]
    best = _product(counts)
    for split in _grids(counts.shape[1], cores):
        best = np.minimum(best, _product(np.ceil(counts / np.array(split))))
    return best


def _grids(dims: int, cores: int) -> Iterator[tuple[int, ...]]:
    """All grids of at most so many cores."""
    if not dims:
        yield ()
        return
    for first in range(1, cores + 1):
        for rest in _grids(dims - 1, cores // first):
            yield (first, *rest)


def _product(columns: Numbers) -> Numbers:
    return np.prod(columns, axis=1) if columns.shape[1] else np.ones(len(columns))
