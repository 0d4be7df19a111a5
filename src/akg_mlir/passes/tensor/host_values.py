"""What the host knows before any kernel runs, and does for the graph once."""

from __future__ import annotations

from typing import TypeGuard

from xdsl.dialects.builtin import UnitAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.tensor.rewriting import is_returned

WIDENED = "te.widened"
"""Attribute of casts to a wider type that belong to the host where it knows what they cast."""


def is_weight(value: SSAValue) -> bool:
    """Whether the value is known before any kernel runs: a resource, a constant, or what ops that
    only move or round elements make of such. Results of the program are computed, not given: but
    for views, those are none."""
    seen = {value}
    waiting = [value]
    while waiting:
        each = waiting.pop()
        owner = each.owner
        if _is_prepared(owner):
            if not isinstance(owner, te.ReshapeOp) and is_returned(each):
                return False
            waiting += [operand for operand in owner.operands if operand not in seen]
            seen.update(owner.operands)
        elif not (isinstance(owner, te.ConstantOp) or _is_resource(each)):
            return False
    return True


def stays_in_graph(op: object) -> bool:
    """Whether the op is none of a kernel's: views, constants, what moves or rounds elements of
    weights, the return."""
    if not isinstance(op, Operation) or isinstance(op, te.ReshapeOp | te.ConstantOp):
        return True
    if _is_prepared(op):
        return is_weight(op.results[0])
    return not op.name.startswith("te.")


def widened(weights: SSAValue, element: Attribute) -> te.CastOp:
    """A cast of weights to a wider type that the host makes if they are known: they are few, and
    all tiles would make it again."""
    cast = te.CastOp(weights, element)
    cast.attributes[WIDENED] = UnitAttr()
    return cast


def _is_prepared(op: object) -> TypeGuard[te.MovingOp | te.CastOp]:
    """Whether the op moves elements or makes them smaller, so that kernels read no more for it, or
    is to be made by the host all the same."""
    if isinstance(op, te.CastOp):
        if WIDENED in op.attributes:
            return True
        return element_bytes(te.element_of(op.result)) < element_bytes(te.element_of(op.operand))
    return isinstance(op, te.MovingOp)


def _is_resource(value: SSAValue) -> bool:
    """Whether the value is an argument of a graph whose content comes with the program."""
    if not isinstance(value, BlockArgument):
        return False
    function = value.owner.parent_op()
    attributes = function.arg_attrs if isinstance(function, FuncOp) else None
    return attributes is not None and "te.resource" in attributes.data[value.index].data
