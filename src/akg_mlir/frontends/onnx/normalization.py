"""ONNX normalisations by a root mean square, by a norm, and per instance.

All are computed in f32 and rounded once to the type of the operand.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.onnx.positions import axis_of
from akg_mlir.frontends.onnx.reduction import mean
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _rms_normalization(node: Node) -> Sequence[Value]:
    operand, scale = node.operand(0), node.operand(1)
    rank, element = len(shape_of(operand)), element_of(operand)
    axes = range(axis_of(node, rank, -1), rank)
    wide = node.cast(operand, F32)
    power = mean(node, node.emit(te.MulOp(wide, wide)), axes, keepdims=True)
    root = _root(node, power, node.float_attr("epsilon", 1e-5))
    normal = node.emit(te.DivOp(wide, root))
    return [node.cast(node.emit(te.MulOp(normal, node.cast(scale, F32))), element)]


def _instance_normalization(node: Node) -> Sequence[Value]:
    """Statistics of each channel of each image."""
    operand = node.operand(0)
    shape, element = shape_of(operand), element_of(operand)
    axes = range(2, len(shape))
    wide = node.cast(operand, F32)
    centred = node.emit(te.SubOp(wide, mean(node, wide, axes, keepdims=True)))
    variance = mean(node, node.emit(te.MulOp(centred, centred)), axes, keepdims=True)
    normal = node.emit(te.DivOp(centred, _root(node, variance, node.float_attr("epsilon", 1e-5))))
    each = (shape[1], *[1] * len(axes))
    scale, bias = (node.reshaped(node.cast(node.operand(i), F32), each) for i in (1, 2))
    result = node.emit(te.AddOp(node.emit(te.MulOp(normal, scale)), bias))
    return [node.cast(result, element)]


def _lp_normalization(node: Node) -> Sequence[Value]:
    """Divided by the norm along one axis; 0 where that is 0."""
    operand = node.operand(0)
    axis = axis_of(node, len(shape_of(operand)), -1)
    degree = node.int_attr("p", 2)
    if degree not in (1, 2):
        raise node.error(f"p is {degree}", hint="p is 1 or 2")
    wide = node.cast(operand, F32)
    sizes = te.AbsOp(wide) if degree == 1 else te.MulOp(wide, wide)
    norm = node.emit(te.ReduceOp("add", node.emit(sizes), [axis], keepdims=True))
    if degree == 2:
        norm = node.emit(te.SqrtOp(norm))
    zero = node.scalar(0, F32)
    nothing = node.emit(te.CompareOp("eq", norm, zero))
    divisor = node.emit(te.SelectOp(nothing, node.scalar(1, F32), norm))
    return [node.cast(node.emit(te.DivOp(wide, divisor)), element_of(operand))]


def _root(node: Node, square: SSAValue, epsilon: float) -> SSAValue:
    return node.emit(te.SqrtOp(node.emit(te.AddOp(square, node.scalar(epsilon, F32)))))


HANDLERS: dict[str, Handler] = {
    "InstanceNormalization": _instance_normalization,
    "LpNormalization": _lp_normalization,
    "RMSNormalization": _rms_normalization,
}
