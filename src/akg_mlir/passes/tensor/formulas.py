"""Functions the vector unit lacks, from those it has: add sub mul div max min exp ln sqrt.

All formulas work on f32 values; callers cast at the borders.
"""

from __future__ import annotations

import math

from xdsl.dialects.builtin import TensorType, f32, i32
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression

# erf(x) = x P(x^2) / Q(x^2) for |x| <= 4, beyond which it is 1 in f32. Coefficients from the
# highest power down, as in Eigen 3.4 (MathFunctionsImpl, generic_fast_erf_float); error < 4e-7.
_ERF_NUMERATOR = (
    -2.72614225801306e-10,
    2.77068142495902e-08,
    -2.10102402082508e-06,
    -5.69250639462346e-05,
    -7.34990630326855e-04,
    -2.95459980854025e-03,
    -1.60960333262415e-02,
)
_ERF_DENOMINATOR = (
    -1.45660718464996e-05,
    -2.13374055278905e-04,
    -1.68282697438203e-03,
    -7.37332916720468e-03,
    -1.42647390514189e-02,
)
_ERF_LIMIT = 4.0
_LARGEST_UNROLLED_POWER = 64
_LARGEST_ODD = float(1 << 24)
"""f32 numbers beyond are even integers."""


def divided_into(e: Expression, numerator: float, x: SSAValue) -> SSAValue:
    """`numerator / x`."""
    return e(te.DivOp(e.splat(numerator, f32), x))


def tanh(e: Expression, x: SSAValue) -> SSAValue:
    """`1 - 2 / (1 + exp(2x))`; exact at both infinities."""
    growth = e.shifted(e(te.ExpOp(e.scaled(x, 2.0))), 1.0)
    return e(te.SubOp(e.splat(1.0, f32), divided_into(e, 2.0, growth)))


def sigmoid(e: Expression, x: SSAValue) -> SSAValue:
    """`1 / (1 + exp(-x))`."""
    return divided_into(e, 1.0, e.shifted(e(te.ExpOp(e.scaled(x, -1.0))), 1.0))


def _clamped(e: Expression, x: SSAValue, limit: float) -> SSAValue:
    return e(te.MinOp(e(te.MaxOp(x, e.splat(-limit, f32))), e.splat(limit, f32)))


def horner(e: Expression, coefficients: tuple[float, ...], x: SSAValue) -> SSAValue:
    """The polynomial with those coefficients, from the highest power down."""
    value = e.shifted(e.scaled(x, coefficients[0]), coefficients[1])
    for coefficient in coefficients[2:]:
        value = e.shifted(e(te.MulOp(value, x)), coefficient)
    return value


def erf(e: Expression, x: SSAValue) -> SSAValue:
    """A clamped rational function, within 1e-6."""
    clamped = _clamped(e, x, _ERF_LIMIT)
    square = e(te.MulOp(clamped, clamped))
    numerator = e(te.MulOp(clamped, horner(e, _ERF_NUMERATOR, square)))
    return e(te.DivOp(numerator, horner(e, _ERF_DENOMINATOR, square)))


def gelu(e: Expression, x: SSAValue) -> SSAValue:
    """`x / 2 * (1 + erf(x / sqrt 2))`."""
    half = e.scaled(x, 0.5)
    return e(te.MulOp(half, e.shifted(erf(e, e.scaled(x, math.sqrt(0.5))), 1.0)))


def gelu_tanh(e: Expression, x: SSAValue) -> SSAValue:
    """`x / 2 * (1 + tanh u) = x / (1 + exp(-2u))`, `u = sqrt(2 / pi) * (x + 0.044715 x^3)`."""
    factor = -2 * math.sqrt(2 / math.pi)
    square = e(te.MulOp(x, x))
    exponent = e(te.MulOp(x, e.shifted(e.scaled(square, 0.044715 * factor), factor)))
    return e(te.DivOp(x, e.shifted(e(te.ExpOp(exponent)), 1.0)))


def one_hot(e: Expression, op: te.OneHotOp) -> SSAValue:
    """`max(0, min(1 - d, 1 + d))` of the distance `d` to every place, in wrapping i32: both terms
    are positive for `d = 0` only, since they add up to 2."""
    shape, depth = te.shape_of(op.operand), op.depth.value.data
    x = e.reshaped(op.operand, (*shape[: op.dim], 1, *shape[op.dim :]))
    row = TensorType(i32, (depth, *[1] * (len(shape) - op.dim)))
    above, below = (e(te.ConstantOp.of(range(k, depth + k), row)) for k in (1, -1))
    nearest = e(te.MinOp(e(te.SubOp(above, x)), e(te.SubOp(x, below))))
    hit = e(te.MaxOp(nearest, e.splat(0, i32)))
    on, off, element = op.on.value.data, op.off.value.data, te.element_of(op.result)
    if element == i32:
        return hit if (on, off) == (1, 0) else e.shifted(e.scaled(hit, on - off), off)
    value = e.cast(hit, f32)
    if off == 0:
        return value if on == 1 else e.scaled(value, on)
    chosen = e(te.CompareOp("gt", value, e.splat(0, f32)))
    return e(te.SelectOp(chosen, e.splat(on, f32), e.splat(off, f32)))


