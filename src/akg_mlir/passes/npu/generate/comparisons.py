"""Comparisons as numbers of f16, 1 where they hold and 0 where not, by arithmetic on whole boxes.

The compare instructions fill the mask of one repeat, which the next instruction reads: two
instructions per repeat. Arithmetic walks all repeats of a box at once.
"""

from __future__ import annotations

from math import isfinite, prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import f16, f32, i8, i32
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Predicate, Unary
from akg_mlir.passes.affine.bodies import BYTES, INTEGER_PREDICATES, PREDICATES, constant_of
from akg_mlir.passes.npu.generate.boxes import Boxes, element_of, lanes_of_block
from akg_mlir.passes.npu.legalise.scalar import number as number_of
from akg_mlir.targets import Target

_SCALES: dict[Attribute, tuple[float, float]] = {f16: (2.0**15, 2.0**9), f32: (2.0**127, 2.0**22)}
"""Their product makes the smallest number of the type one."""
_INTEGERS: dict[Attribute, Attribute] = {f16: i8, f32: i32}
"""Where numbers of the type are converted to find those that are not zero."""


_STEPS: dict[Attribute, int] = {f16: 22, f32: 14}
"""Cycles of each repeat in the instructions that compare and choose, in most cases, which are at
most as many."""


def compare_integers(boxes: Boxes, op: arith.CmpiOp) -> SSAValue:
    """Integers are equal where their difference is zero, and `a < b` where the larger one is not
    a: differences may wrap, but not to zero. What is not zero is at least one in f16, or
    infinite."""
    a, b = boxes.operand(op.lhs), boxes.operand(op.rhs)
    kind = INTEGER_PREDICATES[op.predicate.value.data]
    if kind in (Predicate.GT, Predicate.LE):
        a, b = b, a
    if kind not in (Predicate.EQ, Predicate.NE):
        b = boxes.binary(Binary.MAX, a, b)
    apart = boxes.binary(Binary.SUB, b, a)
    if op.lhs.type not in BYTES:
        apart = boxes.cast(apart, f16)
    boxes.unary(Unary.ABS, apart, apart)
    differs = boxes.with_number(Binary.MIN, apart, 1, apart)
    is_equal = kind in (Predicate.EQ, Predicate.LE, Predicate.GE)
    return inverted(boxes, differs) if is_equal else differs


def compare_floats(boxes: Boxes, op: arith.CmpfOp) -> SSAValue:
    """`a < b` where `b - a` is positive: differences do not round to zero. What is equal does not
    differ, and neither is not-a-number."""
    kind = PREDICATES[op.predicate.value.data]
    a, b = boxes.operand(op.lhs), boxes.operand(op.rhs)
    if not has_arithmetic(boxes.target, op.lhs.type):
        one, zero = (boxes.block(number_of(value, f16)) for value in (1, 0))
        result = boxes.temporary(f16)
        boxes.builder.insert(npu.VSelectOp(kind, a, b, one, zero, result))
        return result
    if kind in (Predicate.LT, Predicate.GE):
        a, b = b, a
    if kind in (Predicate.LT, Predicate.GT):
        return _is_positive(boxes, boxes.binary(Binary.SUB, a, b))
    holds = _not_apart(boxes, op, a, b)
    return inverted(boxes, holds) if kind == Predicate.NE else holds


def _not_apart(boxes: Boxes, op: arith.CmpfOp, a: SSAValue, b: SSAValue) -> SSAValue:
    """Whether `a - b` is not positive, or zero if the predicate does not care for signs, and
    neither is not-a-number. The difference of infinities is."""
    if op.lhs is op.rhs:
        return _are_numbers(boxes, op)
    apart = boxes.binary(Binary.SUB, a, b)
    if PREDICATES[op.predicate.value.data] in (Predicate.EQ, Predicate.NE):
        boxes.unary(Unary.ABS, apart, apart)
    if any(_is_finite(side) for side in op.operands):
        boxes.with_number(Binary.MUL, _scaled(boxes, apart), -1, apart)
        return _clamped(boxes, boxes.with_number(Binary.ADD, apart, 1, apart))
    holds = _are_numbers(boxes, op)
    return boxes.binary(Binary.SUB, holds, _is_positive(boxes, apart), holds)


def has_arithmetic(target: Target, element: Attribute) -> bool:
    """Whether the vector unit compares numbers of a type by their differences."""
    integer = _INTEGERS[element]
    conversions = (f"{element}->{integer}", f"{integer}->f16")
    return target.supports("vsub", str(element)) and all(
        target.supports("vconv", conversion) for conversion in conversions
    )


def is_faster_at_once(boxes: Boxes, element: Attribute) -> bool:
    """Whether comparing each repeat into the mask and selecting by it takes fewer cycles than a
    truth value and a choice by it, which are some instructions for all repeats."""
    steps, vector = _STEPS[element], boxes.target.vector
    has_bits = element == f32 or boxes.target.supports("vand", "i16")
    if not has_bits or not has_arithmetic(boxes.target, element):
        return True
    repeats = -(-prod(boxes.tile.shape) * npu.BLOCK_BYTES // lanes_of_block(element)) // (
        vector.repeat_bytes
    )
    one_by_one = repeats * (2 * vector.startup + 2 * vector.repeat_cycles("vcmp"))
    return one_by_one <= steps * (vector.startup + repeats * vector.repeat_cycles("vadd"))


def inverted(boxes: Boxes, number: SSAValue) -> SSAValue:
    """`1 - number`."""
    negated = boxes.with_number(Binary.MUL, number, -1)
    return boxes.with_number(Binary.ADD, negated, 1, negated)


def _is_positive(boxes: Boxes, difference: SSAValue) -> SSAValue:
    """Of a box that may be overwritten. Not-a-number is 0 as an integer."""
    return _clamped(boxes, _scaled(boxes, difference))


def _scaled(boxes: Boxes, difference: SSAValue) -> SSAValue:
    """What is not zero becomes at least one, in its place."""
    for scale in _SCALES[element_of(difference)]:
        boxes.with_number(Binary.MUL, difference, scale, difference)
    return difference


def _are_numbers(boxes: Boxes, op: arith.CmpfOp) -> SSAValue:
    """Whether neither operand is not-a-number, which stays itself among maxima."""
    sizes = [boxes.unary(Unary.ABS, boxes.operand(side)) for side in dict.fromkeys(op.operands)]
    for other in sizes[1:]:
        boxes.binary(Binary.MAX, sizes[0], other, sizes[0])
    return _clamped(boxes, boxes.with_number(Binary.MAX, sizes[0], 1, sizes[0]))


def _is_finite(value: SSAValue) -> bool:
    constant = constant_of(value)
    return constant is not None and isfinite(constant.value.data)


def _clamped(boxes: Boxes, x: SSAValue) -> SSAValue:
    """1 where x is at least 1, 0 where it is at most 0 or not-a-number."""
    number = boxes.cast(boxes.cast(x, _INTEGERS[element_of(x)]), f16)
    boxes.with_number(Binary.MAX, number, 0, number)
    return boxes.with_number(Binary.MIN, number, 1, number)
