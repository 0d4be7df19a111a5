"""ONNX operators on sliding windows, on channels, and padding.

`te` has windows over two dimensions; what slides over one gets a dimension of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.onnx.reduction import mean
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


@dataclass(frozen=True)
class _Window:
    """Two dimensions of window attributes; `spare` of them (0 or 1) are not in the model.

    `overhang` is what `ceil_mode` reads beyond the pads, per dimension.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, int, int, int]
    overhang: tuple[int, ...]
    spare: int

    @property
    def reaching(self) -> tuple[int, int, int, int]:
        """The pads with the overhang."""
        top, left, bottom, right = self.pads
        return top, left, bottom + self.overhang[0], right + self.overhang[1]


def _window(node: Node, kernel: Sequence[int]) -> _Window:
    sizes = node.shape(0)[2:]
    if len(sizes) not in (1, 2):
        raise node.error(
            f"slides over {len(sizes)} dimensions", hint="one or two dimensions are supported"
        )
    rank = len(sizes)
    strides = node.ints_attr("strides") or (1,) * rank
    dilations = node.ints_attr("dilations") or (1,) * rank
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = _pads(node, sizes, reach, strides)
    ceil = bool(node.int_attr("ceil_mode", 0))
    overhang = [
        _overhang(size, span, stride, pads[axis], pads[axis + rank]) if ceil else 0
        for axis, (size, span, stride) in enumerate(zip(sizes, reach, strides, strict=True))
    ]
    spare = 2 - rank
    return _Window(
        (1,) * spare + tuple(kernel),
        (1,) * spare + strides,
        (1,) * spare + dilations,
        (pads[0], pads[1], pads[2], pads[3]) if not spare else (0, pads[0], 0, pads[1]),
        (0,) * spare + tuple(overhang),
        spare,
    )


