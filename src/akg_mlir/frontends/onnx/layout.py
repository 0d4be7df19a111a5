"""ONNX operators that move or rename elements: reshapes, transposes, broadcasts, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


def _reshaped(node: Node, shape: Sequence[int]) -> Sequence[Value]:
    value = node.value(0)
    if not isinstance(value, SSAValue) and np.issubdtype(value.dtype, np.integer):
        return [value.reshape(tuple(shape))]
    operand = node.operand(0)
    if prod(shape) != prod(shape_of(operand)):
        raise node.error(f"{shape_of(operand)} cannot be reshaped to {tuple(shape)}")
    if tuple(shape) == shape_of(operand):
        return [operand]
    return [node.emit(te.ReshapeOp(operand, shape))]


def _reshape(node: Node) -> Sequence[Value]:
    source = node.shape(0)
    target = list(node.known_ints(1, "shape"))
    if not node.int_attr("allowzero", 0):
        for i, size in enumerate(target):
            if size == 0:
                if i >= len(source):
                    raise node.error(
                        f"size 0 in dimension {i} copies a dimension that is not there"
                    )
                target[i] = source[i]
    if -1 in target:
        rest = -prod(target)
        if target.count(-1) > 1 or rest == 0 or prod(source) % rest:
            raise node.error(f"{source} cannot be reshaped to {tuple(target)}")
        target[target.index(-1)] = prod(source) // rest
    return _reshaped(node, target)


def _flatten(node: Node) -> Sequence[Value]:
    shape = node.shape(0)
    axis = node.int_attr("axis", 1)
    axis = axis + len(shape) if axis < 0 else axis
    return _reshaped(node, (prod(shape[:axis]), prod(shape[axis:])))


def _axes(node: Node) -> tuple[int, ...] | None:
    """An attribute before opset 13, an operand since."""
    if node.opset < 13:
        return node.ints_attr("axes")
    return node.known_ints(1, "axes") if node.has(1) else None


def _squeeze(node: Node) -> Sequence[Value]:
    shape = node.shape(0)
    given = _axes(node)
    if given is not None:
        axes = {node.axis(axis, len(shape)) for axis in given}
    else:
        axes = {axis for axis, size in enumerate(shape) if size == 1}
    for axis in axes:
        if shape[axis] != 1:
            raise node.error(f"dimension {axis} of {shape} has size {shape[axis]}, not 1")
    return _reshaped(node, [size for axis, size in enumerate(shape) if axis not in axes])


def _unsqueeze(node: Node) -> Sequence[Value]:
    shape = list(node.shape(0))
    axes = _axes(node) or ()
    rank = len(shape) + len(axes)
    for axis in sorted(node.axis(axis, rank) for axis in axes):
        shape.insert(axis, 1)
    return _reshaped(node, shape)


def _transpose(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    permutation = node.ints_attr("perm")
    if permutation is None:
        permutation = tuple(reversed(range(len(shape_of(operand)))))
    if permutation == tuple(range(len(permutation))):
        return [operand]
    return [node.emit(te.TransposeOp(operand, permutation))]


def _space_to_depth(node: Node) -> Sequence[Value]:
    """The places of a block become channels: outside of those there are, with mode CRD inside."""
    operand, size = node.operand(0), node.int_attr("blocksize", 0)
    count, channels, height, width = shape_of(operand)
    if size < 1 or height % size or width % size:
        raise node.error(f"{height} x {width} elements are not made of blocks of {size} x {size}")
    rows, columns = height // size, width // size
    apart = node.reshaped(operand, (count, channels, rows, size, columns, size))
    inside = node.string_attr("mode", "DCR") == "CRD"
    order = (0, 1, 3, 5, 2, 4) if inside else (0, 3, 5, 1, 2, 4)
    turned = node.emit(te.TransposeOp(apart, order))
    return [node.reshaped(turned, (count, channels * size * size, rows, columns))]


def _depth_to_space(node: Node) -> Sequence[Value]:
    """The outermost channels, or with mode CRD the innermost ones, become places of blocks."""
    operand, size = node.operand(0), node.int_attr("blocksize", 0)
    channels = shape_of(operand)[1]
    if size < 1 or channels % (size * size):
        raise node.error(f"{channels} channels are not made of blocks of {size} x {size}")
    inner = node.string_attr("mode", "DCR") == "CRD"
    return [node.emit(te.DepthToSpaceOp(operand, 1, (1, 1, size, size), inner=inner))]


def depth_to_space(node: Node, value: SSAValue, blocks: Sequence[int]) -> SSAValue:
    """`[N, phases * C, ...]` with the phases as places of blocks: `[N, C, ...]`, of which every
    dimension is as many times as long as a block."""
    if prod(blocks) == 1:
        return value
    return node.emit(te.DepthToSpaceOp(value, 1, (1, 1, *blocks)))


def _expand(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    shape = np.broadcast_shapes(shape_of(operand), node.known_ints(1, "shape"))
    if shape == shape_of(operand):
        return [operand]
    return [node.emit(te.BroadcastToOp(operand, shape))]


def _identity(node: Node) -> Sequence[Value]:
    return [node.value(0)]


HANDLERS: dict[str, Handler] = {
    "DepthToSpace": _depth_to_space,
    "Expand": _expand,
    "Flatten": _flatten,
    "Identity": _identity,
    "Reshape": _reshape,
    "SpaceToDepth": _space_to_depth,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
