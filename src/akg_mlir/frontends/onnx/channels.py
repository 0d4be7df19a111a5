"""ONNX operators that normalise channels: by statistics, and by those next to them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.onnx.reduction import mean
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _batch_normalization(node: Node) -> Sequence[Value]:
    """Inference uses the given statistics; training those of the batch, and updates the given."""
    operand, scale, bias, mean_, variance = node.operands()
    epsilon = node.float_attr("epsilon", 1e-5)
    if node.opset < 9 and not node.int_attr("spatial", 1):
        raise node.error("statistics per element (spatial 0) are not supported")
    if not node.int_attr("training_mode", 0):
        if any(node.wants_output(k) for k in range(1, 5)):
            raise node.error("statistics as outputs need training_mode, of opset 14 and later")
        return [node.emit(te.BatchNormOp(operand, scale, bias, mean_, variance, epsilon))]
    momentum = node.float_attr("momentum", 0.9)
    current = _statistics(node, operand)
    normal = node.emit(te.BatchNormOp(operand, scale, bias, *current, epsilon))
    updated = [
        _running(node, old, new, momentum)
        for old, new in zip((mean_, variance), current, strict=True)
    ]
    return [normal, *updated]


def _statistics(node: Node, operand: SSAValue) -> tuple[SSAValue, SSAValue]:
    """Mean and (biased) variance of each channel, in f32."""
    shape = shape_of(operand)
    axes = [axis for axis in range(len(shape)) if axis != 1]
    wide = node.cast(operand, F32)
    average = mean(node, wide, axes, keepdims=True)
    deviation = node.emit(te.SubOp(wide, average))
    variance = mean(node, node.emit(te.MulOp(deviation, deviation)), axes, keepdims=False)
    return node.reshaped(average, (prod(shape_of(average)),)), variance


def _running(node: Node, old: SSAValue, new: SSAValue, momentum: float) -> SSAValue:
    """`old * momentum + new * (1 - momentum)`."""
    kept = node.emit(te.MulOp(node.cast(old, F32), node.scalar(momentum, F32)))
    added = node.emit(te.MulOp(new, node.scalar(1 - momentum, F32)))
    return node.cast(node.emit(te.AddOp(kept, added)), element_of(old))


def _lrn(node: Node) -> Sequence[Value]:
    """`x / (bias + alpha / size * s) ** beta`, where `s` sums the squares of the `size` channels
    around (for an even size one more behind than in front)."""
    operand, size = node.operand(0), node.int_attr("size", 0)
    shape = shape_of(operand)
    if len(shape) < 2 or size < 1:
        raise node.error("takes an operand of rank 2 or more and a size of at least 1")
    # one view of all of it: views are borders between kernels
    image = node.reshaped(operand, (shape[0], 1, shape[1], prod(shape[2:])))
    wide = node.cast(image, F32)
    image = node.emit(te.MulOp(wide, wide))
    before, behind = (size - 1) // 2, size // 2
    if before or behind:
        image = node.emit(te.PadOp(image, (0, 0, before, 0), (0, 0, behind, 0), 0.0))
    total = node.emit(te.Pool2dOp("add", image, (size, 1)))
    alpha, beta = node.float_attr("alpha", 1e-4), node.float_attr("beta", 0.75)
    scaled = node.emit(te.MulOp(total, node.scalar(alpha / size, F32)))
    base = node.emit(te.AddOp(scaled, node.scalar(node.float_attr("bias", 1.0), F32)))
    factor = node.emit(te.PowOp(base, node.scalar(-beta, F32)))
    product = node.cast(node.emit(te.MulOp(wide, factor)), element_of(operand))
    return [node.reshaped(product, shape)]


HANDLERS: dict[str, Handler] = {"BatchNormalization": _batch_normalization, "LRN": _lrn}
