"""Reductions. Without axes, or with an empty list of them, all dimensions are reduced."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.composite.translation import Handler, Node
from akg_mlir.frontends.elements import F32, I1


def _axes(node: Node) -> tuple[int, ...]:
    rank = len(te.shape_of(node.operand(0)))
    axes = node.integers("axis", ())
    outside = [axis for axis in axes if not -rank <= axis < max(rank, 1)]
    if outside:
        raise node.error(f"axis {outside[0]} is outside rank {rank}")
    return tuple(sorted({axis % rank for axis in axes if rank})) or tuple(range(rank))


def _reduced(node: Node, kind: str, value: SSAValue) -> SSAValue:
    axes = _axes(node)
    if not axes:
        return value
    return node.emit(te.ReduceOp(kind, value, axes, node.flag("keep_dims", "keepdims")))


def _reduce(kind: str) -> Handler:
    return lambda node: [_reduced(node, kind, node.operand(0))]


def _mean(node: Node) -> Sequence[SSAValue]:
    """The sum of what is scaled by one over the number of elements."""
    value = node.operand(0)
    shape = te.shape_of(value)
    count = 1
    for axis in _axes(node):
        count *= shape[axis]
    element = te.element_of(value)
    scaled = node.emit(te.MulOp(node.cast(value, F32), node.scalar(1 / count, F32)))
    return [node.cast(_reduced(node, "add", scaled), element)]


def _truth(kind: str) -> Handler:
    """Whether all (min) or any (max) elements are true, in the result's element type."""

    def translate(node: Node) -> Sequence[SSAValue]:
        found = _reduced(node, kind, node.cast(node.truth(node.operand(0)), F32))
        if node.result_element == I1:
            return [node.truth(found)]
        return [node.cast(found, node.result_element)]

    return translate


HANDLERS: dict[str, Handler] = {
    "ElemAny": _truth("max"),
    "ReduceAll": _truth("min"),
    "ReduceAny": _truth("max"),
    "ReduceMax": _reduce("max"),
    "ReduceMean": _mean,
    "ReduceMin": _reduce("min"),
    "ReduceProd": _reduce("mul"),
    "ReduceSum": _reduce("add"),
}
