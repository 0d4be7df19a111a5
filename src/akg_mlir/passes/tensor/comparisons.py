"""Comparisons and selections in the element types that the vector unit has them for.

It compares f16 and f32, and selects values of the type it compared.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f16, f32, i32
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression
from akg_mlir.reference.te import constant_array

_EXACT: dict[Attribute, int] = {f16: 1 << 11, f32: 1 << 24}
"""Integers of smaller magnitude are numbers of the type; others round to at least this."""


def compare(e: Expression, op: te.CompareOp) -> SSAValue | None:
    """i32 in f32: exact if one side is known to be small, else by differences, which may wrap but
    are zero only for equal numbers."""
    a, b, kind = op.lhs, op.rhs, op.predicate.data
    if te.element_of(a) != i32:
        return None
    if _is_small(a, f32) or _is_small(b, f32):
        return e(te.CompareOp(kind, e.cast(a, f32), e.cast(b, f32)))
    if kind in (te.Predicate.GT, te.Predicate.LE):
        a, b = b, a
    if kind in (te.Predicate.EQ, te.Predicate.NE):
        differs = e(te.SubOp(a, b))
    else:  # a < b exactly if the larger one is not a
        differs = e(te.SubOp(e(te.MaxOp(a, b)), a))
    equal = kind in (te.Predicate.EQ, te.Predicate.GE, te.Predicate.LE)
    return e(te.CompareOp("eq" if equal else "ne", e.cast(differs, f32), e.splat(0.0, f32)))


def select(e: Expression, op: te.SelectOp) -> SSAValue | None:
    """Values of another type than the compared ones: floats in f32; integers in the compared type
    if they are known to be small, else by a product with 0 or 1."""
    on, off, condition = op.on_true, op.on_false, op.condition.owner
    if not isinstance(condition, te.CompareOp):
        return None
    compared, selected = te.element_of(condition.lhs), te.element_of(on)
    if compared not in _EXACT or selected == compared or selected not in (f16, f32, i32):
        return None
    if selected != i32:
        sides = (e.cast(v, f32) for v in condition.operands)
        wide = e(te.CompareOp(condition.predicate.data, *sides))
        return e(te.SelectOp(wide, e.cast(on, f32), e.cast(off, f32)))
    if _is_small(on, compared) and _is_small(off, compared):
        return e(te.SelectOp(condition.result, e.cast(on, compared), e.cast(off, compared)))
    one, zero = e.splat(1, compared), e.splat(0, compared)
    chosen = e.cast(e(te.SelectOp(condition.result, one, zero)), i32)
    return e(te.AddOp(off, e(te.MulOp(chosen, e(te.SubOp(on, off))))))


def _is_small(value: SSAValue, element: Attribute) -> bool:
    """Whether the integers of a constant are all smaller than what `element` tells apart."""
    if not isinstance(value.owner, te.ConstantOp):
        return False
    return bool(np.all(np.abs(constant_array(value.owner).astype(np.int64)) < _EXACT[element]))
