"""ONNX Resize, dimension by dimension: each result a combination of elements with known weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, is_float
from akg_mlir.frontends.onnx.combinations import SHORTEST_ROW, combined, is_moved
from akg_mlir.frontends.onnx.interpolation import Axis, Method, outside, taps
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
    axes = sorted(axes, key=lambda found: found[0])
    order = _order(shape_of(operand), axes, method)
    value = operand if order is None else node.emit(te.TransposeOp(operand, order))
    if element == F16 and method.mode != "nearest":
        value = node.cast(value, F32)
    for dim, axis in reversed(axes):  # fewest rows first: those of the inner dimensions
        dim = dim if order is None else order.index(dim)
        value = combined(node, value, dim, taps(axis, method))
        value = _extrapolated(node, value, dim, axis, method)
    value = node.cast(value, element)
    if order is None:
        return value
    return node.emit(te.TransposeOp(value, [order.index(dim) for dim in range(len(order))]))


def _order(
    shape: Sequence[int], axes: Sequence[tuple[int, Axis]], method: Method
) -> list[int] | None:
    """The dimensions that change in front of the others, where that makes rows longer, of whole
    blocks."""
    dims = [dim for dim, _ in axes]
    if all(is_moved(taps(axis, method), axis.elements) for _, axis in axes):
        return None
    others = [dim for dim in range(len(shape)) if dim not in dims]
    inner, rows = prod(shape[dims[-1] + 1 :]), prod(shape[dim] for dim in others)
    return [*dims, *others] if inner < SHORTEST_ROW and rows % SHORTEST_ROW == 0 else None


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
