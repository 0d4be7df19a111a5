"""Tensors in FRACTAL_NZ: `[.., M, N]` stored as `[.., n1, m1, 16, 16]`, blocks of columns first.

A text gives such a tensor its stored shape. Operators that work element by element take it as it
is; a plain operand next to it is brought to its form.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL
from akg_mlir.frontends.composite.translation import Node

FRACTAL_NZ = "FRACTAL_NZ"


def aligned_operands(node: Node, count: int | None = None) -> list[SSAValue]:
    """The operands of an element-wise operator (as many as it takes, if given), in one form."""
    stored = [tensor.format == FRACTAL_NZ for tensor in node.operation.operands]
    operands = node.operands(count)
    if not any(stored) or all(stored):
        return operands
    return [v if kept else _stored(node, v) for v, kept in zip(operands, stored)]


def plain_matrix(node: Node, index: int) -> SSAValue:
    """An operand as `[.., M, N]`."""
    value = node.operand(index)
    if node.mentioned(index).format != FRACTAL_NZ:
        return value
    shape = te.shape_of(value)
    if len(shape) < 4 or shape[-2:] != (FRACTAL, FRACTAL):
        raise node.error(
            f"operand {index} in {FRACTAL_NZ} has shape {list(shape)}",
            hint="its last dimensions are blocks of columns, blocks of rows, 16, 16",
        )
    *batch, columns, rows, _, _ = shape
    plain = (*batch, rows * FRACTAL, columns * FRACTAL)
    return node.emit(te.UnpackOp(value, "nz", plain))


def _stored(node: Node, value: SSAValue) -> SSAValue:
    """A plain operand in FRACTAL_NZ; its dimensions of size 1 keep broadcasting."""
    shape = te.shape_of(value)
    if all(size == 1 for size in shape):
        return value
    *batch, m, n = (1,) * (2 - len(shape)) + shape
    (m1, m0), (n1, n0) = _blocks(node, m), _blocks(node, n)
    if 1 in (m, n):
        return node.reshaped(value, (*batch, n1, m1, m0, n0))
    cut = node.reshaped(value, (*batch, m1, m0, n1, n0))
    rank = len(batch)
    perm: Sequence[int] = (*range(rank), rank + 2, rank, rank + 1, rank + 3)
    return node.emit(te.TransposeOp(cut, perm))


def _blocks(node: Node, size: int) -> tuple[int, int]:
    if size == 1:
        return 1, 1
    if size % FRACTAL:
        raise node.error(
            f"a plain operand has {size} rows or columns next to one in {FRACTAL_NZ}",
            hint=f"takes multiples of {FRACTAL}, or 1",
        )
    return size // FRACTAL, FRACTAL
