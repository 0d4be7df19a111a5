"""ONNX RotaryEmbedding: pairs of elements of each head turned by angles of their place."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


def _rotary_embedding(node: Node) -> Sequence[Value]:
    """`[batch, heads, places, size]`, or `[batch, places, heads * size]`; of each head the first
    `rotary_embedding_dim` elements are turned."""
    operand = node.operand(0)
    shape = shape_of(operand)
    heads_inside = len(shape) == 3
    if heads_inside:
        heads = node.int_attr("num_heads", 0)
        if heads < 1 or shape[2] % heads:
            raise node.error(f"{shape} is not split into num_heads = {heads}")
        operand = node.reshaped(operand, (*shape[:2], heads, shape[2] // heads))
    size = shape_of(operand)[3]
    turning = node.int_attr("rotary_embedding_dim", 0) or size
    if turning % 2 or turning > size:
        raise node.error(f"{turning} of {size} elements of a head do not make pairs")
    first, second = _pairs(node, operand, turning)
    cosine, sine = (_angles(node, index, heads_inside, turning // 2) for index in (1, 2))
    real = _difference(node, first, cosine, second, sine)
    imaginary = _sum(node, first, sine, second, cosine)
    turned = _together(node, real, imaginary)
    rest = [part_of(node, operand, 3, range(turning, size))] if turning < size else []
    return [node.reshaped(joined([turned, *rest], 3, node.emit), shape)]


def _pairs(node: Node, operand: SSAValue, turning: int) -> tuple[SSAValue, SSAValue]:
    """The elements of each pair: neighbours when `interleaved`, else from both halves."""
    if node.int_attr("interleaved", 0):
        ranges = range(0, turning, 2), range(1, turning, 2)
    else:
        ranges = range(turning // 2), range(turning // 2, turning)
    first, second = (part_of(node, operand, 3, places) for places in ranges)
    return first, second


def _together(node: Node, real: SSAValue, imaginary: SSAValue) -> SSAValue:
    if not node.int_attr("interleaved", 0):
        return joined([real, imaginary], 3, node.emit)
    *outer, pairs = shape_of(real)
    columns = [node.reshaped(x, (*outer, pairs, 1)) for x in (real, imaginary)]
    return node.reshaped(joined(columns, 4, node.emit), (*outer, 2 * pairs))


def _angles(node: Node, index: int, heads_inside: bool, pairs: int) -> SSAValue:
    """Cosines or sines `[batch, places, pairs]`, of all heads: those given, or rows of a table."""
    table = node.operand(index)
    if node.has(3):
        table = node.emit(te.GatherOp(table, node.operand(3), 0, from_end=True))
    batch, places_count, count = shape_of(table)
    if count != pairs:
        raise node.error(f"angles of {count} pairs are given, {pairs} are turned")
    if heads_inside:
        return node.reshaped(table, (batch, places_count, 1, count))
    return node.reshaped(table, (batch, 1, places_count, count))


def _difference(node: Node, a: SSAValue, b: SSAValue, c: SSAValue, d: SSAValue) -> SSAValue:
    """`a * b - c * d`."""
    return node.emit(te.SubOp(node.emit(te.MulOp(a, b)), node.emit(te.MulOp(c, d))))


def _sum(node: Node, a: SSAValue, b: SSAValue, c: SSAValue, d: SSAValue) -> SSAValue:
    """`a * b + c * d`."""
    return node.emit(te.AddOp(node.emit(te.MulOp(a, b)), node.emit(te.MulOp(c, d))))


HANDLERS: dict[str, Handler] = {"RotaryEmbedding": _rotary_embedding}
