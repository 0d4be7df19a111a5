"""ONNX's CausalConvWithState, by a convolution."""

from __future__ import annotations

from collections.abc import Sequence

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


def _causal_conv(node: Node) -> Sequence[Value]:
    """Each channel `[batch, channels, length]` convolved with what came before it, the last of
    which is the new state."""
    operand, weights = node.operand(0), node.operand(1)
    batch, channels, length = shape_of(operand)
    reach = shape_of(weights)[2] - 1
    whole = operand
    if node.has(3) and reach:
        whole = node.emit(te.ConcatOp([node.operand(3), operand], 2))
    elif reach:
        whole = node.emit(te.PadOp(operand, (0, 0, reach), (0, 0, 0), 0))
    image = node.reshaped(whole, (batch, channels, 1, length + reach))
    kernel = node.reshaped(weights, (channels, 1, 1, reach + 1))
    steps = (1, 1), (1, 1), (0, 0, 0, 0)
    result = node.emit(te.Conv2dOp(image, kernel, *steps, groups=channels))
    result = node.reshaped(result, (batch, channels, length))
    if node.has(2):
        bias = node.reshaped(node.operand(2), (channels, 1))
        result = node.emit(te.AddOp(result, bias))
    activation = node.string_attr("activation", "none")
    if activation in ("silu", "swish"):
        result = node.emit(te.MulOp(result, node.emit(te.SigmoidOp(result))))
    elif activation != "none":
        raise node.error(f"activation '{activation}' is none of none, silu and swish")
    if not reach:
        return [result, node.empty((batch, channels, 0))]
    return [result, part_of(node, whole, 2, range(length, length + reach))]


HANDLERS: dict[str, Handler] = {"CausalConvWithState": _causal_conv}
