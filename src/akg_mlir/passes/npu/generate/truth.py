"""Bytes on the vector unit: between the ops of a statement they are numbers of f16, truth values
0 or 1. In memory they are bytes: what is loaded is converted, and what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import f16, i1
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Unary
from akg_mlir.passes.affine.bodies import constant_of
from akg_mlir.passes.npu.generate.boxes import Boxes
from akg_mlir.passes.npu.generate.comparisons import compare_floats, compare_integers, inverted
from akg_mlir.passes.npu.legalise.scalar import number as number_of


def lies_as_walked(view: SSAValue) -> bool:
    """Whether a view walks rows of contiguous elements, none twice."""
    strides = npu.strides_of(npu.memref_type(view))
    return strides[-1] == 1 and all(a > b > 0 for a, b in pairwise(strides))


def number(boxes: Boxes, value: SSAValue, views: Mapping[SSAValue, SSAValue]) -> SSAValue:
    """The box of a byte as a number of f16: 0 or 1 of a truth value. `views` has those that lie in
    memory, loaded or converted."""
    match value.owner:
        case affine.LoadOp():
            return boxes.cast(views[value], f16)
        case arith.ConstantOp():
            constant = constant_of(value)
            assert constant is not None
            truth = float(constant.value.data != 0)
            return boxes.block(number_of(truth if value.type == i1 else constant.value.data, f16))
        case arith.FPToSIOp() | arith.FPToUIOp():
            return boxes.cast(views[value], f16)
        case arith.CmpfOp() as compare:
            return compare_floats(boxes, compare)
        case arith.CmpiOp() as compare:
            return compare_integers(boxes, compare)
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
            return boxes.binary(Binary.MIN, lhs, rhs)
        case arith.OrIOp():
            return boxes.binary(Binary.MAX, lhs, rhs)
        case _ if any(_is_true(side) for side in op.operands):
            return inverted(boxes, rhs if _is_true(op.operands[0]) else lhs)
        case _:
            apart = boxes.binary(Binary.SUB, lhs, rhs)
            return boxes.unary(Unary.ABS, apart, apart)
