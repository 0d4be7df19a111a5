"""ONNX's ConvTranspose, by one convolution of stride 1 whose output channels are all phases.

Element `p` of a row's result, before pads cut some off, sums `x[i] * w[k]` over all
`i * stride + k * dilation == p`. So the elements `p = q * stride + phase` of one phase are an
ordinary convolution with every `stride`-th tap, backwards. The convolutions of all phases stand
behind each other as output channels, and `depth_to_space` puts these in their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import ceil_div, element_bytes
from akg_mlir.frontends.onnx.indexing import part_of, taken
from akg_mlir.frontends.onnx.layout import depth_to_space
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of
from akg_mlir.frontends.onnx.window import (
    Side,
    convolved,
    plane,
    strides_and_dilations,
    with_bias,
)


@dataclass(frozen=True)
class _Dim:
    """One dimension: `size` elements, `stride` apart in the result, spread over `kernel` taps,
    `dilation` apart; of the sums `result` are kept from `low` on, which may be negative."""

    size: int
    kernel: int
    stride: int
    dilation: int
    low: int
    result: int

    @property
    def phased(self) -> bool:
        """Whether phases multiply no more than a convolution of the row with zeros in between:
        taps further apart than strides leave windows of phases mostly empty."""
        reach = (self.kernel - 1) * self.dilation + 1
        return self.stride > 1 and ceil_div(reach, self.stride) <= self.kernel

    def rewritten(self) -> _Dim:
        """The same sums by a dimension without dilation, whose taps have zeros in between, or
        without stride, whose elements have."""
        if self.phased:
            reach = (self.kernel - 1) * self.dilation + 1
            return _Dim(self.size, reach, self.stride, 1, self.low, self.result)
        size = (self.size - 1) * self.stride + 1
        return _Dim(size, self.kernel, 1, self.dilation, self.low, self.result)

    @property
    def front(self) -> int:
        """Zeros in front of the taps, which make the first kept element one of phase 0. Where they
        would make windows longer, none, and the result is cut instead."""
        missing = -self.low % self.stride
        longer = self.kernel % self.stride == 0 or self.kernel % self.stride + missing > self.stride
        return 0 if longer else missing

    @property
    def window(self) -> int:
        """Taps per phase."""
        return ceil_div(self.kernel + self.front, self.stride)

    @property
    def cut(self) -> int:
        """Elements of the first phases that are not kept."""
        return (self.low + self.front) % self.stride

    @property
    def pads(self) -> tuple[int, int]:
        """Zeros around the row, or elements to take away, for as many elements per phase as there
        are places to keep."""
        first = (self.low + self.front) // self.stride
        low = self.dilation * (self.window - 1) - first
        return low, first + ceil_div(self.cut + self.result, self.stride) - self.size


_ALONE = _Dim(1, 1, 1, 1, 0, 1)
"""The dimension that a row gets."""


def _conv_transpose(node: Node) -> Sequence[Value]:
    image, weights = node.operand(0), node.operand(1)
    given = _dims(node, shape_of(image)[2:], shape_of(weights)[2:])
    groups, outputs = node.int_attr("group", 1), shape_of(weights)[1]
    if shape_of(image)[1] % groups:
        raise node.error(f"{shape_of(image)[1]} channels do not make {groups} groups")
    sizes = (shape_of(image)[0], groups * outputs, *(dim.result for dim in given))
    if len(given) == 1:
        image, weights, given = plane(node, image), plane(node, weights), (_ALONE, *given)
    result = node.reshaped(_computed(node, image, weights, given, groups), sizes)
    return [with_bias(node, result)]


def _computed(
    node: Node, image: SSAValue, weights: SSAValue, given: Sequence[_Dim], groups: int
) -> SSAValue:
    """The sums of an image `[N, C, ...]`."""
    for axis, dim in enumerate(given, 2):
        if dim.phased:
            weights = _spread(node, weights, axis, dim.dilation)
        else:
            image = _spread(node, image, axis, dim.stride)
    dims = [dim.rewritten() for dim in given]
    strides, outputs = [dim.stride for dim in dims], shape_of(weights)[1]
    phases = prod(strides)
    if groups == 1 and phases > 1 and len(dims) == 2:
        weights = _filled(node, weights)
    kernels = _kernels(node, weights, dims, groups)
    if groups > 1 and phases > 1:  # the groups of a phase lie behind those of another
        image = node.emit(te.ConcatOp([image] * phases, 1))
    for axis, dim in enumerate(dims, 2):
        low, high = (max(-pad, 0) for pad in dim.pads)
        if low + high >= dim.size:
            raise node.error(f"its pads leave nothing but zeros of dimension {axis}")
        image = part_of(node, image, axis, range(low, dim.size - high))
    sides = [Side(d.window, 1, d.dilation, *(max(pad, 0) for pad in d.pads)) for d in dims]
    result = convolved(node, image, kernels, sides, groups * phases if groups > 1 else 1)
    result = depth_to_space(node, result, strides)
    kept = (range(dim.cut, dim.cut + dim.result) for dim in dims)
    return taken(node, result, (range(shape_of(image)[0]), range(groups * outputs), *kept))


def _filled(node: Node, weights: SSAValue) -> SSAValue:
    """Weights with zeros for as many output channels as fill blocks: only those can be moved to
    their places as they are."""
    missing = -shape_of(weights)[1] % (BLOCK_BYTES // element_bytes(element_of(weights)))
    high = [0] * len(shape_of(weights))
    high[1] = missing
    return node.emit(te.PadOp(weights, [0] * len(high), high, 0)) if missing else weights


def _dims(node: Node, sizes: Sequence[int], kernel: Sequence[int]) -> tuple[_Dim, ...]:
    rank = len(sizes)
    strides, dilations = strides_and_dilations(node, kernel, rank)
    added = node.ints_attr("output_padding") or (0,) * rank
    if not len(strides) == len(dilations) == len(added) == rank or min(*strides, *dilations) < 1:
        raise node.error(
            f"strides, dilations and output_padding are {strides}, {dilations} and {added}",
            hint=f"takes {rank} of each, strides and dilations of at least 1",
        )
    full = [
        stride * (size - 1) + more + dilation * (k - 1) + 1
        for size, stride, dilation, k, more in zip(sizes, strides, dilations, kernel, added)
    ]
    pads = _pads(node, [size * stride for size, stride in zip(sizes, strides)], full)
    results = [whole - low - high for whole, (low, high) in zip(full, pads)]
    if min(results) < 1:
        raise node.error(f"the result has the sizes {results}, takes at least 1")
    return tuple(
        _Dim(*each)
        for each in zip(sizes, kernel, strides, dilations, (low for low, _ in pads), results)
    )


def _pads(node: Node, same: Sequence[int], full: Sequence[int]) -> list[tuple[int, int]]:
    """What is cut off in front of and behind each dimension of `full` elements; `same` are the
    sizes that `auto_pad` asks for, but adds nothing for. Zeros follow up to a larger
    `output_shape`."""
    rank = len(full)
    padding = node.string_attr("auto_pad", "NOTSET")
    wanted = node.ints_attr("output_shape")
    if wanted is None and padding in ("NOTSET", "VALID"):
        pads = node.ints_attr("pads") if padding == "NOTSET" else None
        pads = pads or (0,) * (2 * rank)
        if len(pads) != 2 * rank:
            raise node.error(f"pads are {pads}", hint=f"takes {2 * rank} of them")
        return list(zip(pads[:rank], pads[rank:]))
    sizes = list(map(min, same, full)) if wanted is None else wanted[-rank:]
    if len(sizes) != rank:
        raise node.error(f"output_shape is {wanted}", hint=f"takes {rank} sizes")
    totals = [whole - size for whole, size in zip(full, sizes)]
    pairs = [(total // 2, total - total // 2) for total in totals]
    return pairs if padding == "SAME_UPPER" else [(more, less) for less, more in pairs]


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


def _kernels(node: Node, weights: SSAValue, dims: Sequence[_Dim], groups: int) -> SSAValue:
    """Weights `[channels, outputs of a group, ...]` as those of a convolution,
    `[phases, groups, outputs of a group] x [channels of a group, ...]`. Where kernels do so, they
    move whole rows from tap to tap."""
    channels, outputs, *kernel = shape_of(weights)
    split = node.reshaped(weights, (groups, channels // groups, outputs, *kernel))
    rank, single = len(dims), (groups, outputs, channels // groups)
    taps = node.emit(te.TransposeOp(split, (*range(3, 3 + rank), 0, 2, 1)))
    low = [dim.front for dim in dims]
    high = [dim.window * dim.stride - dim.kernel - dim.front for dim in dims]
    if any(low) or any(high):
        taps = node.emit(te.PadOp(taps, [*low, 0, 0, 0], [*high, 0, 0, 0], 0))
    pairs = [size for dim in dims for size in (dim.window, dim.stride)]
    taps = node.reshaped(taps, (*pairs, *single))
    for axis, dim in enumerate(dims):
        taps = part_of(node, taps, 2 * axis, range(dim.window - 1, -1, -1))
    filters = prod(dim.stride for dim in dims) * groups * outputs
    shape = (filters, channels // groups, *(dim.window for dim in dims))
    if prod(dim.window for dim in dims) == 1:
        return node.reshaped(taps, shape)
    order = (*range(1, 2 * rank, 2), *range(2 * rank, 2 * rank + 3), *range(0, 2 * rank, 2))
    return node.reshaped(node.emit(te.TransposeOp(taps, order)), shape)


HANDLERS: dict[str, Handler] = {"ConvTranspose": _conv_transpose}
