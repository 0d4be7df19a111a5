"""ONNX's ConvTranspose and CausalConvWithState, by convolutions of images made for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.indexing import part_of, taken
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


@dataclass(frozen=True)
class _Side:
    """One dimension of a transposed convolution: `stride` zeros apart, `low` and `high` elements
    are put around (or taken away) before the window slides."""

    stride: int = 1
    dilation: int = 1
    low: int = 0
    high: int = 0


def _conv_transpose(node: Node) -> Sequence[Value]:
    """The convolution, with the window turned round, of the image with zeros between elements."""
    image, weights = node.operand(0), node.operand(1)
    sides = _sides(node, shape_of(image)[2:], shape_of(weights)[2:])
    spare = 2 - len(sides)
    image, weights = (_plane(node, x, spare) for x in (image, weights))
    height, width = (_Side(),) * spare + sides
    for dim, side in ((2, height), (3, width)):
        image = _placed(node, _spread(node, image, dim, side.stride), dim, side)
    groups = node.int_attr("group", 1)
    kernel = _turned(node, weights, groups)
    steps = (1, 1), (height.dilation, width.dilation)
    result = node.emit(te.Conv2dOp(image, kernel, *steps, (0, 0, 0, 0), groups))
    if node.has(2):
        bias = node.reshaped(node.operand(2), (*shape_of(node.operand(2)), 1, 1))
        result = node.emit(te.AddOp(result, bias))
    batch, channels, *sizes = shape_of(result)
    return [node.reshaped(result, (batch, channels, *sizes[spare:]))]


def _sides(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> tuple[_Side, ...]:
    """Without pads a window reaches past the image by all but one of its elements; pads cut that
    off, or follow from the sizes of the result. Where these are larger, zeros follow."""
    rank = len(sizes)
    if rank not in (1, 2) or len(kernel) != rank:
        raise node.error(
            f"slides windows {list(kernel)} over {rank} dimensions",
            hint="one or two dimensions are supported",
        )
    strides = node.ints_attr("strides") or (1,) * rank
    dilations = node.ints_attr("dilations") or (1,) * rank
    added = node.ints_attr("output_padding") or (0,) * rank
    pads = _pads(node, sizes, kernel, strides, dilations, added)
    return tuple(
        _Side(stride, dilation, dilation * (k - 1) - low, dilation * (k - 1) - high + more)
        for stride, dilation, k, (low, high), more in zip(strides, dilations, kernel, pads, added)
    )


def _pads(
    node: Node,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    added: Sequence[int],
) -> list[tuple[int, int]]:
    """What is cut off in front of and behind each dimension."""
    rank = len(sizes)
    padding = node.string_attr("auto_pad", "NOTSET")
    wanted = node.ints_attr("output_shape")
    if wanted is None and padding in ("NOTSET", "VALID"):
        pads = node.ints_attr("pads") if padding == "NOTSET" else None
        pads = pads or (0,) * (2 * rank)
        return list(zip(pads[:rank], pads[rank:]))
    wanted = wanted or [size * stride for size, stride in zip(sizes, strides)]
    pairs: list[tuple[int, int]] = []
    for size, k, stride, dilation, more, result in zip(
        sizes, kernel, strides, dilations, added, wanted[-rank:]
    ):
        total = stride * (size - 1) + more + dilation * (k - 1) + 1 - result
        less, rest = total // 2, total - total // 2
        pairs.append((less, rest) if padding == "SAME_UPPER" else (rest, less))
    return pairs


def _plane(node: Node, value: SSAValue, spare: int) -> SSAValue:
    """A row as an image of height 1."""
    first, second, *sizes = shape_of(value)
    return node.reshaped(value, (first, second, *[1] * spare, *sizes))


def _spread(node: Node, value: SSAValue, dim: int, stride: int) -> SSAValue:
    """Zeros between the elements of a dimension."""
    shape = shape_of(value)
    if stride == 1 or shape[dim] == 1:
        return value
    apart = node.reshaped(value, (*shape[: dim + 1], 1, *shape[dim + 1 :]))
    high = [0] * (len(shape) + 1)
    high[dim + 1] = stride - 1
    spaced = node.emit(te.PadOp(apart, [0] * len(high), high, 0))
    whole = node.reshaped(spaced, (*shape[:dim], shape[dim] * stride, *shape[dim + 1 :]))
    return part_of(node, whole, dim, range((shape[dim] - 1) * stride + 1))


def _placed(node: Node, value: SSAValue, dim: int, side: _Side) -> SSAValue:
    """With zeros around a dimension, or without some of its elements."""
    size, rank = shape_of(value)[dim], len(shape_of(value))
    value = part_of(node, value, dim, range(max(-side.low, 0), size - max(-side.high, 0)))
    low, high = [0] * rank, [0] * rank
    low[dim], high[dim] = max(side.low, 0), max(side.high, 0)
    return node.emit(te.PadOp(value, low, high, 0)) if low[dim] or high[dim] else value


def _turned(node: Node, weights: SSAValue, groups: int) -> SSAValue:
    """Weights `[channels, outputs of a group, height, width]` as those of a convolution."""
    channels, outputs, height, width = shape_of(weights)
    if channels % groups:
        raise node.error(f"{channels} channels do not make {groups} groups")
    backwards = [range(n - 1, -1, -1) for n in (height, width)]
    weights = taken(node, weights, (range(channels), range(outputs), *backwards))
    split = node.reshaped(weights, (groups, channels // groups, outputs, height, width))
    turned = node.emit(te.TransposeOp(split, (0, 2, 1, 3, 4)))
    return node.reshaped(turned, (groups * outputs, channels // groups, height, width))


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


HANDLERS: dict[str, Handler] = {
    "CausalConvWithState": _causal_conv,
    "ConvTranspose": _conv_transpose,
}
