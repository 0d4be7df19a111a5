"""What transfers between GM and the chip cost, for all tile sizes of a grid at once.

A start-up per transfer plus bytes, and at least some cycles per contiguous chunk where rows are
short, as the AKG paper charges movement (section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from akg_mlir.polyhedral.tile_extents import Extents, product
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import Footprint
from akg_mlir.polyhedral.tile_reuse import Reuse, moving_loops

SHORT = 512
"""Bytes of a row up to which rows that end inside a block are put behind each other on chip, as
`npu-legalise` has it."""
SEAMS = 32
"""Elements behind the last whole blocks from which that is done at all, as there."""
SEAM = 2
"""Bursts for a longer one: its whole blocks, and the block in which the next row begins."""


@dataclass(frozen=True, eq=False)
class Traffic:
    """Transfers of the footprints of `tiles` tiles."""

    machine: Machine
    extents: Extents
    tiles: Numbers
    reuse: Reuse

    def times(self, footprint: Footprint) -> Numbers:
        """How often per tile a footprint is loaded or stored."""
        return self.reuse.loads(moving_loops(footprint.sides))

    def misses(self, footprints: Sequence[Footprint]) -> dict[Footprint, Numbers]:
        """The share of bytes of each footprint that DRAM moves: the first time, and again where
        too much else is moved before the next."""
        moved = {f: self.tiles * self.times(f) * self.extents.bytes_moved(f) for f in footprints}
        unique = {f: np.minimum(prod(f.shape) * f.element_bytes, m) for f, m in moved.items()}
        found: dict[Footprint, Numbers] = {}
        for footprint, bytes_ in moved.items():
            rounds, parts = self.reuse.repeats(moving_loops(footprint.sides))
            between = sum((np.minimum(u, moved[f] / parts) for f, u in unique.items()), 0 * parts)
            often = np.where(between <= self.machine.gm.l2_bytes, 1, rounds)
            found[footprint] = np.minimum(1, unique[footprint] * often / bytes_)
        return found

    def reads(self, footprint: Footprint, miss: Numbers) -> tuple[Numbers, Numbers]:
        """Cycles to load a footprint once, and those of them that it occupies the DRAM."""
        return self._transfer(footprint, miss, reads=True)

    def writes(self, footprint: Footprint, miss: Numbers) -> tuple[Numbers, Numbers]:
        """Cycles to store a footprint once, and those of them that it occupies the DRAM."""
        busy, dram = self._transfer(footprint, miss, reads=False)
        return busy + self._tails(footprint), dram

    def _transfer(
        self, footprint: Footprint, miss: Numbers, *, reads: bool
    ) -> tuple[Numbers, Numbers]:
        gm = self.machine.gm
        key = ("gm", footprint.memory) if reads else (footprint.memory, "gm")
        path = self.machine.paths[key]
        active = np.ceil(self.tiles / self.reuse.per_core)  # the fewest that do it in the same time
        share = np.minimum(gm.core_port, gm.dram_total / active)
        waits = 0 * miss if path.posted else miss
        per_byte = (1 - waits) / (gm.l2_read if reads else gm.l2_write) + waits / share
        per_byte = np.maximum(per_byte, 1 / path.rate)
        chunks, row = self._chunks(footprint)
        length = row * footprint.element_bytes
        aligned = self._aligned_share(footprint)
        penalty = aligned + (1 - aligned) / gm.unaligned
        startups = path.startup * self._instructions(footprint, chunks, length)
        busy = startups + chunks * np.maximum(path.burst, length * per_byte * penalty)
        return busy, chunks * length * penalty * miss / share

    def _aligned_share(self, footprint: Footprint) -> Numbers:
        """The share of chunks that start where the memory is at its best."""
        moves = np.where(self.reuse.counts > 1, self.extents.grid, 0)
        step = np.full(len(moves), self.machine.gm.alignment, dtype=np.int64)
        stride, steps = footprint.element_bytes, footprint.steps or (1,) * len(footprint.shape)
        for k in reversed(range(len(footprint.shape))):
            side, whole = footprint.sides[k], footprint.shape[k]
            if steps[k] > 1:
                step = np.gcd(step, stride)
            extent = self.extents.of_side(side)
            jump = (moves @ np.array(side.slopes, dtype=np.float64)).astype(np.int64)
            step = np.where(extent < whole, np.gcd(step, jump * stride), step)
            stride *= whole * (steps[k - 1] if k else 1)
            if whole > 1:
                step = np.where(extent < whole, np.gcd(step, stride), step)
        return step / self.machine.gm.alignment

    def _chunks(self, footprint: Footprint) -> tuple[Numbers, Numbers]:
        """Contiguous chunks of a box of a row-major array, and their length in elements."""
        box = self.extents.of_box(footprint.sides)
        chunks, row = np.ones(len(box)), np.ones(len(box))
        merged = np.ones(len(box), dtype=bool)
        for k in reversed(range(len(footprint.shape))):
            if footprint.steps and footprint.steps[k] > 1:
                merged[:] = False
            row = np.where(merged, row * box[:, k], row)
            chunks = np.where(merged, chunks, chunks * box[:, k])
            merged &= box[:, k] >= footprint.shape[k]
        return chunks, row

    def _instructions(self, footprint: Footprint, chunks: Numbers, length: Numbers) -> Numbers:
        """Transfers that move a box: each walks its longest axis of chunks of `length` bytes at one
        distance, unless they are too far apart; at an odd distance, those that start at the same
        place in a block."""
        box = self.extents.of_box(footprint.sides)
        none = np.zeros(len(box), dtype=bool)
        chunk, goes_on, walks = ~none, none, none
        axis, longest, periods = np.ones(len(box)), np.ones(len(box)), np.ones(len(box))
        stride = footprint.element_bytes
        for k in reversed(range(len(footprint.shape))):
            several = ~chunk & (box[:, k] > 1)
            axis = np.where(several, np.where(goes_on, axis, 1) * box[:, k], axis)
            period = self._period(stride)
            near = period * stride - length <= self.machine.gm.gap
            walks = np.where(several & ~goes_on, near, walks)
            periods = np.where(several & ~goes_on, period, periods)
            bursts = np.floor(axis / periods)
            longest = np.where(several & walks, np.maximum(longest, bursts), longest)
            whole = box[:, k] >= footprint.shape[k]
            goes_on = (several | goes_on) & whole
            chunk &= whole
            stride *= footprint.shape[k]
        return chunks / longest

    def _period(self, stride: int) -> int:
        """Steps of so many bytes after which a place in a block is the same."""
        return self.machine.block_bytes // gcd(self.machine.block_bytes, stride)

    def _tails(self, footprint: Footprint) -> Numbers:
        """Cycles for what stores behind the last whole block of every row: elements, also of the
        last tiles of rows that are cut, on the core that has most of them. Where enough whole rows
        follow each other in GM, long ones are stored by where in a block they start, and so are the
        blocks that two of them share; elements are left of the last one."""
        box = self.extents.of_box(footprint.sides)
        block = max(1, self.machine.block_bytes // footprint.element_bytes)
        row, last, near = (np.ones(len(box)) for _ in range(3))
        whole, share = np.ones(len(box), dtype=bool), np.ones(len(box))
        follows = whole
        period, stride = np.ones(len(box)), footprint.element_bytes
        for k in reversed(range(len(footprint.shape))):
            first, extent = (row == 1) & (box[:, k] > 1), footprint.shape[k]
            count = np.ceil(extent / box[:, k])
            near = np.where((row > 1) & follows, near * box[:, k], near)
            follows = np.where(row > 1, follows & (count == 1), follows)
            whole = np.where(first, count == 1, whole)
            last = np.where(first, extent - (count - 1) * box[:, k], last)
            ends = self.reuse.ends(moving_loops((footprint.sides[k],)), count)
            share = np.where(first, ends, share)
            row = np.where(first, box[:, k], row)
            stride *= extent
            period = np.where(first, self._period(stride), period)
        tail = row % block
        follow = whole & (row >= block) & ((near - 1) * tail >= SEAMS)
        rows = product(box) / row
        elements = np.maximum(tail, (1 - share) * tail + share * (last % block))
        left = np.where(follow, rows / near, rows) * elements * self.machine.element_cycles
        alone = follow & (row * footprint.element_bytes > SHORT)
        path = self.machine.paths[footprint.memory, "gm"]
        places = np.minimum(rows, period)
        return left + np.where(alone, SEAM * (places * path.startup + rows * path.burst), 0)
