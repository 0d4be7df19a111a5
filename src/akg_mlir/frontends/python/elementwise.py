"""Element-wise functions of tensors; operands broadcast as in numpy."""

from __future__ import annotations

from functools import partial
from typing import Literal

from akg_mlir.dialects import te
from akg_mlir.frontends.python.dtypes import element_type
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import (
    Operand,
    Tensor,
    broadcast_axes,
    elementwise,
    operands_of,
)


def abs(x: Tensor) -> Tensor:
    """Absolute value."""
    return elementwise(te.AbsOp, x)


def exp(x: Tensor) -> Tensor:
    """`e ** x`."""
    return elementwise(te.ExpOp, x)


def log(x: Tensor) -> Tensor:
    """Natural logarithm."""
    return elementwise(te.LogOp, x)


def sqrt(x: Tensor) -> Tensor:
    """Square root."""
    return elementwise(te.SqrtOp, x)


def rsqrt(x: Tensor) -> Tensor:
    """`1 / sqrt(x)`."""
    return elementwise(te.RsqrtOp, x)


def reciprocal(x: Tensor) -> Tensor:
    """`1 / x`."""
    return elementwise(te.ReciprocalOp, x)


def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return elementwise(te.TanhOp, x)


def erf(x: Tensor) -> Tensor:
    """Error function."""
    return elementwise(te.ErfOp, x)


def sigmoid(x: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return elementwise(te.SigmoidOp, x)


def relu(x: Tensor) -> Tensor:
    """`max(x, 0)`."""
    return elementwise(te.ReluOp, x)


def gelu(x: Tensor, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """Gelu by erf, or by the usual tanh formula."""
    if approximate not in ("none", "tanh"):
        raise error(f"gelu is not approximated by {approximate!r}", hint='take "none" or "tanh"')
    return elementwise(partial(te.GeluOp, approximate=approximate), x)


def logical_not(x: Tensor) -> Tensor:
    """Not, of truth values, or of all bits of integers (`~x`)."""
    return elementwise(te.NotOp, x)


def maximum(x: Operand, y: Operand) -> Tensor:
    """The larger of two elements; NaN if one is."""
    return elementwise(te.MaxOp, x, y)


def minimum(x: Operand, y: Operand) -> Tensor:
    """The smaller of two elements; NaN if one is."""
    return elementwise(te.MinOp, x, y)


def clip(x: Tensor, low: Operand, high: Operand) -> Tensor:
    """`minimum(maximum(x, low), high)`."""
    return minimum(maximum(x, low), high)


def div(x: Operand, y: Operand) -> Tensor:
    """The quotient; of integers truncated towards zero, 0 where y is 0."""
    return elementwise(te.DivOp, x, y)


def rem(x: Operand, y: Operand) -> Tensor:
    """What `div` leaves of integers, with the sign of `x`; 0 where y is 0."""
    return elementwise(te.RemOp, x, y)


def power(x: Operand, y: Operand) -> Tensor:
    """`x ** y`."""
    return elementwise(te.PowOp, x, y)


def where(condition: Tensor, x: Operand, y: Operand) -> Tensor:
    """`x` where the condition holds, else `y`."""
    if not isinstance(x, Tensor) and not isinstance(y, Tensor):
        raise error(
            "both values of akg.where are numbers, so the element type is not known",
            hint="make one a tensor: akg.full((), value, akg.f32)",
        )
    (_, [chosen]), (trace, values) = operands_of(condition), operands_of(x, y)
    tensors = [chosen, *values]
    axes = broadcast_axes(tensors)
    return Tensor(trace.emit(lambda: te.SelectOp(*(t.value for t in tensors))), trace, axes)


def cast(x: Tensor, dtype: type[Tensor]) -> Tensor:
    """Elements of another type, such as akg.f32; see te.cast for rounding and saturation."""
    element = element_type(dtype)
    if te.element_of(x.value) == element:
        return x
    return elementwise(partial(te.CastOp, element_type=element), x)
