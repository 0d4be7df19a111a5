"""Rounding to integers, in f32: numbers of 2^23 and more are integers already.

Adding 2^23 to a smaller positive number rounds it, to nearest even.
"""

from __future__ import annotations

from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression

_ALL_INTEGERS = float(1 << 23)
"""f32 numbers from here on have no fraction."""


def nearest(e: Expression, x: SSAValue) -> SSAValue:
    """The nearest integer, the even one of two; infinities and NaN are themselves."""
    size = e(te.AbsOp(x))
    integral = e.shifted(e.shifted(size, _ALL_INTEGERS), -_ALL_INTEGERS)
    negative = e(te.CompareOp("lt", x, e.splat(0, f32)))
    signed = e(te.SelectOp(negative, e.scaled(integral, -1), integral))
    fractional = e(te.CompareOp("lt", size, e.splat(_ALL_INTEGERS, f32)))
    return e(te.SelectOp(fractional, signed, x))


def floor(e: Expression, x: SSAValue) -> SSAValue:
    """One less than the nearest integer where that is larger."""
    integer = nearest(e, x)
    larger = e(te.CompareOp("gt", integer, x))
    return e(te.SelectOp(larger, e.shifted(integer, -1), integer))


def ceil(e: Expression, x: SSAValue) -> SSAValue:
    """One more than the nearest integer where that is smaller."""
    integer = nearest(e, x)
    smaller = e(te.CompareOp("lt", integer, x))
    return e(te.SelectOp(smaller, e.shifted(integer, 1), integer))