def softmax(e: Expression, x: SSAValue, axis: int) -> SSAValue:
    """The maximum is subtracted first, so that exp does not overflow."""
    largest = e(te.ReduceOp("max", x, [axis], keepdims=True))
    exponential = e(te.ExpOp(e(te.SubOp(x, largest))))
    total = e(te.ReduceOp("add", exponential, [axis], keepdims=True))
    return e(te.MulOp(exponential, divided_into(e, 1.0, total)))


def layer_norm(
    e: Expression,
    x: SSAValue,
    scale: SSAValue,
    bias: SSAValue | None,
    axes: tuple[int, ...],
    epsilon: float,
) -> SSAValue:
    """Two passes over the row: mean, then variance of the centred values."""
    share = 1.0 / math.prod(te.shape_of(x)[axis] for axis in axes)
    mean = e.scaled(e(te.ReduceOp("add", x, axes, keepdims=True)), share)
    centred = e(te.SubOp(x, mean))
    squares = e(te.ReduceOp("add", e(te.MulOp(centred, centred)), axes, keepdims=True))
    deviation = e(te.SqrtOp(e.shifted(e.scaled(squares, share), epsilon)))
    normal = e(te.MulOp(e(te.MulOp(centred, divided_into(e, 1.0, deviation))), scale))
    return normal if bias is None else e(te.AddOp(normal, bias))


def batch_norm(
    e: Expression,
    x: SSAValue,
    scale: SSAValue,
    bias: SSAValue,
    mean: SSAValue,
    variance: SSAValue,
    epsilon: float,
) -> SSAValue:
    """One product and one sum per element; factor and term are computed once per channel."""
    deviation = e(te.SqrtOp(e.shifted(variance, epsilon)))
    factor = e(te.DivOp(scale, deviation))
    return e(te.AddOp(e(te.MulOp(e(te.SubOp(x, mean)), factor)), bias))


def power_by_constant(e: Expression, x: SSAValue, exponent: float) -> SSAValue:
    """`x ** exponent` by products and roots where possible, else by exp and ln.

    ln of a negative base is NaN, as is the power.
    """
    if exponent == int(exponent) and abs(exponent) <= _LARGEST_UNROLLED_POWER:
        return integral_power(e, x, int(exponent))
    if exponent == 0.5:
        return e(te.SqrtOp(x))
    if exponent == int(exponent):
        return power(e, x, e.splat(exponent, f32))
    return e(te.ExpOp(e.scaled(e(te.LogOp(x)), exponent)))


def integral_power(e: Expression, x: SSAValue, exponent: int) -> SSAValue:
    """`x ** exponent` by squaring; a negative exponent divides at the end."""
    if exponent < 0:
        return e(te.DivOp(e.splat(1.0, te.element_of(x)), integral_power(e, x, -exponent)))
    product, square = None, x
    while exponent:
        if exponent & 1:
            product = square if product is None else e(te.MulOp(product, square))
        exponent >>= 1
        if exponent:
            square = e(te.MulOp(square, square))
    if product is None:
        one = e.splat(1.0, te.element_of(x))
        return e(te.BroadcastToOp(one, te.shape_of(x)))
    return product


def power(e: Expression, x: SSAValue, exponent: SSAValue) -> SSAValue:
    """`exp(b ln |a|)`, negative for a negative base and an odd exponent; `a ** 0 = 1`.

    A negative base with a fractional exponent gives NaN.
    """
    zero = e.splat(0.0, f32)
    size = e(te.ExpOp(e(te.MulOp(exponent, e(te.LogOp(e(te.AbsOp(x))))))))
    clamped = e(
        te.MinOp(e(te.MaxOp(exponent, e.splat(-_LARGEST_ODD, f32))), e.splat(_LARGEST_ODD, f32))
    )
    half = e.scaled(clamped, 0.5)
    even = e(te.CompareOp("eq", half, _truncated(e, half)))
    signed = e(te.SelectOp(even, size, e.scaled(size, -1.0)))
    integral = e(te.CompareOp("eq", clamped, _truncated(e, clamped)))
    defined = e(te.SelectOp(integral, signed, e.splat(math.nan, f32)))
    result = e(te.SelectOp(e(te.CompareOp("lt", x, zero)), defined, size))
    one = e.splat(1.0, f32)
    return e(te.SelectOp(e(te.CompareOp("eq", exponent, zero)), one, result))


def _truncated(e: Expression, x: SSAValue) -> SSAValue:
    return e(te.CastOp(e(te.CastOp(x, i32)), f32))
