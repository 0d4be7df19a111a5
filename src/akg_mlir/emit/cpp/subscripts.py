"""Byte offsets into tensors and buffers as one index per dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import mul

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineExpr,
)


def row_major_strides(shape: Sequence[int], unit: int) -> list[int]:
    """Distance between neighbours in each dimension, `unit` apart in the last one."""
    return list(accumulate(reversed(shape[1:]), mul, initial=unit))[::-1]


def subscripts(
    offset: AffineExpr, shape: Sequence[int], unit: int
) -> tuple[AffineExpr, ...] | None:
    """Indices of the element at `offset` of a row-major array whose elements have size `unit`.

    Every term goes to the outermost dimensions that its factor fills, so that the indices name the
    same place whatever the values are. None where a factor is no multiple of `unit`; trailing zeros
    are left out.
    """
    strides = row_major_strides(shape, unit)
    indices = [AffineExpr.constant(0) for _ in shape]
    for factor, value in _terms(offset, 1):
        left = abs(factor)
        for dim, (size, stride) in enumerate(zip(shape, strides)):
            if size == 1:
                continue
            count, left = divmod(left, stride)
            if count:
                term = value * (count if factor > 0 else -count)
                indices[dim] = term if _is_zero(indices[dim]) else indices[dim] + term
        if left:
            return None
    while indices and _is_zero(indices[-1]):
        indices.pop()
    return tuple(indices)


def _is_zero(expr: AffineExpr) -> bool:
    return isinstance(expr, AffineConstantExpr) and expr.value == 0


def _terms(expr: AffineExpr, factor: int) -> Iterator[tuple[int, AffineExpr]]:
    """The factors and values of a sum."""
    match expr:
        case AffineConstantExpr():
            if expr.value:
                yield factor * expr.value, AffineExpr.constant(1)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Add):
            yield from _terms(expr.lhs, factor)
            yield from _terms(expr.rhs, factor)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Mul, rhs=AffineConstantExpr() as by):
            yield from _terms(expr.lhs, factor * by.value)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Mul, lhs=AffineConstantExpr() as by):
            yield from _terms(expr.rhs, factor * by.value)
        case _:
            yield factor, expr
