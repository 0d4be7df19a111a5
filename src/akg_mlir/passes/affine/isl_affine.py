"""isl expressions as xDSL affine expressions."""

from __future__ import annotations

from functools import reduce
from operator import add

import islpy as isl
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.diagnostics import CompileError

DIM = isl.dim_type


def to_affine(expression: isl.Aff) -> AffineExpr:
    """A quasi-affine isl expression over its dimensions, `floor` as `floordiv`.

    Raises `CompileError` for an expression with parameters or that is not an integer.
    """
    if expression.dim(DIM.param) or not expression.get_denominator_val().is_one():
        raise CompileError(f"an index has parameters or is not an integer: {expression}")
    terms: list[AffineExpr] = []
    for kind in (DIM.in_, DIM.div):
        for k in range(expression.dim(kind)):
            factor = int(expression.get_coefficient_val(kind, k).to_python())
            if factor:
                dim = kind == DIM.in_
                term = AffineExpr.dimension(k) if dim else _floor(expression.get_div(k))
                terms.append(term if factor == 1 else term * factor)
    constant = int(expression.get_constant_val().to_python())
    if constant or not terms:
        terms.append(AffineExpr.constant(constant))
    return reduce(add, terms)


def to_affine_map(expressions: tuple[isl.Aff, ...], dims: int) -> AffineMap:
    """The map of `dims` dimensions to these expressions."""
    return AffineMap(dims, 0, tuple(to_affine(e) for e in expressions))


def _floor(division: isl.Aff) -> AffineExpr:
    """`floor(numerator / denominator)` of an isl division."""
    denominator = division.get_denominator_val()
    numerator = to_affine(division.scale_val(denominator))
    return numerator // int(denominator.to_python())
