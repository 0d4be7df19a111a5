"""ONNX operators that depend on where an element stands: arg-reductions, triangles, picks.

Places along a dimension are a constant that broadcasts; what an operator takes is selected by
comparing places, and reduced. Elements that are not selected take no part, so that infinities and
NaN stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import helper
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, I1, I32, I64, is_float, numpy_dtype
from akg_mlir.frontends.onnx.indexing import from_the_end
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def axis_of(node: Node, rank: int, default: int) -> int:
    """The attribute `axis`, counted from the front."""
    return node.axis(node.int_attr("axis", default), rank)


def picked(node: Node, data: SSAValue, index: SSAValue, axis: int) -> SSAValue:
    """`data` at one place along `axis` for each element of `index`, whose size there is 1 and
    whose other sizes broadcast with those of `data`; 0 where no place is meant."""
    shape = shape_of(data)
    places = node.places(shape[axis], len(shape) - 1 - axis)
    hit = node.emit(te.CompareOp("eq", node.cast(index, F32), places))
    element = element_of(data)
    added = I32 if element == I1 else element  # there are no sums of truth values
    chosen = node.emit(te.SelectOp(hit, node.cast(data, added), node.scalar(0, added)))
    return node.cast(node.emit(te.ReduceOp("add", chosen, [axis], keepdims=True)), element)


def _first_extreme(node: Node, kind: str, operand: SSAValue, axis: int, last: bool) -> SSAValue:
    """The place of the first (or last) largest or smallest element, in f32, its dimension kept.

    A NaN counts as the extreme, as it does for `te.reduce`.
    """
    size, rank = shape_of(operand)[axis], len(shape_of(operand))
    extreme = node.emit(te.ReduceOp(kind, operand, [axis], keepdims=True))
    found = node.emit(te.CompareOp("eq", operand, extreme))
    if is_float(element_of(operand)):
        unordered = node.emit(te.CompareOp("ne", operand, operand))
        found = node.emit(te.OrOp(found, unordered))
    places = node.places(size, rank - 1 - axis)
    candidates = node.emit(te.SelectOp(found, places, node.scalar(-1 if last else size, F32)))
    return node.emit(te.ReduceOp("max" if last else "min", candidates, [axis], keepdims=True))


def _arg_reduce(kind: str) -> Handler:
    def translate(node: Node) -> Sequence[Value]:
        operand = node.operand(0)
        shape = shape_of(operand)
        axis = axis_of(node, len(shape), 0)
        last = bool(node.int_attr("select_last_index", 0))
        place = node.cast(_first_extreme(node, kind, operand, axis, last), I64)
        if node.int_attr("keepdims", 1):
            return [place]
        return [node.reshaped(place, shape[:axis] + shape[axis + 1 :])]

    return translate


def _hardmax(node: Node) -> Sequence[Value]:
    """1 at the first largest element, 0 elsewhere."""
    operand = node.operand(0)
    shape, element = shape_of(operand), element_of(operand)
    axis = axis_of(node, len(shape), -1)
    place = _first_extreme(node, "max", operand, axis, last=False)
    places = node.places(shape[axis], len(shape) - 1 - axis)
    hit = node.emit(te.CompareOp("eq", place, places))
    return [node.emit(te.SelectOp(hit, node.scalar(1, element), node.scalar(0, element)))]


def _trilu(node: Node) -> Sequence[Value]:
    """The elements of the upper triangle of each matrix, or of the lower one; 0 elsewhere."""
    operand = node.operand(0)
    rows, columns = shape_of(operand)[-2:]
    above = node.known_ints(1, "k")[0] if node.has(1) else 0
    above = max(min(above, columns), -rows)
    diagonal = node.constant(np.arange(above, rows + above, dtype=np.float32)[:, None])
    order = "ge" if node.int_attr("upper", 1) else "le"
    inside = node.emit(te.CompareOp(order, node.places(columns, 0), diagonal))
    return [node.emit(te.SelectOp(inside, operand, node.scalar(0, element_of(operand))))]


def _eye_like(node: Node) -> Sequence[Value]:
    rows, columns = node.shape(0)
    like = node.value(0)
    known = like.dtype if not isinstance(like, SSAValue) else numpy_dtype(element_of(like))
    onnx_type = node.int_attr("dtype", 0)
    dtype = helper.tensor_dtype_to_np_dtype(onnx_type) if onnx_type else known
    return [np.eye(rows, columns, node.int_attr("k", 0)).astype(dtype)]


def _range(node: Node) -> Sequence[Value]:
    """Known, as shapes are computed with it; of floats that are inputs, only the size is."""
    names = ("start", "limit", "delta")
    start, limit, delta = (node.known(i, name).item() for i, name in enumerate(names))
    if delta == 0:
        raise node.error("delta is 0", hint="take steps of another size")
    count = max(int(np.ceil((limit - start) / delta)), 0)
    dtype = node.known(0, "start").dtype
    if count and dtype.kind == "f" and not node.graph.given.isdisjoint(node.proto.input):
        first, step = (node.cast(node.operand(i), F32) for i in (0, 2))
        steps = node.emit(te.MulOp(node.places(count, 0), step))
        return [node.cast(node.emit(te.AddOp(first, steps)), element_of(node.operand(0)))]
    return [np.asarray(start + np.arange(count) * delta, dtype)]


def _gather_elements(node: Node) -> Sequence[Value]:
    """Places count from the end where they are negative."""
    data, index = node.operand(0), node.operand(1)
    shape, taken = shape_of(data), shape_of(index)
    axis = axis_of(node, len(shape), 0)
    outside = [i for i, size in enumerate(taken) if i != axis and size > shape[i]]
    if len(taken) != len(shape) or outside:
        raise node.error(f"indices of shape {taken} do not fit data of shape {shape}")
    kept = [size if i == axis else taken[i] for i, size in enumerate(shape)]
    if tuple(kept) != shape:
        data = node.emit(te.SliceOp(data, [0] * len(shape), kept))
    index = from_the_end(node, node.cast(index, F32), shape[axis])
    # the places to take are one more dimension, in front of that of the data
    data = node.reshaped(data, (*kept[:axis], 1, *kept[axis:]))
    index = node.reshaped(index, (*taken[: axis + 1], 1, *taken[axis + 1 :]))
    return [node.reshaped(picked(node, data, index, axis + 1), taken)]


HANDLERS: dict[str, Handler] = {
    "ArgMax": _arg_reduce("max"),
    "ArgMin": _arg_reduce("min"),
    "EyeLike": _eye_like,
    "GatherElements": _gather_elements,
    "Hardmax": _hardmax,
    "Range": _range,
    "Trilu": _trilu,
}
