"""Folding one axis of a box with an associative operation, pair by pair, in scratch."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.addresses import Offset
from akg_mlir.passes.npu.legalise.elementwise import apply_normal, in_parts, write_vec
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.issue import cycles
from akg_mlir.passes.npu.legalise.views import Box, Operand, arrange


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


def fold(emitter: Emitter, opcode: Opcode, box: Box, axis: int) -> Box:
    """Fold an axis (not the lanes) of a one-operand box into fresh scratch.

    Neighbours are combined, again and again: results are dense, so every step walks all rows in
    one go, and the two sources of a step lie in different bank groups. Returns the box of the
    result. The source is left as it is.
    """
    size = box.sizes[axis]
    if size == 1:
        return box.drop(axis)
    half = _half(box, axis, emitter.scratch_bytes)
    flats = [emitter.scratch([half * _row(box, axis)], box.dst.element)]
    if half > 1:
        flats.append(emitter.scratch([half // 2 * _row(box, axis)], box.dst.element))
    result = _pairs(emitter, opcode, box, axis, half, flats[0])
    if size > 2 * half:
        rest = box.slice(axis, 2 * half, size - 2 * half)

        def add(part: Box) -> None:
            accumulate(emitter, opcode, Box(part.sizes, (result.dst, part.dst)))

        in_parts(emitter, rest, axis, half, add)
    while half > 1:
        half //= 2
        flats.reverse()
        result = _pairs(emitter, opcode, result, axis, half, flats[0])
    return result.drop(axis)


def _half(box: Box, axis: int, limit: int) -> int:
    """Partial results to keep: a power of two, at most half of the entries and of `limit` bytes."""
    most = max(1, min(box.sizes[axis] // 2, limit // row_bytes(box, axis)))
    return 1 << (most.bit_length() - 1)


def _row(box: Box, axis: int) -> int:
    return row_bytes(box, axis) // box.dst.size


def _pairs(emitter: Emitter, opcode: Opcode, box: Box, axis: int, half: int, flat: Operand) -> Box:
    """Entry `i` of the result is entry `2 i` combined with entry `2 i + 1`; dense in `flat`."""
    step = _pairing(box, axis, half, flat)
    apply_normal(emitter, arrange(step, len(step.sizes) - 1), write_vec(emitter, opcode))
    return Box(step.sizes, (step.dst,))


def _pairing(box: Box, axis: int, half: int, flat: Operand) -> Box:
    sizes = (*box.sizes[:axis], half, *box.sizes[axis + 1 :])
    shape = (*sizes[:-1], padded_lanes(box))
    dense = flat.with_strides([prod(shape[a + 1 :]) for a in range(len(shape))])
    source = box.dst
    twice = [s * 2 if a == axis else s for a, s in enumerate(source.strides)]
    even, odd = (source.at(axis, i).with_strides(twice) for i in (0, 1))
    return Box(sizes, (dense, even, odd))


def fold_cycles(box: Box, axis: int, emitter: Emitter) -> int:
    """What `fold` costs on a box that the vector unit can address."""
    half = _half(box, axis, emitter.scratch_bytes)
    last, rest = len(box.sizes) - 1, box.sizes[axis] - 2 * half
    flat = replace(box.dst, offset=Offset.zero())
    step = _pairing(box, axis, half, flat)
    total = cycles(arrange(step, last), emitter.target)
    more = accumulation(Box(step.sizes, (step.dst, box.dst)))
    total += -(-rest // half) * cycles(more, emitter.target)
    while half > 1:
        half //= 2
        step = _pairing(Box(step.sizes, (step.dst,)), axis, half, flat)
        total += cycles(arrange(step, last), emitter.target)
    return total
