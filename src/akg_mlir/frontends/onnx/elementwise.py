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
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

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
    if isinstance(like, SSAValue):
        return [cast_to(node, node.operand(0), element_of(like))]
    if isinstance(value, SSAValue):
        return [cast_to(node, value, element_type(like.dtype, "the result of a CastLike"))]
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
    if node.opset < 11:
        element = element_of(value)
        low, high = node.attribute("min"), node.attribute("max")
        value = value if low is None else node.emit(te.MaxOp(value, node.scalar(low.f, element)))
        return [value if high is None else node.emit(te.MinOp(value, node.scalar(high.f, element)))]
    if node.has(1):
        value = node.emit(te.MaxOp(value, node.operand(1)))
    if node.has(2):
        value = node.emit(te.MinOp(value, node.operand(2)))
    return [value]


def _is_nan(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    return [node.emit(te.CompareOp("ne", operand, operand))]


def _is_inf(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    signs = [
        sign
        for sign, name in ((-1, "detect_negative"), (1, "detect_positive"))
        if node.int_attr(name, 1)
    ]
    if not signs:
        return [np.broadcast_to(np.False_, shape_of(operand))]
    if len(signs) == 2:
        operand, signs = node.emit(te.AbsOp(operand)), [1]
    infinity = node.scalar(signs[0] * np.inf, element_of(operand))
    return [node.emit(te.CompareOp("eq", operand, infinity))]


def _hard_sigmoid(node: Node) -> Sequence[Value]:
    """`max(0, min(1, alpha * x + beta))`."""
    slope, shift = node.float_attr("alpha", 0.2), node.float_attr("beta", 0.5)
    return [_ramp(node, node.operand(0), slope, shift)]


def _hard_swish(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    return [node.emit(te.MulOp(operand, _ramp(node, operand, 1 / 6, 0.5)))]


def _ramp(node: Node, value: SSAValue, slope: float, shift: float) -> SSAValue:
    element = element_of(value)
    line = node.emit(te.MulOp(value, node.scalar(slope, element)))
    line = node.emit(te.AddOp(line, node.scalar(shift, element)))
    below = node.emit(te.MinOp(line, node.scalar(1.0, element)))
    return node.emit(te.MaxOp(below, node.scalar(0.0, element)))


def _dropout(node: Node) -> Sequence[Value]:
    """Inference: nothing is dropped. Training draws random numbers, unless with ratio 0."""
    if node.opset >= 12:
        training = node.has(2) and bool(node.known(2, "training_mode").item())
        if training and (not node.has(1) or node.known(1, "ratio").item() != 0):
            raise node.error(
                "dropping at random is not supported", hint="training_mode false or ratio 0 is"
            )
    kept = np.broadcast_to(np.True_, node.shape(0))
    return [node.value(0), kept]


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
    "Dropout": _dropout,
    "Equal": _compare("eq"),
    "Erf": unary(te.ErfOp),
    "Exp": unary(te.ExpOp),
    "Gelu": _gelu,
    "Greater": _compare("gt"),
    "GreaterOrEqual": _compare("ge"),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "IsInf": _is_inf,
    "IsNaN": _is_nan,
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
