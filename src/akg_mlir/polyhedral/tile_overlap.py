"""How the units of a core overlap: each works on another tile, or on another step of one.

A tile then costs what its busiest unit takes; or DRAM, which loads and stores share; or a copy of a
buffer between two units, which is busy from the start of what fills it until its user is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akg_mlir.polyhedral.tile_grid import Numbers

COPIES = 2
"""Copies of a buffer between two units, as `npu-multi-buffer` makes them."""


@dataclass
class Unit:
    """Cycles of a unit per tile, for every choice of sizes.

    `first` are those of its first step, where it takes several per tile (k tiles), and `fill`
    those of the first tile, which also loads what others find; `latency` passes until the next unit
    can start, and this one can use the buffer again.
    """

    cycles: Numbers
    first: Numbers
    fill: Numbers
    latency: float = 0.0

    def add(
        self, times: Numbers, cycles: Numbers, latency: float = 0.0, slices: Numbers | float = 1
    ) -> None:
        """Something done `times` per tile, in `slices` of which all but one overlap with what other
        units do for the same tile."""
        self.cycles = self.cycles + times * cycles
        self.first = self.first + np.minimum(times, 1.0) * cycles / slices
        self.fill = self.fill + cycles / slices
        self.latency = max(self.latency, latency)

    def block(self, cycles: Numbers) -> None:
        """Cycles per tile in which another unit has what this one works on."""
        self.cycles = self.cycles + cycles

    def turn(self, more: Numbers) -> Numbers:
        """Cycles per tile between two fillings of one copy, `more` of them per step in others."""
        steps = self.cycles / np.maximum(self.first, 1)
        turn = self.cycles + steps * (self.latency + more)
        return np.where(self.cycles > 0, turn / COPIES, 0)


@dataclass
class Units:
    """The units of a core. `loads` and `stores` are the transfers of a tile: cycles per tile, and
    those of them that DRAM needs. `waits` are latencies between the steps of a product in L0."""

    reads: Unit
    writes: Unit
    feeds: Unit
    vector: Unit
    cube: Unit
    loads: list[tuple[Numbers, Numbers]]
    stores: list[tuple[Numbers, Numbers]]
    waits: Numbers

    def load(self, times: Numbers, cycles: Numbers, dram: Numbers, latency: float) -> None:
        """A transfer from GM."""
        self.reads.add(times, cycles, latency)
        self.loads.append((times * cycles, times * dram))

    def store(
        self,
        times: Numbers,
        cycles: Numbers,
        dram: Numbers,
        latency: float,
        slices: Numbers | float = 1,
    ) -> None:
        """A transfer to GM, in slices."""
        self.writes.add(times, cycles, latency, slices)
        self.stores.append((times * cycles, times * dram))

    def all(self) -> dict[str, Unit]:
        """The units with the names that remarks give them, in the order in which data passes."""
        return {
            "reads": self.reads,
            "feeds of the cube": self.feeds,
            "cube instructions": self.cube,
            "vector instructions": self.vector,
            "writes": self.writes,
        }

    def parts(self) -> dict[str, Numbers]:
        """What a tile may cost in the steady state, by reason: the most of it counts."""
        users = np.where(self.feeds.cycles > 0, self.feeds.first, self.vector.first)
        steps = self.reads.cycles / np.maximum(self.reads.first, 1)
        written = sum((dram for _, dram in self.stores), np.zeros_like(steps))
        blocked = written / np.maximum(steps, 1)  # loads wait while stores use DRAM
        turns = (
            self.reads.turn(users + blocked),
            self.feeds.turn(self.cube.first + self.waits),
            self.writes.turn(self.vector.first),
        )
        cycles = {name: unit.cycles for name, unit in self.all().items()}
        read = sum((dram for _, dram in self.loads), np.zeros_like(steps))
        # Loads from L2 leave DRAM to the stores, those from DRAM share it with them.
        shared = read * written / np.maximum(self.reads.cycles, 1)
        cycles["reads"] = self.reads.cycles + np.where(self.feeds.cycles > 0, shared, 0)
        cycles["DRAM"] = read + written
        cycles["buffers in turns"] = np.max(np.stack(turns), axis=0)
        return cycles

    def last(self, tiles: Numbers) -> Numbers:
        """Cycles until the last of `tiles` tiles per core is done: what passes data to the busiest
        unit fills the first tile, what gets it from there finishes the last."""
        parts, all_ = self.parts(), self.all()
        before, after = 0 * tiles, sum((unit.first for unit in all_.values()), 0 * tiles)
        ends: list[Numbers] = []
        for name, unit in all_.items():
            after = after - unit.first
            ends.append(before + tiles * parts[name] + after)
            before = before + unit.fill
        after_reads = ends[0] - tiles * parts["reads"]
        ends += [after_reads + tiles * parts[name] for name in ("DRAM", "buffers in turns")]
        return self.latency + np.max(np.stack(ends), axis=0)

    def restart(self) -> Numbers:
        """Cycles without overlap where the pipeline is filled again."""
        fills = np.stack([unit.fill for unit in self.all().values()])
        return self.latency + fills.sum(axis=0) - fills.max(axis=0)

    @property
    def latency(self) -> float:
        """What passes in latencies from the first load to the last store."""
        return sum(unit.latency for unit in self.all().values())


def units(zero: Numbers) -> Units:
    """Units that do nothing yet."""
    reads, writes, feeds, vector, cube = (Unit(zero, zero, zero) for _ in range(5))
    return Units(reads, writes, feeds, vector, cube, [], [], zero)
