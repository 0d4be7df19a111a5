"""Element-wise operators. `te` broadcasts as numpy does, so each is one op or two."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeAlias

from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.composite.formats import aligned_operands
from akg_mlir.frontends.composite.translation import Handler, Node
from akg_mlir.frontends.elements import I1

Unary: TypeAlias = Callable[[SSAValue], Operation]
Binary: TypeAlias = Callable[[SSAValue, SSAValue], Operation]


def _unary(build: Unary) -> Handler:
    return lambda node: [node.emit(build(node.operand(0)))]


def _binary(build: Binary) -> Handler:
    def translate(node: Node) -> Sequence[SSAValue]:
        lhs, rhs = aligned_operands(node, 2)
        return [node.emit(build(lhs, rhs))]

    return translate


def _compare(predicate: str) -> Handler:
    return _binary(lambda a, b: te.CompareOp(predicate, a, b))


def _sum(node: Node) -> Sequence[SSAValue]:
    return [reduce(lambda a, b: node.emit(te.AddOp(a, b)), aligned_operands(node))]


def _square(node: Node) -> Sequence[SSAValue]:
    return [node.emit(te.MulOp(node.operand(0), node.operand(0)))]


def _cast(node: Node) -> Sequence[SSAValue]:
    value, target = node.operand(0), node.element("dst_type", node.result_element)
    return [node.truth(value) if target == I1 else node.cast(value, target)]


def _select(node: Node) -> Sequence[SSAValue]:
    condition, on_true, on_false = aligned_operands(node, 3)
    return [node.emit(te.SelectOp(node.truth(condition), on_true, on_false))]


def _is_nan(node: Node) -> Sequence[SSAValue]:
    value = node.operand(0)
    return [node.emit(te.CompareOp("ne", value, value))]


def _against_infinity(predicate: str) -> Handler:
    """`|x|` compared with infinity; comparisons with NaN are false."""

    def translate(node: Node) -> Sequence[SSAValue]:
        magnitude = node.emit(te.AbsOp(node.operand(0)))
        infinity = node.scalar(math.inf, te.element_of(magnitude))
        return [node.emit(te.CompareOp(predicate, magnitude, infinity))]

    return translate


HANDLERS: dict[str, Handler] = {
    "ACos": _unary(te.AcosOp),
    "Abs": _unary(te.AbsOp),
    "Add": _binary(te.AddOp),
    "AddN": _sum,
    "Cast": _cast,
    "Div": _binary(te.DivOp),
    "Equal": _compare("eq"),
    "Erf": _unary(te.ErfOp),
    "Exp": _unary(te.ExpOp),
    "Greater": _compare("gt"),
    "GreaterEqual": _compare("ge"),
    "IsFinite": _against_infinity("lt"),
    "IsInf": _against_infinity("eq"),
    "IsNan": _is_nan,
    "Less": _compare("lt"),
    "LessEqual": _compare("le"),
    "Log": _unary(te.LogOp),
    "LogicalAnd": _binary(te.AndOp),
    "LogicalNot": _unary(te.NotOp),
    "LogicalOr": _binary(te.OrOp),
    "Maximum": _binary(te.MaxOp),
    "Minimum": _binary(te.MinOp),
    "Mul": _binary(te.MulOp),
    "Neg": _unary(te.NegOp),
    "NotEqual": _compare("ne"),
    "Pow": _binary(te.PowOp),
    "RealDiv": _binary(te.DivOp),
    "Reciprocal": _unary(te.ReciprocalOp),
    "Relu": _unary(te.ReluOp),
    "Rsqrt": _unary(te.RsqrtOp),
    "Select": _select,
    "Sigmoid": _unary(te.SigmoidOp),
    "Sqrt": _unary(te.SqrtOp),
    "Square": _square,
    "Sub": _binary(te.SubOp),
    "Tanh": _unary(te.TanhOp),
    "TensorAdd": _binary(te.AddOp),
}
