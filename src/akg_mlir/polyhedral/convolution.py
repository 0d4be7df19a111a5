"""Convolutions: contractions whose left operand is read through windows, for the cube unit.

The matrix view: rows are output points, columns are output channels, and the contraction runs over
channels and taps (img2col; AKG, PLDI 2021, section 4.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import islpy as isl

from akg_mlir.polyhedral.contraction import factors
from akg_mlir.polyhedral.layouts import Window
from akg_mlir.polyhedral.point_bands import dimension_of
from akg_mlir.polyhedral.scop import Access, Statement
from akg_mlir.polyhedral.tree import TreeError

DIM = isl.dim_type


@dataclass(frozen=True)
class Axis:
    """One index of the image: an output point, a channel, or a window of a tap around a point.

    Dimensions of the statement; `window` is set where both `point` and `tap` are.
    """

    point: int | None = None
    tap: int | None = None
    channel: int | None = None
    window: Window | None = None


@dataclass(frozen=True)
class Convolution:
    """`C[points, outputs] += A[axes] * B[channels, taps, outputs]`, each tensor in any order.

    All are dimensions of the statement: `points` (rows of the matrix) in the order of C, the last
    walks along a row of the output; `outputs` (columns; none if there is one) in the order of C;
    `channels` in the order of A and `taps` in the order of its windows. `kernel` and `cell` are
    the dimensions that index B and C.
    """

    points: tuple[int, ...]
    outputs: tuple[int, ...]
    channels: tuple[int, ...]
    taps: tuple[int, ...]
    axes: tuple[Axis, ...]
    kernel: tuple[int, ...]
    cell: tuple[int, ...]
    a: Access
    b: Access
    c: Access


def find_convolution(statement: Statement, *, batched: bool = False) -> Convolution | None:
    """The convolution a statement's references describe, or None if they describe none.

    A contraction without a window (a plain matrix product) is none. Of those that are `batched` an
    output index is one of the image as well.
    """
    operands = factors(statement)
    if operands is None:
        return None
    c = statement.writes[0]
    for a, b in permutations(operands):
        found = _matched(statement, a, b, c, batched)
        if found is not None:
            return found
    return None


def _matched(
    statement: Statement, a: Access, b: Access, c: Access, batched: bool
) -> Convolution | None:
    cell, kernel, expressions = _plain(c), _plain(b), _indices(a)
    if cell is None or kernel is None or expressions is None:
        return None
    summed = [d for d in range(statement.rank) if d not in cell]
    if not set(summed) <= set(kernel):
        return None
    batch = [d for d in cell if batched and d in kernel]
    axes = [_axis(expression, cell, kernel, summed, batch) for expression in expressions]
    found = [axis for axis in axes if axis is not None]
    if len(found) != len(axes) or not any(axis.window for axis in found):
        return None
    points = [axis.point for axis in found if axis.point not in (None, *kernel)]
    taps = [axis.tap for axis in found if axis.tap is not None]
    channels = [axis.channel for axis in found if axis.channel is not None]
    outputs = [d for d in cell if d in kernel]
    used = [*points, *taps, *channels, *outputs]
    if sorted(used) != list(range(statement.rank)):
        return None
    return Convolution(
        tuple(d for d in cell if d in points),
        tuple(outputs),
        tuple(channels),
        tuple(taps),
        tuple(found),
        tuple(kernel),
        tuple(cell),
        a,
        b,
        c,
    )


def _indices(access: Access) -> tuple[isl.Aff, ...] | None:
    try:
        return access.index
    except TreeError:
        return None


def _plain(access: Access) -> list[int] | None:
    """The statement dimension each index is; None if one is anything else or twice the same."""
    expressions = _indices(access)
    if expressions is None:
        return None
    dims = [dimension_of(expression) for expression in expressions]
    found = [d for d in dims if d is not None]
    return found if len(set(found)) == len(dims) else None


def _axis(
    expression: isl.Aff, cell: list[int], kernel: list[int], summed: list[int], batch: list[int]
) -> Axis | None:
    """What one index of the image is, or None for anything that is no part of a convolution; the
    dimensions in `batch` index image, kernel and result."""
    if expression.dim(DIM.div) or not expression.get_denominator_val().is_one():
        return None
    factors = {
        d: int(expression.get_coefficient_val(DIM.in_, d).to_python())
        for d in range(expression.dim(DIM.in_))
    }
    factors = {d: factor for d, factor in factors.items() if factor}
    offset = int(expression.get_constant_val().to_python())
    points = [d for d in factors if d in cell and d not in kernel]
    taps = [d for d in factors if d in summed]
    match [*factors.items()]:
        case [(d, 1)] if d in batch and offset == 0:
            return Axis(point=d)
        case _:
            pass
    if len(points) + len(taps) != len(factors) or any(f < 1 for f in factors.values()):
        return None
    match points, taps:
        case [point], [tap]:
            window = Window(factors[point], factors[tap], -offset)
            return Axis(point=point, tap=tap, window=window)
        case [point], [] if factors[point] == 1 and offset == 0:
            return Axis(point=point)
        case [], [channel] if factors[channel] == 1 and offset == 0:
            return Axis(channel=channel)
        case _:
            return None
