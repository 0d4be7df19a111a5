"""Sets of byte offsets as sorted, disjoint, non-touching half-open ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.passes.npu.memory.footprint import Access
from akg_mlir.passes.npu.memory.linear import Floor, Linear, Remainder, linear_of, trip_count

ByteSet = tuple[tuple[int, int], ...]

ENUMERATION_LIMIT = 1 << 16
"""Runs of bytes that one access may consist of before enumerating them is given up."""

Values = NDArray[np.int64]


def union(ranges: Iterable[tuple[int, int]]) -> ByteSet:
    """The canonical set of possibly overlapping ranges."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def subtract(first: ByteSet, second: ByteSet) -> ByteSet:
    """The bytes of `first` that are not in `second`."""
    left: list[tuple[int, int]] = []
    passed = 0
    for low, high in first:
        while passed < len(second) and second[passed][1] <= low:
            passed += 1
        for at in range(passed, len(second)):
            start, end = second[at]
            if start >= high:
                break
            if start > low:
                left.append((low, start))
            low = end
        if low < high:
            left.append((low, high))
    return tuple(left)


def overlaps(first: ByteSet, second: ByteSet) -> bool:
    """Whether a byte is in both."""
    return any(a < d and c < b for a, b in first for c, d in second)


def split(form: Linear, free: set[SSAValue]) -> tuple[Linear, Linear]:
    """(the part of `form` that no loop in `free` moves, the rest); the constant is in the rest."""
    fixed = tuple((t, c) for t, c in form.terms if not (Linear(((t, 1),)).leaves() & free))
    rest = tuple((t, c) for t, c in form.terms if Linear(((t, 1),)).leaves() & free)
    return Linear(fixed), Linear(rest, form.const)


def enumerate_bytes(access: Access, loops: Sequence[scf.ForOp]) -> ByteSet | None:
    """Bytes touched over all iterations of `loops`, relative to what other loops add to the base.

    None when a loop has no constant bounds or the set has too many pieces.
    """
    grid = _grid(loops)
    if grid is None:
        return None
    _, moving = split(access.base, set(grid))
    starts = np.asarray(_evaluate(moving, grid), dtype=np.int64).reshape(-1)
    ranges: list[tuple[int, int]] = []
    for part in access.boxes:
        offsets = starts + part.offset
        for count, stride in part.dims:
            if offsets.size * count > ENUMERATION_LIMIT:
                return None
            offsets = np.add.outer(offsets, np.arange(count, dtype=np.int64) * stride).reshape(-1)
        ranges += [(s, s + part.length) for s in np.unique(offsets).tolist()]
    return union(ranges)


def spread(bytes_: ByteSet, base: Linear, loop: scf.ForOp) -> ByteSet | None:
    """`bytes_` over all iterations of one loop that moves `base`; None if that is not known."""
    index = loop.body.block.args[0]
    _, moving = split(base, {index})
    if moving.is_constant:
        return bytes_
    grid = _grid([loop])
    if grid is None or moving.leaves() != {index}:
        return None
    offsets = np.unique(_evaluate(Linear(moving.terms), grid)).tolist()
    if len(offsets) * len(bytes_) > ENUMERATION_LIMIT:
        return None
    return union((low + offset, high + offset) for offset in offsets for low, high in bytes_)


def _grid(loops: Sequence[scf.ForOp]) -> dict[SSAValue, Values] | None:
    """Every index of `loops`, broadcast against each other; None if there are too many."""
    grid: dict[SSAValue, Values] = {}
    size = 1
    for axis, loop in enumerate(loops):
        trips, low, step = trip_count(loop), linear_of(loop.lb), linear_of(loop.step)
        if trips is None or not low.is_constant:
            return None
        size *= trips
        values = low.const + np.arange(trips, dtype=np.int64) * step.const
        grid[loop.body.block.args[0]] = values.reshape([-1] + [1] * (len(loops) - axis - 1))
    return grid if size <= ENUMERATION_LIMIT else None


def _evaluate(form: Linear, grid: Mapping[SSAValue, Values]) -> Values:
    total = np.asarray(form.const, dtype=np.int64)
    for term, coefficient in form.terms:
        if isinstance(term, Floor):
            value = _evaluate(term.numerator, grid) // term.divisor
        elif isinstance(term, Remainder):
            value = _evaluate(term.numerator, grid) % term.divisor
        else:
            value = grid[term]
        total = total + value * coefficient
    return total
