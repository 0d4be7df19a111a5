"""Folding one axis of a box with an associative operation, by halves, in scratch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import apply_normal, in_parts, write_vec
from akg_mlir.passes.npu.legalise.emitter import SCRATCH_BYTES, Emitter
from akg_mlir.passes.npu.legalise.issue import cycles
from akg_mlir.passes.npu.legalise.views import Box, Operand, arrange
from akg_mlir.targets.model import Target


def accumulate(emitter: Emitter, opcode: Opcode, box: Box) -> None:
    """`dst = dst op src` over a box (result, source) whose last axis is the lanes.

    Where the result has stride 0, entry after entry is combined into it.
    """
    apply_normal(emitter, accumulation(box), write_vec(emitter, opcode), reduces=True)


def accumulation(box: Box) -> Box:
    """The arranged box of an accumulation: the result is also the first source."""
    dst, src = box.operands
    return arrange(Box(box.sizes, (dst, dst, src)), len(box.sizes) - 1)


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


def padded_lanes(box: Box) -> int:
    """Lanes of a row rounded up to whole blocks."""
    return -(-box.sizes[-1] // box.dst.block) * box.dst.block


def row_bytes(box: Box, axis: int) -> int:
    """UB that one entry of an axis takes in scratch, lanes padded to blocks."""
    others = prod(s for a, s in enumerate(box.sizes[:-1]) if a != axis)
    return others * padded_lanes(box) * box.dst.size


@dataclass(frozen=True)
class _Halves:
    """How an axis is folded: `half` partial results at these strides in `elements` of scratch."""

    half: int
    elements: int
    strides: tuple[int, ...]


def _layouts(box: Box, axis: int) -> tuple[_Halves, ...]:
    """Scratch with the partial results outermost, or where the axis is in the box.

    The first makes every later step dense, the second keeps neighbouring blocks neighbours.
    """
    half = max(1, min(box.sizes[axis] // 2, SCRATCH_BYTES // row_bytes(box, axis)))
    shape = [*box.sizes[:-1], padded_lanes(box)]
    shape[axis] = half
    axes = range(len(shape))
    layouts: list[_Halves] = []
    for order in ([axis, *(a for a in axes if a != axis)], list(axes)):
        strides = [0] * len(shape)
        step = 1
        for a in reversed(order):
            strides[a] = step
            step *= shape[a]
        layouts.append(_Halves(half, step, tuple(strides)))
    return tuple(layouts)


def _best(box: Box, axis: int, target: Target) -> _Halves:
    return min(_layouts(box, axis), key=lambda plan: _cycles(box, axis, plan, target))


def fold(emitter: Emitter, opcode: Opcode, box: Box, axis: int) -> Box:
    """Fold an axis (not the lanes) of a one-operand box into fresh scratch.

    Returns the box of the result. The source is left as it is.
    """
    rows = box.sizes[axis]
    if rows == 1:
        return box.drop(axis)
    plan = _best(box, axis, emitter.target)
    flat = emitter.scratch([plan.elements], box.dst.element)
    partial = replace(flat, strides=plan.strides)
    first, second = (box.slice(axis, start, plan.half) for start in (0, plan.half))
    three = Box(first.sizes, (partial, first.dst, second.dst))
    apply_normal(emitter, arrange(three, len(three.sizes) - 1), write_vec(emitter, opcode))
    if rows > 2 * plan.half:
        rest = box.slice(axis, 2 * plan.half, rows - 2 * plan.half)

        def add(part: Box) -> None:
            accumulate(emitter, opcode, Box(part.sizes, (partial, part.dst)))

        in_parts(emitter, rest, axis, plan.half, add)
    return halve(emitter, opcode, Box(first.sizes, (partial,)), axis)


def fold_cycles(box: Box, axis: int, target: Target) -> int:
    """What `fold` costs on a box that the vector unit can address."""
    return _cycles(box, axis, _best(box, axis, target), target)


def _cycles(box: Box, axis: int, plan: _Halves, target: Target) -> int:
    partial = box.dst.with_strides(plan.strides)

    def step(size: int, source: Operand) -> int:
        sizes = (*box.sizes[:axis], size, *box.sizes[axis + 1 :])
        return cycles(accumulation(Box(sizes, (partial, source))), target)

    total = step(plan.half, box.dst) * -(-(box.sizes[axis] - plan.half) // plan.half)
    size = plan.half
    while size > 1:
        total += step(size // 2, partial)
        size -= size // 2
    return total
