"""When a core is done that loads, computes and stores its tiles, for all tile sizes at once.

The clock of the machine in little: transfers go through their pipes in order and share DRAM as
`machine.dram` has it, and the buffers of a tile are free again for the tile after the next. The
first tiles are followed one by one, with filling and draining; more of them take what the last of
these take, or what the busiest unit needs for a tile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_overlap import COPIES, Units

FOLLOWED = 12
"""Tiles per core that are followed."""
SETTLED = 4
"""The last ones of them, which take as long as any later ones."""

Rows = NDArray[np.bool_]


def finish(units: Units, tiles: Numbers, steady: Numbers) -> Numbers:
    """Cycles until the last of `tiles` tiles per core is stored, `steady` the least that a tile
    takes in the long run."""
    core = _Core(units, tiles)
    followed = np.minimum(tiles, FOLLOWED)
    for tile in range(int(followed.max(initial=0))):
        core.step(tile, tile < followed)
    core.drain()
    last, before = core.computed[-1], core.computed[max(0, len(core.computed) - 1 - SETTLED)]
    return core.end + (tiles - followed) * np.maximum((last - before) / SETTLED, steady)


def one_by_one(units: Units, tiles: Numbers) -> Numbers:
    """Cycles of tiles that share their buffers: each is loaded when the one before is computed.
    Results are stored as they are computed, the last one at the cost of the next loads."""
    reads, vector, writes = units.reads, units.vector, units.writes
    computing = reads.latency + vector.cycles
    last = units.stores[-1][0] if units.stores else 0.0
    late = np.maximum(last, writes.cycles - computing)
    return tiles * (reads.cycles + computing + late) + writes.latency


class _Core:
    """A core between two tiles.

    `computed` are the moments at which tiles were computed and `waiting` says which of them are not
    stored yet; both begin with as many tiles before the first as there are copies of buffers.
    """

    def __init__(self, units: Units, tiles: Numbers) -> None:
        self.units, self.dram = units, _Dram(np.zeros_like(tiles))
        self.computed, self.waiting = [self.dram.moment] * COPIES, [tiles < 0] * COPIES
        self.load_end = self.store_end = self.stored = self.dram.moment

    @property
    def end(self) -> Numbers:
        """When all is done."""
        return np.maximum(np.maximum(self.computed[-1], self.stored), self.dram.idle)

    def step(self, tile: int, exists: Rows) -> None:
        """Load and compute a tile where there is one. The store of the tile that had its buffers,
        and that of the next tile, may start while it is loaded; the former ends before this tile is
        computed."""
        begin = start = np.maximum(self.load_end, self.computed[tile])
        for cycles, own in self.units.loads:
            for before in (tile, tile + 1):
                self._store(before, start)
            end = np.maximum(start + cycles, self.dram.read(start + cycles - own, own, exists))
            self.load_end = start = np.where(exists, end, self.load_end)
        self._store(tile)
        self._compute(begin, exists)

    def drain(self) -> None:
        """Store what is left."""
        for tile in range(len(self.computed)):
            self._store(tile)

    def _store(self, tile: int, latest: Numbers | None = None) -> None:
        """Store a tile where it waits for that and, if asked, can start by `latest`."""
        start = np.maximum(self.store_end, self.computed[tile])
        chosen = self.waiting[tile] if latest is None else self.waiting[tile] & (start <= latest)
        if not chosen.any():
            return
        self.waiting[tile] = self.waiting[tile] & ~chosen
        for cycles, own in self.units.stores:
            end = np.maximum(start + cycles, self.dram.write(start + cycles - own, own, chosen))
            self.store_end = start = np.where(chosen, end, self.store_end)
        self.stored = np.where(chosen, self.store_end + self.units.writes.latency, self.stored)

    def _compute(self, begin: Numbers, exists: Rows) -> None:
        """Steps of a tile are computed as they arrive, the last one after its load."""
        reads, vector = self.units.reads, self.units.vector
        steps = np.maximum(1, reads.cycles / np.maximum(reads.first, 1))
        first = begin + (self.load_end - begin) / steps + reads.latency
        start = np.maximum(np.maximum(first, self.stored), self.computed[-1])
        last = self.load_end + reads.latency + vector.cycles / steps
        end = np.maximum(start + vector.cycles, last)
        self.computed.append(np.where(exists, end, self.computed[-1]))
        self.waiting.append(exists)


class _Dram:
    """One core's share of DRAM: reads and writes at the same time get half of it each. A transfer
    takes its end from what is waiting when it starts (`machine.dram`)."""

    def __init__(self, zero: Numbers) -> None:
        self.moment = self.reads = self.writes = zero

    @property
    def idle(self) -> Numbers:
        """When all work is done."""
        return self.moment + self.reads + self.writes

    def read(self, arrival: Numbers, cycles: Numbers, which: Rows) -> Numbers:
        """Add a read that takes `cycles` alone; returns when it is done."""
        self._work_until(np.where(which, arrival, 0))
        self.reads = self.reads + np.where(which, cycles, 0)
        return self.moment + self.reads + np.minimum(self.reads, self.writes)

    def write(self, arrival: Numbers, cycles: Numbers, which: Rows) -> Numbers:
        """Add a write that takes `cycles` alone; returns when it is done."""
        self._work_until(np.where(which, arrival, 0))
        self.writes = self.writes + np.where(which, cycles, 0)
        return self.moment + self.writes + np.minimum(self.reads, self.writes)

    def _work_until(self, moment: Numbers) -> None:
        time = np.maximum(0, moment - self.moment)
        shared = np.minimum(np.minimum(self.reads, self.writes), time / 2)
        alone = time - 2 * shared
        self.reads = np.maximum(0, self.reads - shared - alone)
        self.writes = np.maximum(0, self.writes - shared - alone)
        self.moment = self.moment + time
