"""The least vector work a source op costs, in cycles of the vector unit.

Slopes are cycles per repeat of 256 bytes (machine reference 3.3); counting follows its 3.6. Every
figure is a lower bound: work that some code generator could avoid counts as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerAttr, f16, f32, i32, i64
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import ceil_div, element_bytes

WORK = "te.work"
"""Attribute of a te op: its share of the vector cycles its source op costs at least."""

REPEAT_BYTES = 256
_VECTOR_ELEMENTS: tuple[Attribute, ...] = (f16, f32, i32)

_SLOPES: dict[type[Operation], int] = {
    te.AbsOp: 1,
    te.AddOp: 1,
    te.BatchNormOp: 2,  # a product and a sum
    te.CastOp: 2,
    te.CompareOp: 2,
    te.DivOp: 4,
    te.ErfOp: 4,  # a polynomial of some degree
    te.ExpOp: 2,
    te.GeluOp: 5,  # a square, exp, a reciprocal, a product
    te.LayerNormOp: 3,  # subtract, square, scale; the reductions of short rows cost little
    te.LogOp: 2,
    te.MaxOp: 1,
    te.MinOp: 1,
    te.MulOp: 1,
    te.NegOp: 1,
    te.OneHotOp: 1,  # a fill
    te.PowOp: 1,
    te.ReciprocalOp: 1,
    te.ReluOp: 1,
    te.RsqrtOp: 1,
    te.SelectOp: 2,
    te.SigmoidOp: 4,  # exp, add, reciprocal
    te.SoftmaxOp: 4,  # subtract, exp, scale; the reductions of short rows cost next to nothing
    te.SqrtOp: 2,
    te.SubOp: 1,
    te.TanhOp: 4,  # exp, add, reciprocal
}


def vector_cycles(op: Operation) -> int:
    """Cycles of the vector unit that `op` costs at least on one core; 0 for other units' work."""
    if not isinstance(op, te.TeOp) or _epilogue_is_free(op) or _is_copy(op):
        return 0
    if isinstance(op, te.ReduceOp):
        return (_bytes(op.operand) - _bytes(op.result)) // REPEAT_BYTES
    if isinstance(op, te.ContractionOp | te.Conv2dOp):
        return _contraction_cycles(op)
    if isinstance(op, te.Pool2dOp | te.MaxPool2dOp | te.AvgPool2dOp):
        return 0 if math.prod(op.window) == 1 else _repeats(op.results)
    return _SLOPES.get(type(op), 0) * _repeats([*op.operands, *op.results])


def _contraction_cycles(op: te.ContractionOp | te.Conv2dOp) -> int:
    """A multiply and an add per product, where the cube cannot do it."""
    if te.element_of(op.operands[0]) != f32:
        return 0
    products = math.prod(op.bounds)
    return 2 * (products * element_bytes(f32) // REPEAT_BYTES)


def _bytes(value: SSAValue) -> int:
    """Bytes the vector unit touches of a tensor; 0 for element types it does not compute with."""
    element = te.element_of(value)
    if element not in _VECTOR_ELEMENTS:
        return 0
    return math.prod(te.shape_of(value)) * element_bytes(element)


def _repeats(values: Sequence[SSAValue]) -> int:
    """Repeats to touch the largest of the tensors once."""
    return ceil_div(max(map(_bytes, values), default=0), REPEAT_BYTES)


def _is_copy(op: te.TeOp) -> bool:
    """Whether the op is a cast to the type that its operand has: transfers alone."""
    return isinstance(op, te.CastOp) and op.operand.type == op.results[0].type


def _epilogue_is_free(op: Operation) -> bool:
    """Whether the cube can do the op: a bias in L0C, relu and rounding on the way out of it."""
    if not isinstance(op, te.AddOp | te.CastOp | te.ReluOp):
        return False
    return any(_comes_from_cube(v) for v in op.operands)


def _comes_from_cube(value: SSAValue) -> bool:
    owner = value.owner
    if isinstance(owner, te.ContractionOp | te.Conv2dOp | te.FractalMatmulOp | te.FractalConv2dOp):
        return te.element_of(owner.operands[0]) != f32
    return isinstance(owner, Operation) and _epilogue_is_free(owner)


def record(op: Operation, cycles: int) -> None:
    """Attach `cycles` to an op."""
    op.attributes[WORK] = IntegerAttr(cycles, i64)


def recorded(op: Operation) -> int | None:
    """The cycles attached to an op."""
    value = op.attributes.get(WORK)
    return value.value.data if isinstance(value, IntegerAttr) else None


def hand_on(source: Operation, part: Operation) -> None:
    """Attach to an op the work recorded on `source`, whose computation it takes over whole."""
    work = recorded(source)
    if work is not None:
        record(part, work)


def spread(source: Operation, parts: Sequence[Operation]) -> None:
    """Share the work recorded on `source` among the ops that replace it.

    No part gets more than it costs by itself, so the sum over any set of parts stays a bound.
    """
    left = recorded(source)
    if left is None:
        return
    for part in parts:
        share = min(left, vector_cycles(part))
        if share:
            record(part, share)
            left -= share
