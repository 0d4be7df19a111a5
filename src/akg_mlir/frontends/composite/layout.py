"""Operators that move elements without changing them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.composite.translation import Handler, Node


def _reshape(node: Node) -> Sequence[SSAValue]:
    """To the declared shape of the result; the attribute may leave one size open (-1)."""
    return [node.reshaped(node.operand(0), node.shape)]


def _broadcast_to(node: Node) -> Sequence[SSAValue]:
    value, shape = node.operand(0), node.shape
    if te.shape_of(value) == shape:
        return [value]
    if len(te.shape_of(value)) > len(shape):
        return [node.reshaped(value, shape)]
    return [node.emit(te.BroadcastToOp(value, shape))]


def _transpose(node: Node) -> Sequence[SSAValue]:
    value = node.operand(0)
    rank = len(te.shape_of(value))
    perm = tuple(axis % max(rank, 1) for axis in node.integers("perm", range(rank)[::-1]))
    if perm == tuple(range(rank)):
        return [value]
    return [node.emit(te.TransposeOp(value, perm))]


def _pad(node: Node) -> Sequence[SSAValue]:
    value = node.operand(0)
    low, high = node.integers("head"), node.integers("tail")
    return [node.emit(te.PadOp(value, low, high, node.number("pad_val", 0)))]


def _one_hot(node: Node) -> Sequence[SSAValue]:
    """Operands: indices, a depth where the attribute does not give it, the values on and off."""
    *_, on, off = range(len(node.operation.operands))
    if "depth" in node.operation.attributes:
        depth = node.integer("depth")
    else:
        (depth,) = (int(number) for number in node.known(1, "depth"))
    axis, element = node.integer("axis", -1), node.result_element
    values = [node.mentioned(k).value for k in (on, off)]
    if values[0] is not None and values[1] is not None:
        hot, cold = values[0][0], values[1][0]
        return [node.emit(te.OneHotOp(node.operand(0), axis, depth, hot, cold, element))]
    hit = node.emit(te.OneHotOp(node.operand(0), axis, depth, 1, 0, element))
    chosen = node.emit(te.CompareOp("ne", hit, node.scalar(0, element)))
    scalars = [node.reshaped(node.operand(k), ()) for k in (on, off)]
    return [node.emit(te.SelectOp(chosen, *scalars))]


HANDLERS: dict[str, Handler] = {
    "BroadcastTo": _broadcast_to,
    "ExpandDims": _reshape,
    "Flatten": _reshape,
    "OneHot": _one_hot,
    "PadAkg": _pad,
    "Reshape": _reshape,
    "Squeeze": _reshape,
    "Transpose": _transpose,
}
