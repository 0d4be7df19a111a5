"""ONNX poolings, over one to three dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import initial_value
from akg_mlir.frontends.elements import F32, I64, Array
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.padding import padded_with_own
from akg_mlir.frontends.onnx.reduction import mean
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of
from akg_mlir.frontends.onnx.window import ALONE, Side, pads_of, sides_of, steps_of

Pool = Callable[[SSAValue, Side, Side], SSAValue]
"""Pools an image by windows of those sides along height and width."""

MOST_TAPS = 64
"""Rows and columns of a window whose largest element's place is found one by one."""


def _kernel_shape(node: Node) -> tuple[int, ...]:
    kernel = node.ints_attr("kernel_shape")
    if kernel is None:
        raise node.error("has no kernel_shape")
    return kernel


def pooled(node: Node, value: SSAValue, sides: Sequence[Side], pool: Pool) -> SSAValue:
    """Pooling `[N, C, ...]` dimension by dimension, as maxima and means of boxes allow; the last
    two together."""
    batch, channels, *sizes = shape_of(value)
    if len(sizes) == 1:
        rows = pool(node.reshaped(value, (batch, channels, 1, *sizes)), ALONE, sides[0])
        return node.reshaped(rows, (batch, channels, shape_of(rows)[-1]))
    if len(sizes) == 2:
        return pool(value, sides[0], sides[1])
    flat = node.reshaped(value, (batch, channels, sizes[0], prod(sizes[1:])))
    first = pool(flat, sides[0], ALONE)
    outputs = shape_of(first)[2]
    planes = node.reshaped(first, (batch, channels * outputs, *sizes[1:]))
    result = pooled(node, planes, sides[1:], pool)
    return node.reshaped(result, (batch, channels, outputs, *shape_of(result)[2:]))


def _reaching(height: Side, width: Side) -> tuple[int, int, int, int]:
    """The pads with the overhang."""
    top, left, bottom, right = pads_of(height, width)
    return top, left, bottom + height.overhang, right + width.overhang


def _max_pool(node: Node) -> Sequence[Value]:
    sides = sides_of(node, _kernel_shape(node))
    if node.wants_output(1):
        return _with_places(node, sides)

    def pool(image: SSAValue, height: Side, width: Side) -> SSAValue:
        kernel, steps = (height.kernel, width.kernel), steps_of(height, width)
        return node.emit(te.MaxPool2dOp(image, kernel, *steps, _reaching(height, width)))

    return [pooled(node, node.operand(0), sides, pool)]


def _average_pool(node: Node) -> Sequence[Value]:
    sides = sides_of(node, _kernel_shape(node))
    include = bool(node.int_attr("count_include_pad", 0))

    def pool(image: SSAValue, height: Side, width: Side) -> SSAValue:
        kernel, steps = (height.kernel, width.kernel), steps_of(height, width)
        pads, counted = _reaching(height, width), include
        if include and (height.overhang or width.overhang):
            # the overhang never counts: what does becomes part of the image
            top, left, bottom, right = pads_of(height, width)
            image = node.emit(te.PadOp(image, (0, 0, top, left), (0, 0, bottom, right), 0.0))
            pads, counted = (0, 0, height.overhang, width.overhang), False
        return node.emit(te.AvgPool2dOp(image, kernel, *steps, pads, counted))

    operand = node.operand(0)
    wide = node.cast(operand, F32) if len(sides) > 2 else operand
    return [node.cast(pooled(node, wide, sides, pool), element_of(operand))]


def _with_places(node: Node, sides: Sequence[Side]) -> Sequence[Value]:
    """MaxPool with the places of the first largest elements: dimension by dimension, from the last
    one on, a running maximum over the taps along it."""
    operand = node.operand(0)
    shape = shape_of(operand)
    if prod(shape) >= 1 << 31 or sum(side.kernel for side in sides) > MOST_TAPS:
        raise node.error(
            "places of the largest elements of so large windows are not supported",
            hint=f"windows of at most {MOST_TAPS} rows and columns are; or leave out Indices",
        )
    by_column = bool(node.int_attr("storage_order", 0))
    best, place = operand, node.constant(_starts(shape))
    for axis in reversed(range(2, len(shape))):
        stride = prod(shape[2:axis] if by_column else shape[axis + 1 :])
        best, place = _largest_along(node, best, place, axis, sides[axis - 2], stride)
    return [best, node.cast(place, I64)]


