"""Element-wise ONNX operators. `te` broadcasts as numpy does, so each is one op or two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np
from onnx import helper
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, I1, element_type, is_float
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of

Unary: TypeAlias = Callable[[SSAValue], Operation]
Binary: TypeAlias = Callable[[SSAValue, SSAValue], Operation]


def unary(build: Unary) -> Handler:
    """One op of the operand."""
    return lambda node: [node.emit(build(node.operand(0)))]


def binary(build: Binary) -> Handler:
    """One op of two operands."""
    return lambda node: [node.emit(build(node.operand(0), node.operand(1)))]


def _variadic(build: Binary) -> Handler:
    def translate(node: Node) -> Sequence[Value]:
        return [reduce(lambda a, b: node.emit(build(a, b)), node.operands())]

    return translate


def _compare(predicate: str) -> Handler:
    return binary(lambda a, b: te.CompareOp(predicate, a, b))


def _mean(node: Node) -> Sequence[Value]:
    operands = node.operands()
    total = reduce(lambda a, b: node.emit(te.AddOp(a, b)), operands)
    count = node.scalar(1 / len(operands), element_of(total))
    return [node.emit(te.MulOp(total, count))]


def _xor(node: Node) -> Sequence[Value]:
    return [node.emit(te.CompareOp("ne", node.operand(0), node.operand(1)))]


def _pow(node: Node) -> Sequence[Value]:
    """`base ** exponent` in the type of the base; computed in f32 when only one is integer."""
    base, exponent = node.operand(0), node.operand(1)
    result = element_of(base)
    mixed = result != element_of(exponent)
    common = F32 if mixed and not is_float(result) else result
    power = node.emit(te.PowOp(node.cast(base, common), node.cast(exponent, common)))
    return [node.cast(power, result)]


def _cast(node: Node) -> Sequence[Value]:
    return [convert(node, node.int_attr("to", 0))]


def _cast_like(node: Node) -> Sequence[Value]:
    value, like = node.value(0), node.value(1)
    if isinstance(value, SSAValue) or isinstance(like, SSAValue):
        target = element_of(node.operand(1))
        return [cast_to(node, node.operand(0), target)]
    return [value.astype(like.dtype)]


def convert(node: Node, onnx_type: int) -> Value:
    """The first operand in the ONNX element type of that number."""
    dtype = helper.tensor_dtype_to_np_dtype(onnx_type)
    value = node.value(0)
    if not isinstance(value, SSAValue):
        return value.astype(dtype)
    return cast_to(node, value, element_type(np.dtype(dtype), "the result of a Cast"))


def cast_to(node: Node, value: SSAValue, target: Attribute) -> SSAValue:
    """A conversion as ONNX has it: to bool, everything but zero is true."""
    source = element_of(value)
    if target == I1 and source != I1:
        return node.emit(te.CompareOp("ne", value, node.scalar(0, source)))
    return node.cast(value, target)


def _where(node: Node) -> Sequence[Value]:
    condition, a, b = node.operands()
    return [node.emit(te.SelectOp(condition, a, b))]


def _clip(node: Node) -> Sequence[Value]:
    value = node.operand(0)
    if node.has(1):
        value = node.emit(te.MaxOp(value, node.operand(1)))
    if node.has(2):
        value = node.emit(te.MinOp(value, node.operand(2)))
    return [value]


def _gelu(node: Node) -> Sequence[Value]:
    approximate = node.string_attr("approximate", "none")
    return [node.emit(te.GeluOp(node.operand(0), approximate=approximate))]


HANDLERS: dict[str, Handler] = {
    "Abs": unary(te.AbsOp),
    "Add": binary(te.AddOp),
    "And": binary(te.AndOp),
    "Cast": _cast,
    "CastLike": _cast_like,
    "Clip": _clip,
    "Div": binary(te.DivOp),
    "Equal": _compare("eq"),
    "Erf": unary(te.ErfOp),
    "Exp": unary(te.ExpOp),
    "Gelu": _gelu,
    "Greater": _compare("gt"),
    "GreaterOrEqual": _compare("ge"),
    "Less": _compare("lt"),
    "LessOrEqual": _compare("le"),
    "Log": unary(te.LogOp),
    "Max": _variadic(te.MaxOp),
    "Mean": _mean,
    "Min": _variadic(te.MinOp),
    "Mul": binary(te.MulOp),
    "Neg": unary(te.NegOp),
    "Not": unary(te.NotOp),
    "Or": binary(te.OrOp),
    "Pow": _pow,
    "Reciprocal": unary(te.ReciprocalOp),
    "Relu": unary(te.ReluOp),
    "Sigmoid": unary(te.SigmoidOp),
    "Sqrt": unary(te.SqrtOp),
    "Sub": binary(te.SubOp),
    "Sum": _variadic(te.AddOp),
    "Tanh": unary(te.TanhOp),
    "Where": _where,
    "Xor": _xor,
}
