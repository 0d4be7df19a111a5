"""Operators that pick parts of a tensor, by known places or by computed indices.

Sums of segments choose by comparison of every index with every segment: exact, and as slow as their
number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from xdsl.dialects.builtin import IntegerType
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.composite.translation import Handler, Node
from akg_mlir.frontends.elements import I32
from akg_mlir.frontends.joining import joined


def _axis(node: Node, default: int = 0) -> int:
    rank = len(te.shape_of(node.operand(0)))
    axis = node.integer("axis", default)
    if not -rank <= axis < rank:
        raise node.error(f"axis {axis} is outside rank {rank}")
    return axis % rank


def _unpad(node: Node) -> Sequence[SSAValue]:
    """Without the last `tail` elements of each dimension."""
    value, tail = node.operand(0), node.integers("tail")
    sizes = [size - cut for size, cut in zip(te.shape_of(value), tail, strict=True)]
    return [node.emit(te.SliceOp(value, [0] * len(sizes), sizes))]


def _strided_slice(node: Node) -> Sequence[SSAValue]:
    """Begin, end and strides are attributes or inline constants; negative ones count from the
    end."""
    value = node.operand(0)
    for mask in ("begin", "end", "ellipsis", "new_axis", "shrink_axis"):
        if node.integer(f"{mask}_mask", 0):
            raise node.error(f"attribute '{mask}_mask' is not supported", hint="takes no masks")
    shape = te.shape_of(value)
    parts = zip(*(_places(node, k, name) for k, name in enumerate(("begin", "end", "strides"), 1)))
    taken = [range(size)[slice(*part)] for size, part in zip(shape, parts)]
    taken += [range(size) for size in shape[len(taken) :]]
    if any(part.step < 1 for part in taken):
        raise node.error("it has a negative stride", hint="takes strides of at least 1")
    starts, steps = [part.start for part in taken], [part.step for part in taken]
    return [node.emit(te.SliceOp(value, starts, [len(part) for part in taken], steps))]


def _places(node: Node, index: int, name: str) -> tuple[int, ...]:
    if name in node.operation.attributes:
        return node.integers(name)
    return tuple(int(number) for number in node.known(index, name))


def _split(node: Node) -> Sequence[SSAValue]:
    value, axis = node.operand(0), _axis(node)
    shape = te.shape_of(value)
    parts = [tensor.shape[axis] for tensor in node.operation.results]
    results: list[SSAValue] = []
    for start, size in zip(accumulate(parts, initial=0), parts):
        offsets = [start if dim == axis else 0 for dim in range(len(shape))]
        sizes = [size if dim == axis else whole for dim, whole in enumerate(shape)]
        results.append(node.emit(te.SliceOp(value, offsets, sizes)))
    return results


def _concat(node: Node) -> Sequence[SSAValue]:
    return [joined(node.operands(), _axis(node), node.emit)]


def _gather(node: Node) -> Sequence[SSAValue]:
    """Elements of operand 0 at the indices along `axis`; 0 where an index is outside."""
    return [node.emit(te.GatherOp(node.operand(0), _indices(node), _axis(node)))]


def _segment_sum(node: Node) -> Sequence[SSAValue]:
    """Row `s` of the result is the sum of the parts of operand 0 whose index is `s`."""
    value, indices = node.operand(0), _indices(node)
    shape = te.shape_of(indices)
    segments, rest = node.integer("num_segments"), len(te.shape_of(value)) - len(shape)
    hot = node.emit(te.OneHotOp(indices, 0, segments, 1, 0, I32))
    hot = node.reshaped(hot, (segments, *shape, *[1] * rest))
    hit = node.emit(te.CompareOp("ne", hot, node.scalar(0, I32)))
    chosen = node.emit(te.SelectOp(hit, value, node.scalar(0, te.element_of(value))))
    return [node.emit(te.ReduceOp("add", chosen, range(1, len(shape) + 1)))]


def _indices(node: Node) -> SSAValue:
    value = node.operand(1)
    if not isinstance(te.element_of(value), IntegerType):
        raise node.error(f"its indices are {te.element_of(value)}, takes integers")
    return node.cast(value, I32)


HANDLERS: dict[str, Handler] = {
    "Concat": _concat,
    "Gather": _gather,
    "Split": _split,
    "StridedSlice": _strided_slice,
    "UnPadAkg": _unpad,
    "UnsortedSegmentSum": _segment_sum,
}
