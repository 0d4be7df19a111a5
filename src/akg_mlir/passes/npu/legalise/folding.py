"""Folding one axis of a box with an associative operation, by halves, in scratch."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import apply_normal, in_parts, write_vec
from akg_mlir.passes.npu.legalise.emitter import SCRATCH_BYTES, Emitter
from akg_mlir.passes.npu.legalise.views import Box, Operand, arrange


def accumulate(emitter: Emitter, opcode: Opcode, box: Box) -> None:
    """`dst = dst op src` over a box (result, source) whose last axis is the lanes."""
    dst, src = box.operands
    both = Box(box.sizes, (dst, dst, src))
    apply_normal(emitter, arrange(both, len(box.sizes) - 1), write_vec(emitter, opcode))


def halve(emitter: Emitter, opcode: Opcode, box: Box, axis: int) -> Box:
    """Fold an axis of a one-operand box of scratch onto its first entry, in place.

    Returns the box without the axis.
    """
    size = box.sizes[axis]
    while size > 1:
        half = size // 2
        upper = box.slice(axis, size - half, half).dst
        lower = box.slice(axis, 0, half)
        accumulate(emitter, opcode, Box(lower.sizes, (lower.dst, upper)))
        size -= half
    return box.drop(axis)


def row_bytes(box: Box, axis: int) -> int:
    """UB that one entry of an axis takes in scratch, lanes padded to blocks."""
    lanes = -(-box.sizes[-1] // box.dst.block) * box.dst.block
    others = prod(s for a, s in enumerate(box.sizes[:-1]) if a != axis)
    return others * lanes * box.dst.size


def fold(emitter: Emitter, opcode: Opcode, box: Box, axis: int, room: int = 0) -> Box:
    """Fold an axis (not the lanes) of a one-operand box into fresh scratch.

    Returns the box of the result, row-major over the remaining axes with lanes padded to blocks
    and at least `room` elements of scratch behind its start. The source is left as it is.
    Additions keep at most as many partial sums as fit the scratch budget.
    """
    rows = box.sizes[axis]
    if rows == 1:
        return box.drop(axis)
    half = max(1, min(rows // 2, SCRATCH_BYTES // row_bytes(box, axis)))
    lanes = -(-box.sizes[-1] // box.dst.block) * box.dst.block
    others = [s for a, s in enumerate(box.sizes[:-1]) if a != axis]
    row = prod(others) * lanes
    flat = emitter.scratch([max(half * row, room)], box.dst.element)
    strides = [prod([*others, lanes][i + 1 :]) for i in range(len(others) + 1)]
    strides.insert(axis, row)
    partial = replace(flat, strides=tuple(strides))

    first, second = box.slice(axis, 0, half), box.slice(axis, half, half)
    three = Box(first.sizes, (partial, first.dst, second.dst))
    apply_normal(emitter, arrange(three, len(three.sizes) - 1), write_vec(emitter, opcode))
    if rows > 2 * half:
        rest = box.slice(axis, 2 * half, rows - 2 * half)
        in_parts(
            emitter,
            rest,
            axis,
            half,
            lambda part: accumulate(emitter, opcode, Box(part.sizes, (partial, part.dst))),
        )
    return halve(emitter, opcode, Box(first.sizes, (partial,)), axis)


