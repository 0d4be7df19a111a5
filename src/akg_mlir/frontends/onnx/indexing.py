"""ONNX operators that take parts of tensors, repeat them or put them together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import I1, I32, I64, Array, numpy_dtype
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

LARGEST_I32 = (1 << 31) - 1
# Parts of a concatenation that are written out: of more, compiling takes long.
MOST_RUNS = 64


def slice_ranges(node: Node) -> tuple[range, ...]:
    """The places that a Slice takes, per dimension. Bounds are clamped, as Python does."""
    shape = node.shape(0)
    if node.opset < 10:
        starts, ends = node.ints_attr("starts") or (), node.ints_attr("ends") or ()
        axes, steps = node.ints_attr("axes"), None
    else:
        starts, ends = node.known_ints(1, "starts"), node.known_ints(2, "ends")
        axes = node.known_ints(3, "axes") if node.has(3) else None
        steps = node.known_ints(4, "steps") if node.has(4) else None
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise node.error(f"starts, ends, axes and steps are {starts}, {ends}, {axes} and {steps}")
    taken = [range(size) for size in shape]
    for start, end, axis, step in zip(starts, ends, axes, steps):
        axis = node.axis(axis, len(shape))
        taken[axis] = range(shape[axis])[slice(start, end, step)]
    return tuple(taken)


def _slice(node: Node) -> Sequence[Value]:
    return [taken(node, node.operand(0), slice_ranges(node))]


def taken(node: Node, value: SSAValue, ranges: Sequence[range]) -> SSAValue:
    """The elements at the places `ranges`, per dimension."""
    if all(part == range(size) for part, size in zip(ranges, shape_of(value))):
        return value
    starts, steps = [part.start for part in ranges], [part.step for part in ranges]
    sizes = [len(part) for part in ranges]
    return node.emit(te.SliceOp(value, starts, sizes, steps))


def part_of(node: Node, value: SSAValue, axis: int, places: range) -> SSAValue:
    """The elements at some places of one dimension."""
    ranges = [places if k == axis else range(n) for k, n in enumerate(shape_of(value))]
    return taken(node, value, ranges)


def _split(node: Node) -> Sequence[Value]:
    """Parts of given sizes, or as many equal ones as there are outputs (the last one smaller)."""
    operand = node.operand(0)
    axis = node.axis(node.int_attr("axis", 0), len(shape_of(operand)))
    whole, count = shape_of(operand)[axis], len(node.proto.output)
    sizes = node.known_ints(1, "split") if node.has(1) else node.ints_attr("split")
    if sizes is None:
        each = -(-whole // count)
        sizes = tuple(min(each, whole - each * k) for k in range(count))
    if len(sizes) != count or sum(sizes) != whole or min(sizes, default=0) < 0:
        raise node.error(f"{whole} elements cannot be split into {list(sizes)} for {count} outputs")
    starts = accumulate(sizes, initial=0)
    return [
        part_of(node, operand, axis, range(start, start + size))
        if size
        else node.empty([size if k == axis else n for k, n in enumerate(shape_of(operand))])
        for start, size in zip(starts, sizes)
    ]


def _concat(node: Node) -> Sequence[Value]:
    """Operands without elements add nothing."""
    axis = node.axis(node.int_attr("axis", 1 if node.opset < 4 else 0), len(node.shape(0)))
    full = [k for k in range(len(node.proto.input)) if prod(node.shape(k))]
    return [joined([node.operand(k) for k in full], axis, node.emit)]


def _gather(node: Node) -> Sequence[Value]:
    """Negative indices count from the end."""
    operand = node.operand(0)
    axis = node.axis(node.int_attr("axis", 0), len(shape_of(operand)))
    indices = node.value(1)
    if isinstance(indices, SSAValue):
        return [node.emit(te.GatherOp(operand, indices, axis, from_end=True))]
    return [gathered(node, operand, indices, axis)]


def gathered(node: Node, operand: SSAValue, indices: Array, axis: int) -> SSAValue:
    """The parts at known places. Runs of places at equal distances are slices, if there are few."""
    shape = shape_of(operand)
    places = [int(index) for index in indices.ravel().tolist()]
    for index in places:
        if not -shape[axis] <= index < shape[axis]:
            raise node.error(f"index {index} is outside dimension {axis}, which has {shape[axis]}")
    runs = runs_of([index % shape[axis] for index in places])
    if len(runs) > MOST_RUNS:
        rows = node.constant(np.array(places, np.int32) % shape[axis])
        value = node.emit(te.GatherOp(operand, rows, axis))
    else:
        value = joined([part_of(node, operand, axis, run) for run in runs], axis, node.emit)
    return node.reshaped(value, (*shape[:axis], *indices.shape, *shape[axis + 1 :]))


def _gather_nd(node: Node) -> Sequence[Value]:
    """The last dimension of the indices is a place in as many dimensions of the data, which become
    one; dimensions in front of those are the indices' own first ones."""
    batch, shape, taken = node.int_attr("batch_dims", 0), node.shape(0), node.shape(1)
    if not 0 <= batch < len(taken) or not 0 < taken[-1] <= len(shape) - batch:
        raise node.error(f"indices of shape {taken} do not fit data of shape {shape}")
    end = batch + taken[-1]
    whole, batches, indices = prod(shape[batch:end]), prod(shape[:batch]), node.value(1)
    sizes = shape[batch:end]
    if isinstance(indices, SSAValue):
        data = node.reshaped(node.operand(0), (*shape[:batch], whole, *shape[end:]))
        places = flat_places(node, node.cast(indices, I32), sizes)
        return [node.emit(te.GatherOp(data, places, batch, batch))]
    column = [1] * (len(taken) - 1 - batch)
    first = whole * np.arange(batches).reshape(*shape[:batch], *column)
    places = np.sum(wrapped_places(node, indices, sizes) * strides_of(sizes), -1) + first
    data = node.reshaped(node.operand(0), (batches * whole, *shape[end:]))
    return [gathered(node, data, places, 0)]


