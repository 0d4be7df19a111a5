"""Extents of the boxes of a tile, for all tile sizes of a grid at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akg_mlir.polyhedral.layouts import FRACTAL
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_model import Footprint, Side


@dataclass(frozen=True, eq=False)
class Extents:
    """Boxes for every row of `grid` (tile sizes, one per loop of a model)."""

    grid: Numbers

    def limited(self, loop: int, most: int) -> Extents:
        """Boxes of tiles with at most so many iterations of a loop."""
        grid = self.grid.copy()
        grid[:, loop] = np.minimum(grid[:, loop], most)
        return Extents(grid)

    def of_side(self, side: Side) -> Numbers:
        """Extent of one side of a box."""
        growth = (self.grid - 1) @ np.array(side.slopes, dtype=np.float64)
        extent = np.ceil(side.first + growth)
        if side.in_steps:
            (loop,) = (k for k, slope in enumerate(side.slopes) if slope)
            size, step = self.grid[:, loop], round(1 / side.slopes[loop])
            even = (size % step == 0) | (step % size == 0)
            extent = np.where(even, np.ceil(size / step), extent)
        return np.minimum(side.whole, extent)

    def of_box(self, sides: tuple[Side, ...], rows: tuple[int, ...] = ()) -> Numbers:
        """Extents of a box, one column per side. The points of the dimensions `rows` count in the
        first of their columns, in whole fractals."""
        if not sides:
            return np.ones((len(self.grid), 1))
        box = np.stack([self.of_side(side) for side in sides], axis=1)
        if rows:
            fractals = np.ceil(product(box[:, rows]) / FRACTAL)
            box[:, rows] = 1
            box[:, rows[0]] = fractals * FRACTAL
        return box

    def points(self, sides: tuple[Side, ...], rows: tuple[int, ...] = ()) -> Numbers:
        """Number of points of a box (see `of_box`)."""
        return product(self.of_box(sides, rows))

    def bytes_moved(self, footprint: Footprint) -> Numbers:
        """Bytes of a footprint's box of its array."""
        return self.points(footprint.sides) * footprint.element_bytes


def product(columns: Numbers) -> Numbers:
    """Products of the rows."""
    return np.prod(columns, axis=1) if columns.shape[1] else np.ones(len(columns))
