"""What products of the cube hold of their operands and results: matrices, rows of images."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from math import gcd
from typing import TypeVar

import islpy as isl

from akg_mlir.polyhedral.image_product import STEPPED
from akg_mlir.polyhedral.scop import Statement
from akg_mlir.polyhedral.tile_model import CubeProduct, Footprint, Kernel, Side

DIM = isl.dim_type


def rows_of(kernel: Kernel, array: str) -> tuple[int, ...]:
    """The dimensions of an array that are the rows of a matrix of the cube, if it is the result of
    a product of windows."""
    for name, cube in kernel.cubes.items():
        (cell,) = kernel.scop.by_name[name].writes
        if cell.array == array:
            return tuple(
                k for k, i in enumerate(cell.index) if any(_involves([i], d) for d in cube.rows)
            )
    return ()


def column_of(statement: Statement, cube: CubeProduct) -> int:
    """The outermost dimension of the columns of a product."""
    cell, left, right = statement.writes[0].index, cube.a.index, cube.b.index
    return next(
        d
        for d in range(statement.rank)
        if _involves(cell, d) and _involves(right, d) and not _involves(left, d)
    )


def streamed(
    operand: Footprint, statement: Statement, cube: CubeProduct, sides: tuple[Side, ...]
) -> Footprint:
    """What passes through L0 of an operand, and what must be there at once: all rows (or columns)
    of one block of what is summed. `sides` are those of the statement in tiles for L0."""
    cell, right = statement.writes[0].index, cube.b.index
    kept = [d for d in range(statement.rank) if _involves(cell, d)]
    apart = [d for d in kept if _involves(right, d) and _involves(cube.a.index, d)]
    summed = [d for d in range(statement.rank) if d not in kept]
    kept = [d for d in kept if _involves(right, d) == (operand.memory == "l0b")]
    whole = sides[summed[-1]].whole
    block = Side(whole, (0,) * len(sides[0].slopes), whole)
    others = [d for d in range(statement.rank) if d not in (*kept, *summed, *cube.rows)]
    if operand.memory == "l0b" or not cube.rows:
        return replace(
            operand,
            sides=tuple(sides[d] for d in (*kept, *summed)),
            held=(*(sides[d] for d in kept), block),
            images=tuple(sides[d] for d in others) if cube.rows else (),
        )
    images = [*(d for d in kept if d not in cube.rows), *apart]
    return replace(
        operand,
        sides=tuple(sides[d] for d in (*cube.rows, *summed)),
        held=(*(sides[d] for d in cube.rows), block),
        rows=tuple(range(len(cube.rows))),
        pieces=tuple(sides[d] for d in summed[:-1]),
        images=tuple(sides[d] for d in images),
    )


def stepping(image: Footprint, touched: isl.Map, loops: Collection[int]) -> Footprint:
    """An image in L1 without the rows that no window touches; `touched` is what single points
    touch, `loops` are those of more than one iteration."""
    side = image.sides[STEPPED]
    steps = [int(side.slopes[k]) for k in loops]
    if side.first > 1:
        steps.append(int(touched.get_range_stride_info(STEPPED).get_stride().to_python()))
    step = gcd(*steps)
    if step < 2:
        return image
    kept = Side(
        1 + (side.first - 1) // step, tuple(s / step for s in side.slopes), -(-side.whole // step)
    )
    return replace(
        image,
        sides=_replaced(image.sides, kept),
        shape=_replaced(image.shape, kept.whole),
        steps=_replaced((1,) * len(image.shape), step),
    )


T = TypeVar("T")


def _replaced(values: tuple[T, ...], value: T) -> tuple[T, ...]:
    return (*values[:STEPPED], value, *values[STEPPED + 1 :])


def _involves(index: Iterable[isl.Aff], dim: int) -> bool:
    return any(i.involves_dims(DIM.in_, dim, 1) for i in index)


def cells_of(kernel: Kernel) -> frozenset[str]:
    """The arrays that products of the cube sum up."""
    return frozenset(c.reduction.update.writes[0].array for c in kernel.cubes.values())


def leaves_rounded(kernel: Kernel, statement: Statement) -> bool:
    """Whether a statement is the way of a result from L0C to GM."""
    rounds = kernel.drain == "gm" and statement.name in kernel.rounding
    return rounds and any(access.array in cells_of(kernel) for access in statement.reads)


def rounded_results(kernel: Kernel, executed: Iterable[str]) -> frozenset[str]:
    """Results of matrix products of which the tile uses nothing but one rounding to f16: a move out
    of L0C does it, so that UB does not hold the f32. (Points of images may end inside a fractal.)
    """
    others = [kernel.scop.by_name[name] for name in executed if name not in kernel.cubes]
    found: set[str] = set()
    for cube in kernel.cubes.values():
        cell = cube.reduction.update.writes[0].array
        users = [s.name for s in others if cell in {access.array for access in s.reads}]
        if not cube.rows and len(users) == 1 and users[0] in kernel.rounding:
            found.add(cell)
    return frozenset(found)
