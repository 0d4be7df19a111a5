"""ONNX operators on matrices that move points: AffineGrid, and Det."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import Array, numpy_dtype
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _affine_grid(node: Node) -> Sequence[Value]:
    """Every point of a grid over -1 .. 1, moved by the matrix of each batch."""
    matrices = node.operand(0)
    batch, dims, _ = shape_of(matrices)
    sizes = node.known_ints(1, "size")[2:]
    if len(sizes) != dims:
        raise node.error(f"size has {len(sizes)} dimensions, the matrices move {dims}")
    points = _points(sizes, corners=bool(node.int_attr("align_corners", 0)))
    element = element_of(matrices)
    grid = node.constant(points.astype(numpy_dtype(element)))
    grid = node.emit(te.BroadcastToOp(grid, (batch, *points.shape)))
    moved = node.emit(te.BatchMatmulOp(grid, matrices, transpose_b=True))
    return [node.reshaped(moved, (batch, *sizes, dims))]


def _points(sizes: Sequence[int], *, corners: bool) -> Array:
    """The points and a 1, `[all, dimensions + 1]`; coordinates of the last dimension come first.

    With `corners`, -1 and 1 are the first and the last point, else half a step in front of and
    behind them; a single point is in the middle."""
    lines = [
        np.linspace(-1, 1, size) if corners and size > 1 else (2 * np.arange(size) + 1) / size - 1
        for size in sizes
    ]
    meshes = np.meshgrid(*lines, indexing="ij")
    columns = [mesh.ravel() for mesh in reversed(meshes)]
    return np.stack([*columns, np.ones(prod(sizes))], axis=1)


LARGEST_DETERMINANT = 4
"""Rows of a matrix whose determinant is written out: n! products."""


def _det(node: Node) -> Sequence[Value]:
    operand = node.operand(0)
    *batch, rows, columns = shape_of(operand)
    if rows != columns or rows > LARGEST_DETERMINANT:
        raise node.error(
            f"the determinant of {rows} x {columns} matrices is not supported",
            hint=f"square matrices of at most {LARGEST_DETERMINANT} rows are",
        )
    wide = node.reshaped(operand, (prod(batch), rows * rows))
    entries = [
        [node.emit(te.SliceOp(wide, (0, r * rows + c), (prod(batch), 1))) for c in range(rows)]
        for r in range(rows)
    ]
    return [node.reshaped(_expanded(node, entries), batch)]


def _expanded(node: Node, entries: list[list[SSAValue]]) -> SSAValue:
    """Laplace's expansion along the first row."""
    first, *rest = entries
    if not rest:
        return first[0]
    total: SSAValue | None = None
    for column, entry in enumerate(first):
        minor = _expanded(node, [row[:column] + row[column + 1 :] for row in rest])
        term = node.emit(te.MulOp(entry, minor))
        if total is None:
            total = term
        else:
            join = te.SubOp if column % 2 else te.AddOp
            total = node.emit(join(total, term))
    assert total is not None
    return total


HANDLERS: dict[str, Handler] = {"AffineGrid": _affine_grid, "Det": _det}