def _starts(shape: Sequence[int]) -> Array:
    """Where every image starts in the operand."""
    images, ones = shape[0] * shape[1], [1] * (len(shape) - 2)
    starts = np.arange(images, dtype=np.int32) * prod(shape[2:])
    return starts.reshape(shape[0], shape[1], *ones)


def _largest_along(
    node: Node, values: SSAValue, places: SSAValue, axis: int, side: Side, stride: int
) -> tuple[SSAValue, SSAValue]:
    """The largest elements of windows along one dimension, and their places: the given ones plus
    `stride` times the position. Places in the padding are those of the element next to it."""
    size, rank = shape_of(values)[axis], len(shape_of(values))
    before, behind = side.before, side.behind + side.overhang
    if before or behind:
        low, high = [0] * rank, [0] * rank
        low[axis], high[axis] = before, behind
        least = initial_value(te.Reduction.MAX, element_of(values))
        values = node.emit(te.PadOp(values, low, high, least))
    if shape_of(places)[axis] != 1:
        places = padded_with_own(node, places, axis, before, behind, "edge")
    outputs = (size + before + behind - side.reach) // side.stride + 1
    best: SSAValue | None = None
    best_place = places
    for tap in range(side.kernel):
        first = tap * side.dilation
        window = range(first, first + (outputs - 1) * side.stride + 1, side.stride)
        value = part_of(node, values, axis, window)
        place = places if shape_of(places)[axis] == 1 else part_of(node, places, axis, window)
        positions = np.clip(np.array(window) - before, 0, size - 1).astype(np.int32) * stride
        steps = node.constant(positions.reshape(-1, *[1] * (rank - axis - 1)))
        place = node.emit(te.AddOp(place, steps))
        if best is None:
            best, best_place = value, place
            continue
        better = node.emit(te.CompareOp("gt", value, best))
        best_place = node.emit(te.SelectOp(better, place, best_place))
        best = node.emit(te.MaxOp(value, best))
    assert best is not None
    return best, best_place


def _global_average_pool(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    return [mean(node, operand, range(2, len(shape_of(operand))), keepdims=True)]


def _global_max_pool(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    axes = range(2, len(shape_of(operand)))
    return [node.emit(te.ReduceOp("max", operand, axes, keepdims=True))]


def _lp_pool(node: Node) -> Sequence[Value]:
    """The norms of windows, padded with zeros; computed in f32."""
    degree = node.int_attr("p", 2)

    def pool(image: SSAValue, height: Side, width: Side) -> SSAValue:
        top, left, bottom, right = _reaching(height, width)
        if top or left or bottom or right:
            image = node.emit(te.PadOp(image, (0, 0, top, left), (0, 0, bottom, right), 0.0))
        kernel, steps = (height.kernel, width.kernel), steps_of(height, width)
        return node.emit(te.Pool2dOp("add", image, kernel, *steps))

    sides = sides_of(node, _kernel_shape(node))
    total = pooled(node, _powers(node, degree), sides, pool)
    return [_root(node, total, degree)]


def _global_lp_pool(node: Node) -> Sequence[Value]:
    degree = node.int_attr("p", 2)
    powers = _powers(node, degree)
    axes = range(2, len(shape_of(powers)))
    total = node.emit(te.ReduceOp("add", powers, axes, keepdims=True))
    return [_root(node, total, degree)]


def _powers(node: Node, degree: int) -> SSAValue:
    sizes = node.emit(te.AbsOp(node.cast(node.operand(0), F32)))
    return node.emit(te.PowOp(sizes, node.scalar(degree, F32)))


def _root(node: Node, total: SSAValue, degree: int) -> SSAValue:
    root = node.emit(te.PowOp(total, node.scalar(1 / degree, F32)))
    return node.cast(root, element_of(node.operand(0)))


HANDLERS: dict[str, Handler] = {
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average_pool,
    "GlobalLpPool": _global_lp_pool,
    "LpPool": _lp_pool,
    "GlobalMaxPool": _global_max_pool,
    "MaxPool": _max_pool,
}
