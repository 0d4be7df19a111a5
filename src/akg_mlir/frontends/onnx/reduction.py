"""ONNX reductions, and the operators made of them: Softmax and LayerNormalization."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I1, I32, element_type, is_float, numpy_dtype
from akg_mlir.frontends.onnx.elementwise import cast_to
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def axes_of(node: Node, rank: int) -> tuple[int, ...]:
    """The reduced axes: an attribute in old opsets, an operand in new ones; none means all."""
    axes = node.known_ints(1, "axes") if node.has(1) else node.ints_attr("axes") or ()
    if not axes:
        return () if node.int_attr("noop_with_empty_axes", 0) else tuple(range(rank))
    for axis in axes:
        if not -rank <= axis < rank:
            raise node.error(f"axis {axis} is outside [{-rank}, {rank - 1}]")
    return tuple(sorted({axis % rank for axis in axes}))


def reduced(
    node: Node, kind: str, operand: SSAValue, axes: Sequence[int], keepdims: bool
) -> SSAValue:
    """One reduction; bools are reduced as numbers."""
    if not axes:
        return operand
    element = element_of(operand)
    wide = I32 if element == I1 else element
    result = node.emit(te.ReduceOp(kind, node.cast(operand, wide), axes, keepdims=keepdims))
    return cast_to(node, result, element)


def of_nothing(node: Node, kind: str) -> Value:
    """A reduction over no elements yields the neutral element; known, as its operand is."""
    array = node.known(0, "operand")
    axes = axes_of(node, array.ndim)
    keepdims = bool(node.int_attr("keepdims", 1))
    shape = [1 if i in axes else n for i, n in enumerate(array.shape) if keepdims or i not in axes]
    neutral = _neutral(kind, element_type(array.dtype, "the operand"))
    return np.broadcast_to(np.array(neutral, array.dtype), shape)


def _neutral(kind: str, element: Attribute) -> float | int:
    if kind in ("add", "mul"):
        return 0 if kind == "add" else 1
    if is_float(element):
        return -np.inf if kind == "max" else np.inf
    if element == I1:
        return 0 if kind == "max" else 1
    limits = np.iinfo(numpy_dtype(element).name)
    return int(limits.min if kind == "max" else limits.max)


def _reduce(kind: str) -> Handler:
    def translate(node: Node) -> Sequence[Value]:
        if 0 in node.shape(0):
            return [of_nothing(node, kind)]
        operand = node.operand(0)
        axes = axes_of(node, len(shape_of(operand)))
        return [reduced(node, kind, operand, axes, bool(node.int_attr("keepdims", 1)))]

    return translate


def _reduce_mean(node: Node) -> Sequence[Value]:
    if 0 in node.shape(0):
        raise node.error("the mean of no elements is not a number")
    operand = node.operand(0)
    axes = axes_of(node, len(shape_of(operand)))
    return [mean(node, operand, axes, bool(node.int_attr("keepdims", 1)))]


def mean(node: Node, operand: SSAValue, axes: Sequence[int], keepdims: bool) -> SSAValue:
    """The mean over the axes; f16 is summed and divided in f32, integers divide truncating."""
    element = element_of(operand)
    wide = F32 if element == F16 else element
    total = reduced(node, "add", node.cast(operand, wide), axes, keepdims)
    count = prod(shape_of(operand)[axis] for axis in axes)
    if is_float(element):
        quotient = node.emit(te.MulOp(total, node.scalar(1 / count, wide)))
    else:
        quotient = node.emit(te.DivOp(total, node.scalar(count, wide)))
    return node.cast(quotient, element)


def _softmax(node: Node) -> Sequence[Value]:
    operand, axis, shape = _normalised(node)
    return [node.reshaped(node.emit(te.SoftmaxOp(operand, axis)), shape)]


def _log_softmax(node: Node) -> Sequence[Value]:
    """`x - max - log(sum(exp(x - max)))`, in f32."""
    operand, axis, shape = _normalised(node)
    wide = node.cast(operand, F32)
    largest = node.emit(te.ReduceOp("max", wide, [axis], keepdims=True))
    below = node.emit(te.SubOp(wide, largest))
    total = node.emit(te.ReduceOp("add", node.emit(te.ExpOp(below)), [axis], keepdims=True))
    result = node.emit(te.SubOp(below, node.emit(te.LogOp(total))))
    return [node.reshaped(node.cast(result, element_of(operand)), shape)]


def _normalised(node: Node) -> tuple[SSAValue, int, tuple[int, ...]]:
    """The operand, the axis that softmax runs along, and the shape of the result. Before opset 13
    softmax runs along all dimensions from the axis on."""
    operand = node.operand(0)
    shape = shape_of(operand)
    axis = node.axis(node.int_attr("axis", -1 if node.opset >= 13 else 1), len(shape))
    if node.opset < 13:
        operand, axis = node.reshaped(operand, (prod(shape[:axis]), prod(shape[axis:]))), 1
    return operand, axis, shape


def _layer_normalization(node: Node) -> Sequence[Value]:
    operand, scale = node.operand(0), node.operand(1)
    bias = node.operand(2) if node.has(2) else None
    shape = shape_of(operand)
    axis = node.int_attr("axis", -1) % len(shape)
    epsilon = node.float_attr("epsilon", 1e-5)
    normalised = shape[axis:]
    fits = shape_of(scale) == normalised and (bias is None or shape_of(bias) == normalised)
    if fits and not node.wants_output(1) and not node.wants_output(2):
        return [node.emit(te.LayerNormOp(operand, scale, bias, axis, epsilon))]
    return _statistics_too(node, operand, scale, bias, axis, epsilon)


def _statistics_too(
    node: Node,
    operand: SSAValue,
    scale: SSAValue,
    bias: SSAValue | None,
    axis: int,
    epsilon: float,
) -> Sequence[Value]:
    """LayerNormalization with its outputs Mean and InvStdDev, both in f32 (stash_type 1)."""
    element = element_of(operand)
    axes = range(axis, len(shape_of(operand)))
    wide = node.cast(operand, F32)
    average = mean(node, wide, axes, keepdims=True)
    deviation = node.emit(te.SubOp(wide, average))
    variance = mean(node, node.emit(te.MulOp(deviation, deviation)), axes, keepdims=True)
    inverse = node.emit(te.RsqrtOp(node.emit(te.AddOp(variance, node.scalar(epsilon, F32)))))
    result = node.cast(node.emit(te.MulOp(deviation, inverse)), element)
    result = node.emit(te.MulOp(result, scale))
    if bias is not None:
        result = node.emit(te.AddOp(result, bias))
    return [result, average, inverse]


HANDLERS: dict[str, Handler] = {
    "LayerNormalization": _layer_normalization,
    "LogSoftmax": _log_softmax,
    "ReduceMax": _reduce("max"),
    "ReduceMean": _reduce_mean,
    "ReduceMin": _reduce("min"),
    "ReduceProd": _reduce("mul"),
    "ReduceSum": _reduce("add"),
    "Softmax": _softmax,
}
