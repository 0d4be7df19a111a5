"""Trigonometric and hyperbolic functions in f32, from add sub mul div max min exp ln sqrt abs.

Errors are relative to the result, and within 1e-6 unless stated: small results of small arguments
keep their digits.
"""

from __future__ import annotations

import math

from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor import rounding
from akg_mlir.passes.tensor.formulas import divided_into, horner
from akg_mlir.passes.tensor.rewriting import Expression

# pi in three parts of so few bits that their products with integers below 2^13 are exact
# (Cody and Waite's reduction; the parts are those of Cephes, sinf).
_PI = (3.140625, 9.67502593994140625e-4, 1.509957990978376432e-7)

# sin(x) = x P(x^2) on -pi/2 .. pi/2: Taylor's series up to x^13, error below 1e-9.
_SINE = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(6, -1, -1))
# sinh(x) = x P(x^2) on -1 .. 1: Taylor's series up to x^9, error below 3e-8.
_SINH = tuple(1 / math.factorial(2 * k + 1) for k in range(4, -1, -1))
# arctan(x) = x P(x^2) on 0 .. 1 (Abramowitz and Stegun 4.4.49), error below 2e-8.
_ARCTAN = (
    0.0028662257,
    -0.0161657367,
    0.0429096138,
    -0.0752896400,
    0.1065626393,
    -0.1420889944,
    0.1999355085,
    -0.3333314528,
    1.0,
)
# arcsin(x) = x + x^3 P(x^2) on 0 .. 0.5 (Cephes, asinf), error below 3e-7.
_ARCSIN = (4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1)


def sin(e: Expression, x: SSAValue) -> SSAValue:
    """`sin(x)`, within 1e-6 of the larger of the result and 1e-3 for `|x| <= 12867` (2^12 pi).

    Larger arguments count as off by up to a few of their own last places.
    """
    turns = rounding.nearest(e, e.scaled(x, 1 / math.pi))
    return _sine_of_rest(e, x, turns, turns)


def cos(e: Expression, x: SSAValue) -> SSAValue:
    """`cos(x) = sin(x + pi / 2)`, as exact as `sin`."""
    turns = rounding.nearest(e, e.shifted(e.scaled(x, 1 / math.pi), -0.5))
    return _sine_of_rest(e, x, e.shifted(turns, 0.5), e.shifted(turns, 1))


def _sine_of_rest(e: Expression, x: SSAValue, turns: SSAValue, sign: SSAValue) -> SSAValue:
    """The sine of `x - turns * pi`, negated where `sign` is odd."""
    rest = x
    for part in _PI:
        rest = e(te.SubOp(rest, e.scaled(turns, part)))
    rest = e(te.MinOp(e(te.MaxOp(rest, e.splat(-math.pi, f32))), e.splat(math.pi, f32)))
    odd = e(te.SubOp(sign, e.scaled(rounding.nearest(e, e.scaled(sign, 0.5)), 2)))
    factor = e.shifted(e.scaled(e(te.MulOp(odd, odd)), -2), 1)
    return e(te.MulOp(e(te.MulOp(rest, factor)), _of_square(e, _SINE, rest)))


def tan(e: Expression, x: SSAValue) -> SSAValue:
    """`sin(x) / cos(x)`."""
    return e(te.DivOp(sin(e, x), cos(e, x)))


def atan(e: Expression, x: SSAValue) -> SSAValue:
    """Of `1 / |x|` where that is smaller: `atan(x) = pi / 2 - atan(1 / x)`."""
    size, one = e(te.AbsOp(x)), e.splat(1, f32)
    small = e(te.DivOp(e(te.MinOp(size, one)), e(te.MaxOp(size, one))))
    angle = e(te.MulOp(small, _of_square(e, _ARCTAN, small)))
    steep = e(te.CompareOp("gt", size, one))
    rest = e(te.SubOp(e.splat(math.pi / 2, f32), angle))
    return _with_sign(e, e(te.SelectOp(steep, rest, angle)), x)


def asin(e: Expression, x: SSAValue) -> SSAValue:
    """Beyond 0.5, `pi / 2 - 2 asin(sqrt((1 - x) / 2))`."""
    angle, large = _arc(e, x)
    rest = e(te.SubOp(e.splat(math.pi / 2, f32), e.scaled(angle, 2)))
    return _with_sign(e, e(te.SelectOp(large, rest, angle)), x)


def acos(e: Expression, x: SSAValue) -> SSAValue:
    """`pi / 2 - asin(x)`; beyond 0.5, `2 asin(sqrt((1 - x) / 2))`; beyond -0.5, pi less that."""
    angle, large = _arc(e, x)
    double, half_turn = e.scaled(angle, 2), e.splat(math.pi, f32)
    negative = e(te.CompareOp("lt", x, e.splat(0, f32)))
    outer = e(te.SelectOp(negative, e(te.SubOp(half_turn, double)), double))
    inner = e(te.SubOp(e.splat(math.pi / 2, f32), _with_sign(e, angle, x)))
    return e(te.SelectOp(large, outer, inner))


