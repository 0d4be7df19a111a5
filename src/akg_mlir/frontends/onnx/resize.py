"""ONNX Resize, dimension by dimension: each result a combination of elements with known weights.

Elements with weight 0 take no part, so that infinities and NaN do not spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, is_float
from akg_mlir.frontends.onnx.interpolation import Axis, Method, nearest, outside, weights
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _resize(node: Node) -> Sequence[Value]:
    method = Method(
        node.string_attr("mode", "nearest"),
        node.string_attr("coordinate_transformation_mode", "half_pixel"),
        node.string_attr("nearest_mode", "round_prefer_floor"),
        node.float_attr("cubic_coeff_a", -0.75),
        bool(node.int_attr("antialias", 0)),
        bool(node.int_attr("exclude_outside", 0)),
    )
    operand = node.operand(0)
    return [resized(node, operand, _axes(node, shape_of(operand)), method)]


def resized(
    node: Node, operand: SSAValue, axes: Sequence[tuple[int, Axis]], method: Method
) -> SSAValue:
    """The operand with some dimensions resized; f16 is computed in f32."""
    element = element_of(operand)
    if method.mode != "nearest" and not is_float(element):
        raise node.error(f"mode {method.mode} of {element} is not supported", hint="cast to f32")
    value = node.cast(operand, F32) if element == F16 and method.mode != "nearest" else operand
    for dim, axis in axes:
        if method.mode == "nearest":
            value = _taken(node, value, dim, nearest(axis, method))
        else:
            value = _combined(node, value, dim, weights(axis, method))
        value = _extrapolated(node, value, dim, axis, method)
    return node.cast(value, element)


def _axes(node: Node, shape: Sequence[int]) -> list[tuple[int, Axis]]:
    """The dimensions that change, by `scales` or `sizes`, of all or of `axes`."""
    rank = len(shape)
    dims = [node.axis(axis, rank) for axis in node.ints_attr("axes") or range(rank)]
    elements = [shape[dim] for dim in dims]
    if node.has(2) and node.shape(2) != (0,):
        scales = [float(x) for x in node.known(2, "scales").ravel().tolist()]
        results = [math.floor(n * scale) for n, scale in zip(elements, scales)]
    else:
        results = list(node.known_ints(3, "sizes"))
        scales = [size / n for n, size in zip(elements, results)]
        scales, results = _same_aspect(node, elements, scales, results)
    if not len(scales) == len(results) == len(dims) or min(results) < 1:
        raise node.error(f"scales {scales} do not fit {len(dims)} dimensions of {list(shape)}")
    regions = _regions(node, len(dims))
    axes = [Axis(*axis) for axis in zip(elements, results, scales, regions)]
    return [(d, a) for d, a in zip(dims, axes) if a.scale != 1 or a.region != (0.0, 1.0)]


def _same_aspect(
    node: Node, elements: Sequence[int], scales: list[float], results: list[int]
) -> tuple[list[float], list[int]]:
    policy = node.string_attr("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return scales, results
    if policy not in ("not_larger", "not_smaller"):
        raise node.error(f"keep_aspect_ratio_policy '{policy}' is not known")
    scale = (min if policy == "not_larger" else max)(scales)
    return [scale] * len(scales), [math.floor(n * scale + 0.5) for n in elements]


def _regions(node: Node, count: int) -> list[tuple[float, float]]:
    if node.string_attr("coordinate_transformation_mode", "half_pixel") != "tf_crop_and_resize":
        return [(0.0, 1.0)] * count
    ends = [float(x) for x in node.known(1, "roi").ravel().tolist()]
    if len(ends) != 2 * count:
        raise node.error(f"roi has {len(ends)} numbers, two for each of {count} dimensions needed")
    return list(zip(ends[:count], ends[count:]))


def _taken(node: Node, value: SSAValue, dim: int, places: Sequence[int]) -> SSAValue:
    """The elements at some places: a slice, each element several times, or any selection."""
    shape = shape_of(value)
    outer, size, inner = prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])
    result = (*shape[:dim], len(places), *shape[dim + 1 :])
    rows = node.reshaped(value, (outer, size, inner))
    step = places[1] - places[0] if len(places) > 1 else 1
    if step > 0 and list(places) == list(range(places[0], places[-1] + 1, step)):
        sizes = (outer, len(places), inner)
        taken = te.SliceOp(rows, (0, places[0], 0), sizes, (1, step, 1))
        return node.reshaped(node.emit(taken), result)
    times = len(places) // size
    if list(places) == [k // times for k in range(size * times)] if times else False:
        apart = node.reshaped(rows, (outer, size, 1, inner))
        repeated = node.emit(te.BroadcastToOp(apart, (outer, size, times, inner)))
        return node.reshaped(repeated, result)
    return _combined(node, value, dim, np.eye(size)[list(places)])


def _combined(node: Node, value: SSAValue, dim: int, matrix: np.ndarray) -> SSAValue:
    """The combinations of elements along a dimension that the rows of `matrix` weigh."""
    shape, element = shape_of(value), element_of(value)
    outer, size, inner = prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])
    column = (inner,) if inner > 1 else ()
    weighed = node.constant(matrix.astype(np.float32).reshape(-1, size, *[1] * len(column)))
    rows = node.reshaped(value, (outer, 1, size, *column))
    if not np.isin(matrix, (0, 1)).all():
        rows = node.emit(te.MulOp(rows, weighed))
    taken = node.emit(te.CompareOp("ne", weighed, node.scalar(0, F32)))
    parts = node.emit(te.SelectOp(taken, rows, node.scalar(0, element)))
    total = node.emit(te.ReduceOp("add", parts, [2]))
    return node.reshaped(total, (*shape[:dim], len(matrix), *shape[dim + 1 :]))


def _extrapolated(node: Node, value: SSAValue, dim: int, axis: Axis, method: Method) -> SSAValue:
    """A given value where results lie outside of the elements."""
    beyond = outside(axis, method.coordinates)
    if not beyond.any():
        return value
    behind = len(shape_of(value)) - 1 - dim
    flags = node.constant(beyond.astype(np.float32).reshape(-1, *[1] * behind))
    condition = node.emit(te.CompareOp("ne", flags, node.scalar(0, F32)))
    given = node.scalar(node.float_attr("extrapolation_value", 0.0), element_of(value))
    return node.emit(te.SelectOp(condition, given, value))


def _upsample(node: Node) -> Sequence[Value]:
    """What Resize was called before opset 10."""
    given = node.attribute("scales")
    factors = node.known(1, "scales").ravel().tolist() if given is None else given.floats
    operand = node.operand(0)
    shape = shape_of(operand)
    axes = [Axis(n, math.floor(n * scale), scale) for n, scale in zip(shape, map(float, factors))]
    mode = node.string_attr("mode", "nearest")
    method = Method(mode, "asymmetric", "floor", 0.0, antialias=False, exclude_outside=False)
    changing = [(dim, axis) for dim, axis in enumerate(axes) if axis.scale != 1]
    return [resized(node, operand, changing, method)]


HANDLERS: dict[str, Handler] = {"Resize": _resize, "Upsample": _upsample}
