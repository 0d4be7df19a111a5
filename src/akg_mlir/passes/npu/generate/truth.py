"""Bytes on the vector unit: between the ops of a statement they are numbers of f16, truth values
0 or 1. In memory they are bytes: what is loaded is converted, and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Protocol

from xdsl.builder import Builder
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import FloatAttr, f16, i1
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Predicate, Unary
from akg_mlir.passes.affine.bodies import BYTES, INTEGER_PREDICATES, PREDICATES, constant_of


class Boxes(Protocol):
    """What a tile of a statement holds."""

    builder: Builder

    def operand(self, value: SSAValue) -> SSAValue:
        """The box of a number."""
        ...

    def block(self, number: FloatAttr) -> SSAValue:
        """A box that holds a constant."""
        ...

    def temporary(self, element: Attribute, shape: tuple[int, ...] | None = None) -> SSAValue:
        """A new box."""
        ...


def _loaded(boxes: Boxes, view: SSAValue) -> SSAValue:
    """The bytes of a view as f16, converted once each and in the order in which they lie; a view
    of a view's shape."""
    owner, type_ = view.owner, npu.memref_type(view)
    assert isinstance(owner, npu.ViewOp)
    sizes, strides = type_.get_shape(), npu.strides_of(type_)
    walked = sorted((k for k, s in enumerate(strides) if s), key=lambda k: -strides[k])
    kept = walked or [len(sizes) - 1]
    own = tuple(sizes[k] if k in walked else 1 for k in kept)
    source = npu.ViewOp(
        owner.source,
        owner.offset.data,
        list(owner.indices),
        own,
        [strides[k] if k in walked else 1 for k in kept],
    )
    result = boxes.temporary(f16, own)
    boxes.builder.insert(source)
    boxes.builder.insert(npu.VCastOp(source.result, result))
    steps = dict(zip(walked, npu.strides_of(npu.memref_type(result))))
    made = result.owner
    assert isinstance(made, npu.ViewOp)
    spread = [steps.get(k, 0) for k in range(len(sizes))]
    whole = npu.ViewOp(made.source, made.offset.data, list(made.indices), sizes, spread)
    return boxes.builder.insert(whole).result


def lies_as_walked(view: SSAValue) -> bool:
    """Whether a view walks rows of contiguous bytes, none twice."""
    strides = npu.strides_of(npu.memref_type(view))
    return strides[-1] == 1 and all(a > b > 0 for a, b in pairwise(strides))


def number(boxes: Boxes, value: SSAValue, views: Mapping[SSAValue, SSAValue]) -> SSAValue:
    """The box of a byte as a number of f16: 0 or 1 of a truth value. `views` has those that are
    loaded."""
    match value.owner:
        case affine.LoadOp():
            return _loaded(boxes, views[value])
        case arith.ConstantOp():
            constant = constant_of(value)
            assert constant is not None
            is_one = value.type == i1 and constant.value.data != 0
            return boxes.block(FloatAttr(1.0 if is_one else float(constant.value.data), f16))
        case arith.CmpfOp() as compare:
            sides = boxes.operand(compare.lhs), boxes.operand(compare.rhs)
            one, zero = (boxes.block(FloatAttr(float(v), f16)) for v in (1, 0))
            predicate = PREDICATES[compare.predicate.value.data]
            return _into(boxes, lambda dst: npu.VSelectOp(predicate, *sides, one, zero, dst))
        case arith.CmpiOp() as compare:
            return _compared(boxes, compare)
        case Operation() as op:
            return _logic(boxes, op)
        case _:
            raise AssertionError("statements have no truth values for arguments")


def _is_true(value: SSAValue) -> bool:
    constant = constant_of(value)
    return constant is not None and bool(constant.value.data)


def _logic(boxes: Boxes, op: Operation) -> SSAValue:
    """Conjunctions are minima, disjunctions maxima; what differs is one apart."""
    lhs, rhs = (boxes.operand(side) for side in op.operands)
    match op:
        case arith.AndIOp():
            return _binary(boxes, Binary.MIN, lhs, rhs)
        case arith.OrIOp():
            return _binary(boxes, Binary.MAX, lhs, rhs)
        case _ if any(_is_true(side) for side in op.operands):
            return _inverted(boxes, rhs if _is_true(op.operands[0]) else lhs)
        case _:
            return _unary(boxes, Unary.ABS, _binary(boxes, Binary.SUB, lhs, rhs))


def _compared(boxes: Boxes, op: arith.CmpiOp) -> SSAValue:
    """Integers are equal where their difference is zero, and `a < b` where the larger one is not
    a: differences may wrap, but not to zero. What is not zero is at least one in f16, or
    infinite."""
    a, b = boxes.operand(op.lhs), boxes.operand(op.rhs)
    kind = INTEGER_PREDICATES[op.predicate.value.data]
    if kind in (Predicate.GT, Predicate.LE):
        a, b = b, a
    if kind not in (Predicate.EQ, Predicate.NE):
        b = _binary(boxes, Binary.MAX, a, b)
    apart = _binary(boxes, Binary.SUB, b, a)
    if op.lhs.type not in BYTES:
        wide = apart
        apart = _into(boxes, lambda dst: npu.VCastOp(wide, dst))
    size = _unary(boxes, Unary.ABS, apart)
    differs = _with_number(boxes, Binary.MIN, size, 1)
    is_equal = kind in (Predicate.EQ, Predicate.LE, Predicate.GE)
    return _inverted(boxes, differs) if is_equal else differs


def _inverted(boxes: Boxes, number: SSAValue) -> SSAValue:
    """`1 - number`."""
    negated = _with_number(boxes, Binary.MUL, number, -1)
    return _with_number(boxes, Binary.ADD, negated, 1)


def _unary(boxes: Boxes, kind: Unary, x: SSAValue) -> SSAValue:
    return _into(boxes, lambda dst: npu.VUnaryOp(kind, x, dst))


def _binary(boxes: Boxes, kind: Binary, a: SSAValue, b: SSAValue) -> SSAValue:
    element = npu.memref_type(a).element_type
    return _into(boxes, lambda dst: npu.VBinaryOp(kind, a, b, dst), element)


def _with_number(boxes: Boxes, kind: Binary, x: SSAValue, value: int) -> SSAValue:
    attribute = FloatAttr(float(value), f16)
    return _into(boxes, lambda dst: npu.VScalarOp(kind, x, attribute, dst))


def _into(boxes: Boxes, op: Callable[[SSAValue], Operation], element: Attribute = f16) -> SSAValue:
    result = boxes.temporary(element)
    boxes.builder.insert(op(result))
    return result
