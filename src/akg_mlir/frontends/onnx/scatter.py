"""ONNX operators that write at computed places: the inverse of gathers.

Each element of the result looks for the updates that name its place, and takes what they reduce to:
one selection for each place and update. At places that are known while compiling nothing is looked
for. Of updates that name one place without a reduction, which ONNX leaves undefined, the result is
their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, I1, I32, is_float, numpy_dtype
from akg_mlir.frontends.joining import inserted, joined
from akg_mlir.frontends.onnx.indexing import (
    flat_places,
    from_the_end,
    gathered,
    strides_of,
    wrapped_places,
)
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

_COMBINATIONS: dict[str, type[te.BinaryOp]] = {
    "add": te.AddOp,
    "max": te.MaxOp,
    "min": te.MinOp,
    "mul": te.MulOp,
}


@dataclass(frozen=True)
class _Updates:
    """Values that go to places along one dimension of the data.

    Along that dimension `places` (f32) and `values` have one element for each update; their other
    sizes are those of the data, or 1.
    """

    node: Node
    places: SSAValue
    values: SSAValue
    axis: int

    def written(self, data: SSAValue, reduction: str) -> SSAValue:
        """The data with the updates."""
        node, element = self.node, element_of(data)
        number = I32 if element == I1 else element  # there are no sums of truth values
        kind = "add" if reduction == "none" else reduction
        neutral = node.scalar(_neutral(kind, number), number)
        values = node.cast(self.apart(self.values), number)
        hit = self.hits(shape_of(data)[self.axis])
        chosen = node.emit(te.SelectOp(hit, values, neutral))
        reduced = node.emit(te.ReduceOp(kind, chosen, [self.axis + 1]))
        if reduction != "none":
            return node.emit(_COMBINATIONS[kind](data, reduced))
        ones = node.emit(te.SelectOp(hit, node.scalar(1, F32), node.scalar(0, F32)))
        found = node.emit(te.ReduceOp("max", ones, [self.axis + 1]))
        found = node.emit(te.CompareOp("ne", found, node.scalar(0, F32)))
        return node.emit(te.SelectOp(found, node.cast(reduced, element), data))

    def hits(self, size: int) -> SSAValue:
        """Whether an update names a place: a dimension of updates follows that of places."""
        places = self.apart(self.places)
        own = self.node.places(size, len(shape_of(places)) - 1 - self.axis)
        return self.node.emit(te.CompareOp("eq", places, own))

    def apart(self, value: SSAValue) -> SSAValue:
        """With a dimension of 1 in front of that of updates."""
        shape = shape_of(value)
        return self.node.reshaped(value, (*shape[: self.axis], 1, *shape[self.axis :]))


def _neutral(kind: str, element: Attribute) -> float | int:
    """What changes nothing in a reduction."""
    if kind in ("add", "mul"):
        return 0 if kind == "add" else 1
    if is_float(element):
        return -np.inf if kind == "max" else np.inf
    limits = np.iinfo(str(numpy_dtype(element)))
    return int(limits.min if kind == "max" else limits.max)


def _reduction(node: Node) -> str:
    kind = node.string_attr("reduction", "none")
    if kind != "none" and kind not in _COMBINATIONS:
        raise node.error(
            f"reduction '{kind}' is not supported", hint="none, add, max, min and mul are"
        )
    if kind != "none" and element_of(node.operand(0)) == I1:
        raise node.error("truth values are not reduced", hint="reductions of numbers are supported")
    return kind


def _scatter_elements(node: Node) -> Sequence[Value]:
    """Dimensions of the updates may be shorter than those of the data, whose rest stays."""
    data, values = node.operand(0), node.operand(2)
    shape, taken = shape_of(data), shape_of(values)
    axis = node.axis(node.int_attr("axis", 0), len(shape))
    outside = [i for i, size in enumerate(taken) if i != axis and size > shape[i]]
    if len(taken) != len(shape) or outside or node.shape(1) != taken:
        raise node.error(f"updates of shape {taken} do not fit data of shape {shape}")
    kept = [size if i == axis else taken[i] for i, size in enumerate(shape)]
    part = data if tuple(kept) == shape else node.emit(te.SliceOp(data, [0] * len(shape), kept))
    places = from_the_end(node, node.cast(node.operand(1), F32), shape[axis])
    written = _Updates(node, places, values, axis).written(part, _reduction(node))
    return [written if part is data else inserted(written, data, [0] * len(shape), node.emit)]


def _scatter_nd(node: Node) -> Sequence[Value]:
    """The last dimension of the indices is a place in as many dimensions of the data, which become
    one."""
    data, values = node.operand(0), node.operand(2)
    shape, taken = shape_of(data), node.shape(1)
    depth = taken[-1] if taken else 0
    if not 0 < depth <= len(shape) or shape_of(values) != (*taken[:-1], *shape[depth:]):
        raise node.error(f"indices {taken}, updates {shape_of(values)}, data {shape} do not fit")
    sizes, indices, reduction = shape[:depth], node.value(1), _reduction(node)
    if not isinstance(indices, SSAValue):
        known = wrapped_places(node, indices.reshape(-1, depth), sizes)
        if reduction == "none":
            return [_written_at(node, data, values, known)]
    count, inner = prod(taken[:-1]), prod(shape[depth:])
    places = node.reshaped(flat_places(node, node.cast(node.operand(1), F32), sizes), (count, 1))
    updates = _Updates(node, places, node.reshaped(values, (count, inner)), 0)
    rows = node.reshaped(data, (prod(shape[:depth]), inner))
    return [node.reshaped(updates.written(rows, reduction), shape)]


def _written_at(
    node: Node, data: SSAValue, values: SSAValue, indices: NDArray[np.int64]
) -> SSAValue:
    """The data with rows replaced at known `indices`, `[rows, dimensions]`: a box of them is
    inserted, others are gathered from data and updates."""
    shape, (count, depth) = shape_of(data), indices.shape
    low, sizes = indices.min(0).tolist(), (np.ptp(indices, 0) + 1).tolist()
    if prod(sizes) == count and np.array_equal(indices - low, list(np.ndindex(*sizes))):
        part = node.reshaped(values, (*sizes, *shape[depth:]))
        return inserted(part, data, [*low, *[0] * (len(shape) - depth)], node.emit)
    whole, inner = prod(shape[:depth]), prod(shape[depth:])
    rows = np.arange(count, count + whole, dtype=np.int64)
    rows[np.sum(indices * strides_of(shape[:depth]), 1)] = np.arange(count)
    parts = [node.reshaped(values, (count, inner)), node.reshaped(data, (whole, inner))]
    both = joined(parts, 0, node.emit)
    return node.reshaped(gathered(node, both, rows, 0), shape)


def _tensor_scatter(node: Node) -> Sequence[Value]:
    """Rows of a cache from a place on that each batch has; with the mode `circular` what would
    follow the last place goes to the first ones."""
    data, values = node.operand(0), node.operand(1)
    shape, rank = shape_of(data), len(shape_of(data))
    axis = node.axis(node.int_attr("axis", -2), rank)
    count, mode = shape_of(values)[axis], node.string_attr("mode", "linear")
    if mode not in ("linear", "circular"):
        raise node.error(f"mode '{mode}' is neither linear nor circular")
    places = node.places(count, rank - 1 - axis)
    if node.has(2):
        first = node.cast(node.operand(2), F32)
        first = node.reshaped(first, (shape[0], *[1] * (rank - 1)))
        places = node.emit(te.AddOp(places, first))
    else:
        places = node.reshaped(places, (*[1] * axis, count, *[1] * (rank - 1 - axis)))
    if mode == "circular":
        size = node.scalar(shape[axis], F32)
        rounds = node.emit(te.FloorOp(node.emit(te.DivOp(places, size))))
        places = node.emit(te.SubOp(places, node.emit(te.MulOp(rounds, size))))
    return [_Updates(node, places, values, axis).written(data, "none")]


HANDLERS: dict[str, Handler] = {
    "Scatter": _scatter_elements,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_nd,
    "TensorScatter": _tensor_scatter,
}
