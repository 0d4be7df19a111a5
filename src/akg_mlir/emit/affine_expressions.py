"""Affine expressions as text of any language: only their operators differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
    AffineSymExpr,
)

from akg_mlir.diagnostics import CompileError

Operator = Callable[[AffineBinaryOpKind, str, str], str]
"""The text of an operation on two operands."""


def expression_text(
    expr: AffineExpr, operands: Sequence[str], dims: int, operator: Operator
) -> str:
    """An affine expression over `operands`: `dims` dimensions, then symbols."""
    match expr:
        case AffineConstantExpr():
            return str(expr.value)
        case AffineDimExpr():
            return operands[expr.position]
        case AffineSymExpr():
            return operands[dims + expr.position]
        case AffineBinaryOpExpr():
            lhs = expression_text(expr.lhs, operands, dims, operator)
            rhs = expression_text(expr.rhs, operands, dims, operator)
            return operator(expr.kind, lhs, rhs)
        case _:
            raise CompileError(f"not an affine expression: {expr}")


def result_texts(map_: AffineMap, operands: Sequence[str], operator: Operator) -> list[str]:
    """Every result of an affine map."""
    return [expression_text(e, operands, map_.num_dims, operator) for e in map_.results]
