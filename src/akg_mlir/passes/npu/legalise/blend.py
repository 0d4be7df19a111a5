"""Choices by truth values: by bits of all lanes at once, or by the mask of one repeat after the
other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from xdsl.dialects.builtin import f16, f32, i16, i32

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import in_boxes, write_vec
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.parts import parts
from akg_mlir.passes.npu.legalise.permute import apply
from akg_mlir.passes.npu.legalise.scalar import number
from akg_mlir.passes.npu.legalise.vector import binary, choose
from akg_mlir.passes.npu.legalise.views import Box, Operand, box_of, normalise
from akg_mlir.targets.model import Target

_STEPS = 13
"""Cycles of a repeat of two-byte elements that are chosen by bits, in nine instructions."""
_ROW = 16
"""Two-byte elements of a block."""


def lower_blend(emitter: Emitter, op: npu.VBlendOp) -> None:
    """Four bytes by arithmetic of integers, which may wrap around: `off + (on - off) * truth`. Two
    by masks of their bits. What replaces one of the last operands of that arithmetic, small boxes
    and where there are no such instructions, by comparing each repeat with zero: 0 and 1 differ as
    f32, too."""
    box = box_of(op.dst, op.truth, op.on_true, op.on_false)
    dst, truth, on, off = box.operands
    if truth.element == i32 and dst.base not in (truth.base, off.base):
        dst, on, off = (replace(operand, element=i32) for operand in (dst, on, off))
        binary(emitter, Opcode.VSUB, box.with_operands([dst, on, off]))
        binary(emitter, Opcode.VMUL, box.with_operands([dst, dst, truth]))
        binary(emitter, Opcode.VADD, box.with_operands([dst, dst, off]))
    elif truth.element == f16 and chooses_by_bits(emitter.target, box.volume):
        _by_bits(emitter, normalise(box))
    else:
        truth = replace(truth, element=f32) if truth.element == i32 else truth
        zero = emitter.constant(number(0, truth.element), len(box.sizes))
        choose(emitter, Opcode.VCMP_NE, box.with_operands([dst, truth, zero, on, off]))


def chooses_by_bits(target: Target, elements: int) -> bool:
    """Whether two-byte elements are chosen by their bits: one instruction walks many repeats."""
    if not all(target.supports(opcode, "i16") for opcode in ("vand", "vor", "vnot")):
        return False
    vector, repeats = target.vector, _repeats(target, elements)
    one_by_one = repeats * 2 * (vector.startup + vector.repeat_cycles("vsel"))
    return _cycles(target, elements) < one_by_one


def _cycles(target: Target, elements: int) -> int:
    each = target.vector.startup + _repeats(target, elements) * target.vector.repeat_cycles("vadd")
    return _STEPS * each


def _repeats(target: Target, elements: int) -> int:
    return -(-elements * f16.size // target.vector.repeat_bytes)


def _by_bits(emitter: Emitter, box: Box) -> None:
    """`on & ~mask | off & mask`, in parts for which scratch has room."""
    sizes = parts(
        box,
        dict.fromkeys(range(len(box.sizes) - 1), 1) | {len(box.sizes) - 1: 128},
        lambda part: 3 * _rows(part.sizes) * f16.size <= emitter.scratch_bytes,
        lambda part: _cycles(emitter.target, part.volume),
    )
    if sizes != box.sizes:
        in_boxes(emitter, box, sizes, lambda part: _by_bits(emitter, part))
        return
    dst, truth, on, off = box.operands
    mask, inverse = _masks(emitter, box, truth)
    dst, on, off = (replace(operand, element=i16) for operand in (dst, on, off))
    kept = _scratch(emitter, box, range(len(box.sizes)))
    kept = replace(kept, element=i16)
    apply(emitter, box.with_operands([kept, off, mask]), write_vec(emitter, Opcode.VAND))
    apply(emitter, box.with_operands([dst, on, inverse]), write_vec(emitter, Opcode.VAND))
    apply(emitter, box.with_operands([dst, dst, kept]), write_vec(emitter, Opcode.VOR))


def _masks(emitter: Emitter, box: Box, truth: Operand) -> tuple[Operand, Operand]:
    """All bits of a lane where the truth value is 0, and where it is 1. 0 - 1 times the largest
    number of f16 has all bits but one, which is that of its smallest normal number."""
    walked = [a for a, stride in enumerate(truth.strides) if stride] or [len(box.sizes) - 1]
    mask, other = (_scratch(emitter, box, walked) for _ in range(2))
    own = box.with_operands([mask, truth]).take(walked)

    def step(opcode: Opcode, dst: Operand, src: Operand, scalar: float) -> None:
        there = [o.with_strides([o.strides[a] for a in walked]) for o in (dst, src)]
        write = write_vec(emitter, opcode, number(scalar, f16))
        apply(emitter, own.with_operands(there), write)

    step(Opcode.VADDS, other, truth, -1)
    step(Opcode.VMULS, mask, other, 65504)
    step(Opcode.VMULS, other, other, 2.0**-14)
    mask, other = (replace(operand, element=i16) for operand in (mask, other))
    bits = [o.with_strides([o.strides[a] for a in walked]) for o in (mask, other)]
    both = own.with_operands([bits[0], *bits])
    apply(emitter, both, write_vec(emitter, Opcode.VOR))
    apply(emitter, own.with_operands([bits[1], bits[0]]), write_vec(emitter, Opcode.VNOT))
    return mask, other


def _scratch(emitter: Emitter, box: Box, walked: Sequence[int]) -> Operand:
    """Room for the elements along some axes of a box, in rows of whole blocks."""
    *outer, row = (box.sizes[a] for a in walked)
    room = emitter.scratch([*outer, -(-row // _ROW) * _ROW], f16)
    steps = dict(zip(walked, room.strides))
    return room.with_strides([steps.get(a, 0) for a in range(len(box.sizes))])


def _rows(sizes: Sequence[int]) -> int:
    """Elements of scratch for a box."""
    *outer, row = sizes
    return prod(outer) * -(-row // _ROW) * _ROW