def strides_of(sizes: Sequence[int]) -> NDArray[np.int64]:
    """How far apart neighbours of each dimension are in a dimension that all of them became."""
    return np.array([prod(sizes[k + 1 :]) for k in range(len(sizes))], np.int64)


def wrapped_places(node: Node, indices: Array, sizes: Sequence[int]) -> NDArray[np.int64]:
    """Known indices `[.., dimensions]` counted from the front. Raises CompileError for those that
    are outside of the sizes."""
    known, ends = indices.astype(np.int64), np.array(sizes, np.int64)
    if np.any((known < -ends) | (known >= ends)):
        raise node.error(f"an index is outside the dimensions {list(sizes)}")
    return known % ends


def flat_places(node: Node, indices: SSAValue, sizes: Sequence[int]) -> SSAValue:
    """Places in a dimension that several of these sizes became, of indices `[.., dimensions]` in
    each of them, in their type. Negative ones count from the end."""
    dtype, last = numpy_dtype(element_of(indices)), len(shape_of(indices)) - 1
    places = _from_the_end(node, indices, node.constant(np.array(sizes, dtype)))
    steps = node.emit(te.MulOp(places, node.constant(strides_of(sizes).astype(dtype))))
    return node.emit(te.ReduceOp("add", steps, [last]))


def runs_of(places: Sequence[int]) -> list[range]:
    """The places, in order, as ranges: neighbours, or at least three at equal distances."""
    runs: list[range] = []
    while (done := sum(map(len, runs))) < len(places):
        first, *rest = places[done:]
        step = rest[0] - first if rest else 0
        count = next((k for k, p in enumerate(rest, 1) if p != first + k * step), len(rest) + 1)
        alone = step == 0 or (count == 2 and abs(step) != 1)
        runs.append(range(first, first + 1) if alone else range(first, first + count * step, step))
    return runs


def from_the_end(node: Node, indices: SSAValue, size: int) -> SSAValue:
    """Indices, of which negative ones count from behind `size` elements."""
    return _from_the_end(node, indices, node.scalar(size, element_of(indices)))


def _from_the_end(node: Node, indices: SSAValue, size: SSAValue) -> SSAValue:
    negative = node.emit(te.CompareOp("lt", indices, node.scalar(0, element_of(indices))))
    wrapped = node.emit(te.AddOp(indices, size))
    return node.emit(te.SelectOp(negative, wrapped, indices))


def _one_hot(node: Node) -> Sequence[Value]:
    """Indices outside of `-depth .. depth - 1` give off values alone."""
    depth = int(node.known(1, "depth").ravel()[0])
    if not 0 < depth <= LARGEST_I32 // 2:
        raise node.error(f"depth {depth} is not supported", hint="a depth of at least 1 is")
    places = from_the_end(node, _in_i32(node, node.operand(0), depth), depth)
    axis = node.axis(node.int_attr("axis", -1), len(shape_of(places)) + 1)
    hot = node.emit(te.OneHotOp(places, axis, depth, 1, 0, I32))
    hit = node.emit(te.CompareOp("ne", hot, node.scalar(0, I32)))
    off, on = (part_of(node, node.operand(2), 0, range(k, k + 1)) for k in (0, 1))
    return [node.emit(te.SelectOp(hit, on, off))]


def _in_i32(node: Node, indices: SSAValue, depth: int) -> SSAValue:
    """As i32; those that i32 has not stay outside of the depth."""
    if element_of(indices) == I64:
        limits = node.scalar(-depth - 1, I64), node.scalar(depth, I64)
        indices = node.emit(te.MaxOp(indices, limits[0]))
        indices = node.emit(te.MinOp(indices, limits[1]))
    if element_of(indices) == I1:
        raise node.error("indices are truth values", hint="integers and floats are supported")
    return node.cast(indices, I32)


def _tile(node: Node) -> Sequence[Value]:
    """Every dimension gets one of repeats in front, in which the operand is broadcast."""
    operand = node.operand(0)
    shape, repeats = shape_of(operand), node.known_ints(1, "repeats")
    if len(repeats) != len(shape):
        raise node.error(f"{len(repeats)} repeats for {len(shape)} dimensions")
    apart = [size for pair in ((1, n) for n in shape) for size in pair]
    spread = [size for pair in zip(repeats, shape) for size in pair]
    if min(repeats, default=1) == max(repeats, default=1) == 1:
        return [operand]
    wide = node.emit(te.BroadcastToOp(node.reshaped(operand, apart), spread))
    return [node.reshaped(wide, [r * n for r, n in zip(repeats, shape)])]


HANDLERS: dict[str, Handler] = {
    "Concat": _concat,
    "Gather": _gather,
    "GatherND": _gather_nd,
    "OneHot": _one_hot,
    "Slice": _slice,
    "Split": _split,
    "Tile": _tile,
}