def _pads(
    node: Node, sizes: Sequence[int], reach: Sequence[int], strides: Sequence[int]
) -> tuple[int, ...]:
    """Elements in front of each dimension, then behind each."""
    kind = node.string_attr("auto_pad", "NOTSET")
    rank = len(sizes)
    if kind == "NOTSET":
        return node.ints_attr("pads") or (0,) * (2 * rank)
    if kind == "VALID":
        return (0,) * (2 * rank)
    # as many outputs as strides fit: pads are what the last window lacks, halved
    missing = [
        max((-(-size // stride) - 1) * stride + span - size, 0)
        for size, span, stride in zip(sizes, reach, strides, strict=True)
    ]
    smaller, larger = [n // 2 for n in missing], [n - n // 2 for n in missing]
    pairs = (smaller, larger) if kind == "SAME_UPPER" else (larger, smaller)
    return (*pairs[0], *pairs[1])


def _overhang(size: int, reach: int, stride: int, before: int, after: int) -> int:
    """What rounding the number of outputs up adds; no window may start behind the image."""
    padded = size + before + after
    outputs = -(-(padded - reach) // stride) + 1
    if (outputs - 1) * stride >= size + before:
        outputs -= 1
    return max((outputs - 1) * stride + reach - padded, 0)


def _image(node: Node, value: SSAValue, spare: int) -> SSAValue:
    """The operand with the dimension that the model lacks."""
    if not spare:
        return value
    batch, channels, *sizes = shape_of(value)
    return node.emit(te.ReshapeOp(value, (batch, channels, 1, *sizes)))


def _without_spare(node: Node, value: SSAValue, spare: int) -> SSAValue:
    if not spare:
        return value
    batch, channels, _, size = shape_of(value)
    return node.emit(te.ReshapeOp(value, (batch, channels, size)))


def _conv(node: Node) -> Sequence[Value]:
    image, weights = node.operand(0), node.operand(1)
    window = _window(node, shape_of(weights)[2:])
    image, weights = (_image(node, value, window.spare) for value in (image, weights))
    steps = window.strides, window.dilations, window.pads
    result = node.emit(te.Conv2dOp(image, weights, *steps, node.int_attr("group", 1)))
    if node.has(2):
        bias = node.emit(te.ReshapeOp(node.operand(2), (*shape_of(node.operand(2)), 1, 1)))
        result = node.emit(te.AddOp(result, bias))
    return [_without_spare(node, result, window.spare)]


def _kernel_shape(node: Node) -> tuple[int, ...]:
    kernel = node.ints_attr("kernel_shape")
    if kernel is None:
        raise node.error("has no kernel_shape")
    return kernel


def _max_pool(node: Node) -> Sequence[Value]:
    if node.wants_output(1):
        raise node.error("the indices of the largest elements are not supported")
    window = _window(node, _kernel_shape(node))
    image = _image(node, node.operand(0), window.spare)
    steps = window.kernel, window.strides, window.dilations, window.reaching
    return [_without_spare(node, node.emit(te.MaxPool2dOp(image, *steps)), window.spare)]


def _average_pool(node: Node) -> Sequence[Value]:
    window = _window(node, _kernel_shape(node))
    image = _image(node, node.operand(0), window.spare)
    include = bool(node.int_attr("count_include_pad", 0))
    pads = window.reaching
    if include and any(window.overhang):
        # the overhang never counts: what does becomes part of the image
        top, left, bottom, right = window.pads
        image = node.emit(te.PadOp(image, (0, 0, top, left), (0, 0, bottom, right), 0.0))
        pads, include = (0, 0, *window.overhang), False
    steps = window.kernel, window.strides, window.dilations, pads
    result = node.emit(te.AvgPool2dOp(image, *steps, include))
    return [_without_spare(node, result, window.spare)]


def _global_average_pool(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    return [mean(node, operand, range(2, len(shape_of(operand))), keepdims=True)]


def _global_max_pool(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    axes = range(2, len(shape_of(operand)))
    return [node.emit(te.ReduceOp("max", operand, axes, keepdims=True))]


def _batch_normalization(node: Node) -> Sequence[Value]:
    """Inference uses the given statistics; training those of the batch, and updates the given."""
    operand, scale, bias, mean_, variance = node.operands()
    epsilon = node.float_attr("epsilon", 1e-5)
    if not node.int_attr("training_mode", 0):
        normal = te.BatchNormOp(operand, scale, bias, mean_, variance, epsilon)
        return [node.emit(normal)]
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
    return node.emit(te.ReshapeOp(average, (prod(shape_of(average)),))), variance


def _running(node: Node, old: SSAValue, new: SSAValue, momentum: float) -> SSAValue:
    """`old * momentum + new * (1 - momentum)`."""
    kept = node.emit(te.MulOp(node.cast(old, F32), node.scalar(momentum, F32)))
    added = node.emit(te.MulOp(new, node.scalar(1 - momentum, F32)))
    return node.cast(node.emit(te.AddOp(kept, added)), element_of(old))


def _pad(node: Node) -> Sequence[Value]:
    mode = node.string_attr("mode", "constant")
    if mode != "constant":
        raise node.error(f"mode '{mode}' is not supported", hint="mode 'constant' is")
    operand = node.operand(0)
    rank = len(shape_of(operand))
    amounts = node.known_ints(1, "pads")
    axes = node.known_ints(3, "axes") if node.has(3) else range(rank)
    if len(amounts) != 2 * len(axes):
        raise node.error(f"{len(amounts)} pads for {len(axes)} axes; two for each are needed")
    low, high = [0] * rank, [0] * rank
    for position, axis in enumerate(axes):
        low[axis], high[axis] = amounts[position], amounts[position + len(axes)]
    if min(*low, *high) < 0:
        raise node.error("negative pads, which cut off elements, are not supported")
    value = node.known(2, "constant_value").item() if node.has(2) else 0
    return [node.emit(te.PadOp(operand, low, high, value))]


HANDLERS: dict[str, Handler] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Conv": _conv,
    "GlobalAveragePool": _global_average_pool,
    "GlobalMaxPool": _global_max_pool,
    "MaxPool": _max_pool,
    "Pad": _pad,
}
