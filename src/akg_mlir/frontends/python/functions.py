"""Angles, hyperbolic functions and rounding of floats."""

from __future__ import annotations

from akg_mlir.dialects import te
from akg_mlir.frontends.python.tensor import Tensor, elementwise


def sin(x: Tensor) -> Tensor:
    """Sine; angles are in radians."""
    return elementwise(te.SinOp, x)


def cos(x: Tensor) -> Tensor:
    """Cosine."""
    return elementwise(te.CosOp, x)


def tan(x: Tensor) -> Tensor:
    """Tangent."""
    return elementwise(te.TanOp, x)


def asin(x: Tensor) -> Tensor:
    """Arc sine, -pi/2 to pi/2; NaN outside of -1 .. 1."""
    return elementwise(te.AsinOp, x)


def acos(x: Tensor) -> Tensor:
    """Arc cosine, 0 to pi; NaN outside of -1 .. 1."""
    return elementwise(te.AcosOp, x)


def atan(x: Tensor) -> Tensor:
    """Arc tangent, -pi/2 to pi/2."""
    return elementwise(te.AtanOp, x)


def sinh(x: Tensor) -> Tensor:
    """Hyperbolic sine."""
    return elementwise(te.SinhOp, x)


def cosh(x: Tensor) -> Tensor:
    """Hyperbolic cosine."""
    return elementwise(te.CoshOp, x)


def asinh(x: Tensor) -> Tensor:
    """Inverse of the hyperbolic sine."""
    return elementwise(te.AsinhOp, x)


def acosh(x: Tensor) -> Tensor:
    """Inverse of the hyperbolic cosine; NaN below 1."""
    return elementwise(te.AcoshOp, x)


def atanh(x: Tensor) -> Tensor:
    """Inverse of the hyperbolic tangent; infinite at -1 and 1, NaN beyond."""
    return elementwise(te.AtanhOp, x)


def floor(x: Tensor) -> Tensor:
    """The largest integer that is not larger."""
    return elementwise(te.FloorOp, x)


def ceil(x: Tensor) -> Tensor:
    """The smallest integer that is not smaller."""
    return elementwise(te.CeilOp, x)


def round(x: Tensor) -> Tensor:
    """The nearest integer; the even one of two equally near."""
    return elementwise(te.RoundOp, x)
