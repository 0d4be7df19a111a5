"""ONNX TopK: the largest or smallest elements of each row, in order.

A few are taken one after the other. Of more, the rank of each element is counted (how many come
before it), and each place of the result takes the element of its rank. Equal elements are in the
order of their places; NaN counts as infinity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, I1, I64, is_float
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

# Elements that are taken one after the other: a handful of ops each.
MOST_ROUNDS = 32
# Passes over a row that a round takes, compared with one for each element to count ranks.
PASSES = 8
# Elements of a row whose ranks are counted; f32 tells that many places apart many times over.
LONGEST_RANKED = 1 << 14


@dataclass(frozen=True)
class _Rows:
    """Rows along the last dimension of `values`, `[rows, size]`, and what they are ordered by."""

    node: Node
    values: SSAValue
    keys: SSAValue
    largest: bool

    @property
    def size(self) -> int:
        return shape_of(self.values)[1]

    def one_by_one(self, count: int) -> tuple[SSAValue, SSAValue]:
        """Values and places `[rows, count]`: each round takes the first extreme that is left."""
        node, kind = self.node, "max" if self.largest else "min"
        places, none = node.places(self.size, 0), node.scalar(self.size, F32)
        worst = node.scalar(-math.inf if self.largest else math.inf, F32)
        left, keys = node.scalar(1, F32), node.cast(self.keys, F32)
        left = node.emit(te.BroadcastToOp(left, shape_of(keys)))
        found: list[SSAValue] = []
        for _ in range(count):
            free = node.emit(te.CompareOp("ne", left, node.scalar(0, F32)))
            rest = node.emit(te.SelectOp(free, keys, worst))
            extreme = node.emit(te.ReduceOp(kind, rest, [1], keepdims=True))
            same = node.emit(te.CompareOp("eq", rest, extreme))
            candidates = node.emit(te.SelectOp(node.emit(te.AndOp(same, free)), places, none))
            place = node.emit(te.ReduceOp("min", candidates, [1], keepdims=True))
            found.append(place)
            taken = node.emit(te.CompareOp("eq", places, place))
            left = node.emit(te.SelectOp(taken, node.scalar(0, F32), left))
        places = joined(found, 1, node.emit)
        return self.at(places), places

    def by_rank(self, count: int) -> tuple[SSAValue, SSAValue]:
        """Values and places `[rows, count]`, of the elements that as many come before."""
        node, (rows, size) = self.node, shape_of(self.keys)
        own = node.reshaped(self.keys, (rows, size, 1))
        other = node.reshaped(self.keys, (rows, 1, size))
        better = node.emit(te.CompareOp("gt" if self.largest else "lt", other, own))
        earlier = node.emit(te.CompareOp("lt", node.places(size, 0), node.places(size, 1)))
        same = node.emit(te.CompareOp("eq", other, own))
        before = node.emit(te.OrOp(better, node.emit(te.AndOp(same, earlier))))
        ones = node.emit(te.SelectOp(before, node.scalar(1, F32), node.scalar(0, F32)))
        ranks = node.emit(te.ReduceOp("add", ones, [2]))
        hit = node.emit(
            te.CompareOp("eq", node.reshaped(ranks, (rows, 1, size)), node.places(count, 1))
        )
        places = node.emit(te.SelectOp(hit, node.places(size, 0), node.scalar(0, F32)))
        places = node.emit(te.ReduceOp("add", places, [2]))
        return self.at(places), places

    def at(self, places: SSAValue) -> SSAValue:
        """The values at these places, f32 `[rows, count]`."""
        node, (rows, count) = self.node, shape_of(places)
        own = node.reshaped(places, (rows, count, 1))
        hit = node.emit(te.CompareOp("eq", own, node.places(self.size, 0)))
        element = element_of(self.values)
        values = node.reshaped(self.values, (rows, 1, self.size))
        chosen = node.emit(te.SelectOp(hit, values, node.scalar(0, element)))
        return node.emit(te.ReduceOp("add", chosen, [2]))


def _top_k(node: Node) -> Sequence[Value]:
    operand, element = node.operand(0), element_of(node.operand(0))
    shape = shape_of(operand)
    axis = node.axis(node.int_attr("axis", -1), len(shape))
    count = node.known_ints(1, "k")[0] if node.opset >= 10 else node.int_attr("k", 1)
    if not 0 < count <= shape[axis]:
        raise node.error(f"k is {count}, of {shape[axis]} elements", hint="at least 1, at most all")
    if element == I1:
        raise node.error("truth values have no order", hint="numbers are supported")
    order = [*(k for k in range(len(shape)) if k != axis), axis]
    turned = operand if order == sorted(order) else node.emit(te.TransposeOp(operand, order))
    rows = node.reshaped(turned, (math.prod(shape) // shape[axis], shape[axis]))
    largest = bool(node.int_attr("largest", 1))
    keys = _keys(node, rows, largest)
    table = _Rows(node, rows, keys, largest)
    few = count <= MOST_ROUNDS and count * PASSES <= shape[axis] and is_float(element)
    if not few and shape[axis] > LONGEST_RANKED:
        raise node.error(
            f"the first {count} of {shape[axis]} elements are ranked by comparing each with all",
            hint=f"rows of at most {LONGEST_RANKED} are, or a k of at most {MOST_ROUNDS} of floats",
        )
    values, places = table.one_by_one(count) if few else table.by_rank(count)
    sizes = [*(n for k, n in enumerate(shape) if k != axis), count]
    results = [node.reshaped(value, sizes) for value in (values, node.cast(places, I64))]
    if turned is operand:
        return results
    back = [order.index(k) for k in range(len(shape))]
    return [node.emit(te.TransposeOp(value, back)) for value in results]


def _keys(node: Node, rows: SSAValue, largest: bool) -> SSAValue:
    """What rows are ordered by: the values, NaN as the infinity that comes first."""
    if not is_float(element_of(rows)):
        return rows
    first = node.scalar(math.inf if largest else -math.inf, element_of(rows))
    unordered = node.emit(te.CompareOp("ne", rows, rows))
    return node.emit(te.SelectOp(unordered, first, rows))


HANDLERS: dict[str, Handler] = {"TopK": _top_k}
