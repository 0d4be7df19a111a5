"""ONNX MatMul and Gemm, with numpy's rules for vectors and leading dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _broadcast(node: Node, value: SSAValue, shape: Sequence[int]) -> SSAValue:
    if shape_of(value) == tuple(shape):
        return value
    return node.emit(te.BroadcastToOp(value, shape))


def _matmul(node: Node) -> Sequence[Value]:
    return [matrix_product(node, node.operand(0), node.operand(1))]


def matrix_product(
    node: Node, lhs: SSAValue, rhs: SSAValue, element: Attribute | None = None
) -> SSAValue:
    """The product as numpy's `matmul` has it, in the type of the factors or another one. Vectors
    become a row or a column, whose dimension the result drops again."""
    left, right = shape_of(lhs), shape_of(rhs)
    lhs = node.reshaped(lhs, (1, *left)) if len(left) == 1 else lhs
    rhs = node.reshaped(rhs, (*right, 1)) if len(right) == 1 else rhs
    product = _product_of_matrices(node, lhs, rhs, element)
    shape = list(shape_of(product))
    if len(left) == 1:
        del shape[-2]
    if len(right) == 1:
        del shape[-1]
    return node.reshaped(product, shape)


def _product_of_matrices(
    node: Node, lhs: SSAValue, rhs: SSAValue, element: Attribute | None
) -> SSAValue:
    left, right = shape_of(lhs), shape_of(rhs)
    if left[-1] != right[-2]:
        raise node.error(f"{left} and {right} do not agree on the contracted dimension")
    result = (*np.broadcast_shapes(left[:-2], right[:-2]), left[-2], right[-1])
    if prod(right[:-2]) == 1:
        # One matrix for every row of the left operand: rows of all batches form one matrix.
        rows = node.reshaped(lhs, (prod(left[:-1]), left[-1]))
        matrix = node.reshaped(rhs, right[-2:])
        return node.reshaped(node.emit(te.MatmulOp(rows, matrix, element_type=element)), result)
    batch = result[:-2]
    lhs = _broadcast(node, lhs, (*batch, *left[-2:]))
    rhs = _broadcast(node, rhs, (*batch, *right[-2:]))
    return node.emit(te.BatchMatmulOp(lhs, rhs, element_type=element))


def _gemm(node: Node) -> Sequence[Value]:
    product = node.emit(
        te.MatmulOp(
            node.operand(0),
            node.operand(1),
            transpose_a=bool(node.int_attr("transA", 0)),
            transpose_b=bool(node.int_attr("transB", 0)),
        )
    )
    product = _scaled(node, product, node.float_attr("alpha", 1.0))
    beta = node.float_attr("beta", 1.0)
    if node.has(2) and beta != 0.0:
        product = node.emit(te.AddOp(product, _scaled(node, node.operand(2), beta)))
    return [product]


def _scaled(node: Node, value: SSAValue, factor: float) -> SSAValue:
    if factor == 1.0:
        return value
    return node.emit(te.MulOp(value, node.scalar(factor, element_of(value))))


HANDLERS: dict[str, Handler] = {"Gemm": _gemm, "MatMul": _matmul}