def _arc(e: Expression, x: SSAValue) -> tuple[SSAValue, SSAValue]:
    """`asin(|x|)`, or where |x| is larger than 0.5 `asin(sqrt((1 - |x|) / 2))`; and that
    condition."""
    size = e(te.AbsOp(x))
    large = e(te.CompareOp("gt", size, e.splat(0.5, f32)))
    half = e.shifted(e.scaled(size, -0.5), 0.5)
    square = e(te.SelectOp(large, half, e(te.MulOp(size, size))))
    root = e(te.SelectOp(large, e(te.SqrtOp(half)), size))
    cubic = e(te.MulOp(e(te.MulOp(root, square)), horner(e, _ARCSIN, square)))
    return e(te.AddOp(root, cubic)), large


def sinh(e: Expression, x: SSAValue) -> SSAValue:
    """`(exp|x| - exp(-|x|)) / 2`, a series below 1, where the difference loses digits."""
    size = e(te.AbsOp(x))
    growth, decay = _exponentials(e, size)
    large = e(te.CompareOp("gt", size, e.splat(1, f32)))
    near = e(te.MulOp(size, _of_square(e, _SINH, size)))
    return _with_sign(e, e(te.SelectOp(large, e(te.SubOp(growth, decay)), near)), x)


def cosh(e: Expression, x: SSAValue) -> SSAValue:
    """`(exp|x| + exp(-|x|)) / 2`."""
    growth, decay = _exponentials(e, e(te.AbsOp(x)))
    return e(te.AddOp(growth, decay))


def _exponentials(e: Expression, size: SSAValue) -> tuple[SSAValue, SSAValue]:
    """`exp(x) / 2` and `exp(-x) / 2` for `x >= 0`; the former overflows no sooner than it must."""
    root = e(te.ExpOp(e.scaled(size, 0.5)))
    growth = e(te.MulOp(e.scaled(root, 0.5), root))
    return growth, e.scaled(e(te.ExpOp(e.scaled(size, -1))), 0.5)


def asinh(e: Expression, x: SSAValue) -> SSAValue:
    """`ln(1 + a + a^2 / (1 + sqrt(1 + a^2)))` of `a = |x|`, written so that no square overflows."""
    size = e(te.AbsOp(x))
    inverse = divided_into(e, 1, size)
    root = e(te.SqrtOp(e.shifted(e(te.MulOp(inverse, inverse)), 1)))
    more = e(te.DivOp(size, e(te.AddOp(inverse, root))))
    return _with_sign(e, _log_of_one_plus(e, size, more), x)


def acosh(e: Expression, x: SSAValue) -> SSAValue:
    """`ln(1 + t + sqrt(t (t + 2)))` of `t = x - 1`, written so that no product overflows."""
    t = e.shifted(x, -1)
    root = e(te.MulOp(e(te.SqrtOp(t)), e(te.SqrtOp(e.shifted(t, 2)))))
    return _log_of_one_plus(e, t, root)


def atanh(e: Expression, x: SSAValue) -> SSAValue:
    """`ln(1 + 2 a / (1 - a)) / 2` of `a = |x|`."""
    size = e(te.AbsOp(x))
    quotient = e(te.DivOp(size, e(te.SubOp(e.splat(1, f32), size))))
    logarithm = _log_of_one_plus(e, quotient, quotient)
    return _with_sign(e, e.scaled(logarithm, 0.5), x)


def _log_of_one_plus(e: Expression, a: SSAValue, b: SSAValue) -> SSAValue:
    """`ln(1 + y)` for `y = a + b` of similar `a, b >= 0`.

    `u = 1 + y` is rounded, `ln(u) y / (u - 1)` makes up for that (W. Kahan's formula; D. Goldberg,
    What Every Computer Scientist Should Know, theorem 4). Where y is large, 1 makes no difference,
    and y may overflow: `ln((a + b) / 2) + ln 2`.
    """
    y = e(te.AddOp(a, b))
    one_more = e.shifted(y, 1)
    added = e.shifted(one_more, -1)
    corrected = e(te.MulOp(e(te.LogOp(one_more)), e(te.DivOp(y, added))))
    nothing = e(te.CompareOp("eq", added, e.splat(0, f32)))
    half = e(te.AddOp(e.scaled(a, 0.5), e.scaled(b, 0.5)))
    logarithm = e.shifted(e(te.LogOp(half)), math.log(2))
    large = e(te.CompareOp("gt", y, e.splat(1 << 25, f32)))
    return e(te.SelectOp(nothing, y, e(te.SelectOp(large, logarithm, corrected))))


def _of_square(e: Expression, coefficients: tuple[float, ...], x: SSAValue) -> SSAValue:
    return horner(e, coefficients, e(te.MulOp(x, x)))


def _with_sign(e: Expression, size: SSAValue, x: SSAValue) -> SSAValue:
    """`size` with the sign of `x`."""
    negative = e(te.CompareOp("lt", x, e.splat(0, f32)))
    return e(te.SelectOp(negative, e.scaled(size, -1), size))
