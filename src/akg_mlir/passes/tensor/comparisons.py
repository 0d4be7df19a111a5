"""Truth values, and bytes (i8, ui8), by what the vector unit has.

It compares f16 and f32, and selects at once between values of the type it compared. Truth values
that other ops read are numbers of f16 there, 0 or 1, and bytes in memory, as numbers of 8 bits are.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import f16, f32, i1, i8, i32
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression
from akg_mlir.reference.te import constant_array

_EXACT: dict[Attribute, int] = {f16: 1 << 11, f32: 1 << 24}
"""Integers of smaller magnitude are numbers of the type; others round to at least this."""
_ENDS: dict[Attribute, tuple[int, int]] = {i8: (-128, 127), te.ui8: (0, 255)}


def cast(e: Expression, op: te.CastOp) -> SSAValue | None:
    """To truth values by a comparison; from one by a selection, where it compares the same type.
    Bytes come from f16 and go there, by i32 where numbers may be out of range."""
    x, source, target = op.operand, te.element_of(op.operand), te.element_of(op.results[0])
    if source == target:
        return None
    if target == i1:
        return e(te.CompareOp("ne", x, e.splat(0, source)))
    if target in te.BYTES:
        return _to_bytes(e, x, source, target)
    if source in te.BYTES and target in (f32, i32):
        return e.cast(x, f16)
    if isinstance(x.owner, te.CompareOp) and te.element_of(x.owner.lhs) == target:
        return e(te.SelectOp(x, e.splat(1, target), e.splat(0, target)))
    return None


def _to_bytes(e: Expression, x: SSAValue, source: Attribute, target: Attribute) -> SSAValue | None:
    """f32 saturates; of i32 the last 8 bits remain, which are the first ones of a product."""
    if source in te.BYTES:
        return e.cast(x, i32)
    if source == i1:
        return e.cast(x, f16)
    if source == f32:
        least, largest = _ENDS[target]
        integer = e.cast(x, i32)
        capped = e(te.MinOp(e(te.MaxOp(integer, e.splat(least, i32))), e.splat(largest, i32)))
        return e.cast(capped, f16)
    if source == i32:
        high = e(te.MulOp(x, e.splat(1 << 24, i32)))
        low = e.scaled(e.cast(high, f32), 1 / (1 << 24))
        if target == te.ui8:
            is_negative = e(te.CompareOp("lt", low, e.splat(0, f32)))
            low = e(te.SelectOp(is_negative, e.shifted(low, 256), low))
        return e.cast(low, f16)
    return None


def compare(e: Expression, op: te.CompareOp) -> SSAValue | None:
    """Of ui8 in f16, which has all of it."""
    if te.element_of(op.lhs) != te.ui8:
        return None
    return e(te.CompareOp(op.predicate.data, e.cast(op.lhs, f16), e.cast(op.rhs, f16)))


def select(e: Expression, op: te.SelectOp) -> SSAValue | None:
    """Of truth values by logic, of bytes in f16. By two comparisons: one selection inside the
    other. Of integers that are known to be small in the type that is compared."""
    condition, on, off = op.operands
    if te.element_of(on) == i1:
        return _of_truths(e, condition, on, off)
    if te.element_of(on) in te.BYTES:
        return e(te.SelectOp(condition, e.cast(on, f16), e.cast(off, f16)))
    match condition.owner:
        case te.AndOp(lhs=lhs, rhs=rhs) if _are_compared(lhs, rhs):
            return e(te.SelectOp(lhs, e(te.SelectOp(rhs, on, off)), off))
        case te.OrOp(lhs=lhs, rhs=rhs) if _are_compared(lhs, rhs):
            return e(te.SelectOp(lhs, on, e(te.SelectOp(rhs, on, off))))
        case te.NotOp(operand=inner):
            return e(te.SelectOp(inner, off, on))
        case te.CompareOp(lhs=lhs) if te.element_of(on) == i32:
            element = te.element_of(lhs)
            if element in _EXACT and _is_small(on, element) and _is_small(off, element):
                return e(te.SelectOp(condition, e.cast(on, element), e.cast(off, element)))
        case _:
            pass
    return None


def _of_truths(e: Expression, condition: SSAValue, on: SSAValue, off: SSAValue) -> SSAValue:
    others = e(te.AndOp(e(te.NotOp(condition)), off))
    return e(te.OrOp(e(te.AndOp(condition, on)), others))


def _are_compared(*conditions: SSAValue) -> bool:
    """Whether all come from comparisons: selections by such do not make truth values."""
    return all(isinstance(condition.owner, te.CompareOp) for condition in conditions)


def _is_small(value: SSAValue, element: Attribute) -> bool:
    """Whether the integers of a constant are all smaller than what `element` tells apart."""
    if not isinstance(value.owner, te.ConstantOp):
        return False
    return bool(np.all(np.abs(constant_array(value.owner).astype(np.int64)) < _EXACT[element]))
