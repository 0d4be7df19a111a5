"""How often a core loads what its tiles use, for all tile sizes of a grid at once.

A core runs its tiles loop by loop. What does not move with the innermost loops is loaded in front
of them (`npu-hoist-invariants`), unless it moves with k tiles.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from akg_mlir.polyhedral.core_grid import deal
from akg_mlir.polyhedral.tile_extents import product
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_model import Side, TileModel

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Reuse:
    """`counts` are the iterations of all loops (a column each) over all cores, `chunks` those that
    one core runs at most of each group of tile loops, outermost first: `groups` are their places
    among all loops."""

    counts: Numbers
    chunks: Numbers
    groups: tuple[frozenset[int], ...]

    @property
    def per_core(self) -> Numbers:
        """Tiles of the busiest core."""
        return product(self.chunks)

    def steps(self, moving: Collection[int]) -> Numbers:
        """How often per tile something happens that moves with some loops: once per k tile where
        some of them are inside the tile."""
        tiles = frozenset[int]().union(*self.groups)
        inner = [k for k in range(self.counts.shape[1]) if k in moving and k not in tiles]
        return product(self.counts[:, inner])

    def loads(self, moving: Collection[int]) -> Numbers:
        """How often per tile a buffer is loaded that moves with some loops."""
        around = np.where(self._around(moving), self.chunks, 1)
        return self.steps(moving) * product(around) / self.per_core

    def repeats(self, moving: Collection[int]) -> tuple[Numbers, Numbers]:
        """How often a core loads the same to such a buffer, and into how many parts the innermost
        loop that makes it do so divides the tiles of a core."""
        again = self._around(moving) & (self.chunks > 1) & ~self._moves(moving)
        rounds = product(np.where(again, self.chunks, 1))
        return rounds, product(np.where(_up_to_last(again), self.chunks, 1))

    def ends(self, moving: Collection[int], parts: Numbers) -> Numbers:
        """The share of tiles that are the last of the `parts` into which loops cut something, on
        the core that has most of them."""
        chunk = product(np.where(self._moves(moving), self.chunks, 1))
        return np.ceil(chunk / parts) / chunk

    def _around(self, moving: Collection[int]) -> Flags:
        """The loops around the load of a buffer: not those inside of all that move it."""
        inside = self.steps(moving) > 1
        return _up_to_last(self._moves(moving) & (self.chunks > 1)) | inside[:, None]

    def _moves(self, moving: Collection[int]) -> Flags:
        return np.array([not group.isdisjoint(moving) for group in self.groups], dtype=np.bool_)


def reuse(model: TileModel, counts: Numbers, cores: int, first: int = 0) -> Reuse:
    """For the tile sizes that divide loops into `counts`. Tiles of the cube are few and large, so
    that it counts what a grid of cores leaves idle, and which loop that grid cuts `first`; others
    are dealt out evenly."""
    outer = [k for k, loop in enumerate(model.loops) if loop.reduction is None]
    if model.uses_cube:
        groups = tuple(frozenset({k}) for k in outer)
        return Reuse(counts, deal(counts[:, outer], cores, first), groups)
    each = np.ceil(product(counts[:, outer]) / cores)
    return Reuse(counts, each[:, None], (frozenset(outer),))


def moving_loops(sides: tuple[Side, ...]) -> frozenset[int]:
    """The loops with which a box moves."""
    return frozenset(k for side in sides for k, slope in enumerate(side.slopes) if slope)


def _up_to_last(flags: Flags) -> Flags:
    """Every place of a row at which or behind which a flag is set."""
    return np.flip(np.logical_or.accumulate(np.flip(flags, 1), axis=1), 1)
