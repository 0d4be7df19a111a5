"""What tiles cost, for all tile sizes of a grid at once: cycles, memory, recomputation.

`tile_traffic` charges movement, `tile_overlap` says how units overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from akg_mlir.polyhedral import vector_product
from akg_mlir.polyhedral.fusion import ONCE
from akg_mlir.polyhedral.layouts import FRACTAL
from akg_mlir.polyhedral.tile_clock import finish, one_by_one
from akg_mlir.polyhedral.tile_extents import Extents, product
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import SLICE_BYTES, SLICES, Footprint, Side, TileModel, Work
from akg_mlir.polyhedral.tile_need import need, need_of_copies
from akg_mlir.polyhedral.tile_overlap import COPIES, Units, units
from akg_mlir.polyhedral.tile_reuse import moving_loops, reuse
from akg_mlir.polyhedral.tile_traffic import Traffic

EASED = 4
"""Part of the first step through L0 that the cube waits for in every k tile (npu-legalise)."""
SPARE = 1 / 64
"""Share of a memory for constants, and for the skew between banks, beside two tiles."""
CODE = 0.01
"""What a product must gain by partial tiles at least: they are code of their own."""
HIDDEN = 0.3
"""Part of the loads of products on the vector unit that is not hidden behind their instructions,
though these take longer: the first steps of every tile wait for theirs, and all cores' for L2.
Measured on the timing model, for products of 49 to 3136 rows and convolutions."""
FOLDED = 3
"""Instructions that fold a plane of short rows side by side: the first, the others, the sum."""


@dataclass(frozen=True)
class Estimate:
    """One choice of sizes (one per loop of the model) and what the model says about it.

    `need` is bytes per memory, `movement` cycles of GM transfers per computed instance of the
    original program, `redundancy` how often each producer is computed, `parts` the cycles by what
    they are spent on. `chunks` are the tiles of a core along every tile dimension, for the cube.
    """

    sizes: tuple[int, ...]
    chunks: tuple[int, ...]
    cycles: float
    movement: float
    tiles: int
    need: Mapping[str, int]
    redundancy: Mapping[str, float]
    parts: Mapping[str, float]


class Cost:
    """Need and time of every row of `grid` (tile sizes), on cores that cut the loop `first`."""

    def __init__(
        self, model: TileModel, machine: Machine, grid: Numbers, fraction: float, first: int = 0
    ) -> None:
        self.model, self.machine, self.grid, self.fraction = model, machine, grid, fraction
        self.extents = Extents(grid)
        self.counts = np.ceil(np.array([loop.extent for loop in model.loops]) / grid)
        self.tiles = product(self.counts[:, self._tile_loops()])
        self.reuse = reuse(model, self.counts, machine.cores, first)
        self.per_core = self.reuse.per_core
        self.streams = self._streams()
        splats = self._splats()
        self.need = need(model, self.extents, self.reuse, machine.block_bytes, fraction, splats)
        self.redundancy: dict[str, Numbers] = {}
        for work in (w for w in model.work if w.recomputed):
            factor = self._executed(work) / work.original
            known = self.redundancy.get(work.statement, factor)
            self.redundancy[work.statement] = np.maximum(known, factor)
        divided = sum((self._divided(work) for work in model.work), np.zeros(len(grid)))
        self.allowance = {w.statement: np.maximum(1, divided / w.original) for w in model.work}
        self._time()

    def estimate(self, row: int) -> Estimate:
        """What is known about one choice of sizes."""
        return Estimate(
            tuple(int(s) for s in self.grid[row]),
            tuple(int(n) for n in self.reuse.chunks[row]) if self.model.uses_cube else (),
            float(self.cycles[row]),
            float(self.movement[row]),
            int(self.tiles[row]),
            {memory: int(need[row]) for memory, need in self.need.items()},
            {name: float(factor[row]) for name, factor in self.redundancy.items()},
            {name: float(part[row]) for name, part in self.parts.items()},
        )

    def _divided(self, work: Work) -> Numbers:
        """The instances of a statement that tiles divide among them (`Fuser.limit`)."""
        factor = self.redundancy.get(work.statement, np.ones(len(self.grid)))
        return np.where(factor <= ONCE, work.original, 0.0)

    def _tile_loops(self) -> list[int]:
        """The places of the loops that are tile dimensions."""
        return [k for k, loop in enumerate(self.model.loops) if loop.reduction is None]

    def _time(self) -> None:
        spent = units(np.zeros(len(self.grid)))
        self._move(spent)
        self._feed(spent)
        for work in self.model.work:
            if work.unit == "cube":
                waits = spent.feeds.latency + spent.feeds.first / (EASED * self.streams)
                spent.cube.add(self._steps(work.sides), self._cube(work) + waits)
            elif work.unit == "vector":
                spent.vector.add(self._executions(work), self._vector(work))
        parts = spent.parts()
        self.parts = {name: self.per_core * part for name, part in parts.items()}
        steady = np.max(np.stack([*parts.values()]), axis=0)
        pieces = self._pieces()
        if self.model.uses_cube:
            again = pieces + self._rounds()
            self.cycles = spent.last(self.per_core) + again * spent.restart()
            self.cycles = self.cycles * (1 + CODE * self._uneven())
        else:  # a core that goes over to partial tiles may have fewer of them
            spare = np.ceil(self.tiles / self.per_core) * self.per_core - self.tiles
            late = np.maximum(0, pieces - spare) * spent.latency
            overlapped = finish(spent, self.per_core, steady)
            alone = one_by_one(spent, self.per_core)
            self.cycles = np.where(self._overlaps(), overlapped, alone) + late
            if any(work.unit == "vector" and work.product for work in self.model.work):
                self.cycles = self.cycles + HIDDEN * self.per_core * spent.reads.cycles
        self.parts["fill and drain"] = np.maximum(0, self.cycles - self.per_core * steady)
        instances = max(1, sum(w.original for w in self.model.work))
        self.movement = self.tiles * (spent.reads.cycles + spent.writes.cycles) / instances

    def _steps(self, sides: tuple[Side, ...]) -> Numbers:
        """How often per tile something happens whose box is `sides`."""
        return self.reuse.steps(moving_loops(sides))

    def _executions(self, work: Work) -> Numbers:
        """How often per tile a statement runs on the vector unit: once per core where it is the
        same for all tiles."""
        moving = moving_loops(work.sides)
        return self.reuse.steps(moving) if moving else 1 / self.per_core

    def _overlaps(self) -> NDArray[np.bool_]:
        """Whether the memories hold two tiles, so that they overlap, or else not even one: then as
        if they were large enough for two."""
        block, capacity = self.machine.block_bytes, self.machine.capacity
        copies = COPIES + self._partial_tiles_inside()
        needs = need_of_copies(self.model.footprints, self.extents, block, copies)
        both = [need <= capacity[memory] * (1 - SPARE) for memory, need in needs.items()]
        one = [need <= capacity[memory] * self.fraction for memory, need in self.need.items()]
        return np.all(np.stack(both), axis=0) | ~np.all(np.stack(one), axis=0)

    def _partial_tiles_inside(self) -> Numbers:
        """One where partial tiles, which are code with buffers of its own, end inner loops."""
        inner = self._tile_loops()[1:]
        extents = np.array([self.model.loops[k].extent for k in inner])
        partial = extents % self.grid[:, inner] > 0
        return np.any(partial, axis=1).astype(np.float64)

    def _move(self, spent: Units) -> None:
        """Charge the transfers of footprints from and to GM."""
        traffic = Traffic(self.machine, self.extents, self.tiles, self.reuse)
        moved = [f for f in self.model.footprints if f.loaded or f.stored]
        misses = traffic.misses(moved)
        often = {footprint: traffic.times(footprint) for footprint in moved}
        for footprint in (f for f in moved if f.loaded):
            latency = self.machine.paths["gm", footprint.memory].latency
            busy, dram = traffic.reads(footprint, misses[footprint])
            spent.load(often[footprint], busy, dram, latency)
        for footprint in (f for f in moved if f.stored):
            latency = self.machine.paths[footprint.memory, "gm"].latency
            busy, dram = traffic.writes(footprint, misses[footprint])
            slices = self._slices(footprint, busy, spent.reads.cycles)
            spent.store(often[footprint], busy, dram, latency, slices)
            if footprint.memory == "l0c":
                spent.cube.block(often[footprint] * (busy + latency) * self._waits())

    def _waits(self) -> Numbers:
        """One where the cube waits for the result of a tile to leave L0C before the next tile."""
        results = self.need["l0c"] / self.fraction
        both = results * COPIES <= self.machine.capacity["l0c"]
        return np.where(both | (self.per_core <= 1), 0.0, 1.0)

    def _slices(self, stored: Footprint, busy: Numbers, loading: Numbers) -> Numbers | float:
        """How many times as long as what nothing hides the store of a tile takes.

        The only tile of a core is stored in slices while up to half of it is multiplied. By then
        the left operand has been loaded, and the right one for the first slice.
        """
        column = self.model.columns
        if column is None or column not in moving_loops(stored.sides):
            return 1
        zero = np.zeros(len(self.grid))
        results = [f for f in self.model.footprints if f.memory == "l0c" and not f.held]
        size = sum((self.extents.bytes_moved(f) for f in results), zero)
        slices = np.clip(size // SLICE_BYTES, 1, SLICES)
        cubes = [self._steps(w.sides) * self._cube(w) for w in self.model.work if w.unit == "cube"]
        multiplying = sum(cubes, zero)
        begin = np.maximum(multiplying / 2, loading * (1 - (1 - 1 / slices) / 4))
        hidden = np.maximum(multiplying, loading) - begin - multiplying / 2 / slices
        unhidden = np.maximum(busy / slices, busy - np.maximum(hidden, 0))
        return np.where(self.per_core > 1, 1, busy / np.maximum(unhidden, 1))

    def _feed(self, spent: Units) -> None:
        """Charge the transfers from UB to L1, and from there to the operands of the cube."""
        for footprint in self.model.footprints:
            if footprint.memory == "l1" and not footprint.loaded:
                path = self.machine.paths["ub", "l1"]
                busy = path.startup + self.extents.bytes_moved(footprint) / path.rate
                spent.writes.add(self._steps(footprint.sides), busy, path.latency)
        for footprint in self._operands():
            path = self.machine.paths["l1", footprint.memory]
            busy = self._startups(footprint) + self._bytes_in_l0(footprint) / path.rate
            latency = path.latency + self.machine.cube_latency
            images = self.extents.points(footprint.images)
            spent.feeds.add(self._steps(footprint.sides), images * busy, latency)
        spent.waits = spent.feeds.latency * (self.streams - 1)

    def _startups(self, operand: Footprint) -> Numbers:
        """Cycles to start the loads of an operand to L0 in a product: of the right one there is one
        per step, of the left one as many as it has rows, or blocks of k where these are sooner
        started (by img2col, as windows are one by one)."""
        if operand.pieces:
            points, last = (operand.sides[k] for k in (operand.rows[0], operand.rows[-1]))
            cut = self.extents.of_side(last) < last.whole  # each row of points by itself
            rows = np.where(cut, self.extents.of_side(points), 1)
            return self.machine.windows_startup * self.extents.points(operand.pieces) * rows
        startup = self.machine.paths["l1", operand.memory].startup
        if operand.memory == "l0b":
            return startup * self._streams_of(operand)
        block = self.extents.points(operand.held)
        count = self.extents.points(operand.sides) / block
        rows = block * operand.element_bytes / (FRACTAL * self.machine.block_bytes)
        by_block = min(startup, self.machine.windows_startup)
        return np.minimum(by_block * count, startup * rows * self._streams_of(operand))

    def _operands(self) -> list[Footprint]:
        """What passes through L0."""
        return [f for f in self.model.footprints if f.memory in ("l0a", "l0b")]

    def _bytes_in_l0(self, operand: Footprint) -> Numbers:
        """Bytes of an operand that pass through L0 in a product of a k tile."""
        return self.extents.points(operand.sides, operand.rows) * operand.element_bytes

    def _streams(self) -> Numbers:
        """In how many steps the operands of a k tile pass through the halves of L0."""
        steps = np.ones(len(self.grid))
        for operand in self._operands():
            images = self.extents.points(operand.images)
            steps = np.maximum(steps, images * self._streams_of(operand))
        return steps

    def _streams_of(self, operand: Footprint) -> Numbers:
        """In how many steps an operand passes through its halves of L0 in a product."""
        return np.ceil(2 * self._bytes_in_l0(operand) / self.machine.capacity[operand.memory])

    def _pieces(self) -> Numbers:
        """How often a core goes over from one tile to a partial one: code of its own, with other
        buffers. They wait for their first loads, and those for the cube are long."""
        partial = np.zeros(len(self.grid))
        for k, loop in enumerate(self.model.loops):
            often = np.maximum(1, self.per_core / self.counts[:, k])
            goes_over = (self.per_core > 1) | (loop.reduction is not None)
            partial += np.where(goes_over & (loop.extent % self.grid[:, k] > 0), often, 0)
        return partial

    def _uneven(self) -> Numbers:
        """How many tile loops end in partial tiles."""
        extents = np.array([loop.extent for loop in self.model.loops])
        return ((extents % self.grid)[:, self._tile_loops()] > 0).sum(axis=1)

    def _rounds(self) -> Numbers:
        """How often a core comes back to loads in front of an inner loop: nothing runs ahead into
        its next round."""
        loads = [self.reuse.loads(moving_loops(f.sides)) for f in self.model.footprints if f.loaded]
        rounds = [np.where(often < 1, often * self.per_core, 1) for often in loads]
        return np.max(np.stack([np.ones(len(self.grid)), *rounds]), axis=0) - 1

    def _splats(self) -> Numbers:
        """Most bytes of UB that a product takes for a repeated factor."""
        most = np.zeros(len(self.grid))
        for work in self.model.work:
            if work.product is not None and work.unit == "vector":
                box, size = self.extents.of_box(work.sides), work.element_bytes
                bytes_ = vector_product.splat_bytes(work.product, box, size, self.machine)
                most = np.maximum(most, bytes_)
        return most

    def _vector(self, work: Work) -> Numbers:
        """Cycles of a statement's vector instructions in one tile."""
        box = self.extents.of_box(work.sides)
        if work.product is not None:
            return vector_product.cycles(
                work.product, box, work.element_bytes, work.slope, self.machine
            )
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
        products = self.extents.points(work.sides, work.rows) / self.machine.cube_macs
        return products + self.machine.cube_startup * self.streams

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
