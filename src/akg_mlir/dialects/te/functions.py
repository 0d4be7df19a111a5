"""Functions of floats that no unit has: `te-decompose` computes them in f32 by formulas.

`passes/tensor/trigonometry.py` and `rounding.py` there say how exactly.
"""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects import math
from xdsl.ir import Operation
from xdsl.irdl import irdl_op_definition

from akg_mlir.dialects.te.elementwise import FloatUnaryOp


class TrigonometricOp(FloatUnaryOp, ABC):
    """A trigonometric or hyperbolic function, or the inverse of one; angles are in radians."""


@irdl_op_definition
class SinOp(TrigonometricOp):
    """Sine."""

    name = "te.sin"
    SCALAR: ClassVar[type[Operation]] = math.SinOp


@irdl_op_definition
class CosOp(TrigonometricOp):
    """Cosine."""

    name = "te.cos"
    SCALAR: ClassVar[type[Operation]] = math.CosOp


@irdl_op_definition
class TanOp(TrigonometricOp):
    """Tangent."""

    name = "te.tan"
    SCALAR: ClassVar[type[Operation]] = math.TanOp


@irdl_op_definition
class AsinOp(TrigonometricOp):
    """Arc sine, -pi/2 to pi/2; NaN outside of -1 .. 1."""

    name = "te.asin"
    SCALAR: ClassVar[type[Operation]] = math.AsinOp


@irdl_op_definition
class AcosOp(TrigonometricOp):
    """Arc cosine, 0 to pi; NaN outside of -1 .. 1."""

    name = "te.acos"
    SCALAR: ClassVar[type[Operation]] = math.AcosOp


@irdl_op_definition
class AtanOp(TrigonometricOp):
    """Arc tangent, -pi/2 to pi/2."""

    name = "te.atan"
    SCALAR: ClassVar[type[Operation]] = math.AtanOp


@irdl_op_definition
class SinhOp(TrigonometricOp):
    """Hyperbolic sine."""

    name = "te.sinh"
    SCALAR: ClassVar[type[Operation]] = math.SinhOp


@irdl_op_definition
class CoshOp(TrigonometricOp):
    """Hyperbolic cosine."""

    name = "te.cosh"
    SCALAR: ClassVar[type[Operation]] = math.CoshOp


@irdl_op_definition
class AsinhOp(TrigonometricOp):
    """Inverse of the hyperbolic sine."""

    name = "te.asinh"
    SCALAR: ClassVar[type[Operation]] = math.AsinhOp


@irdl_op_definition
class AcoshOp(TrigonometricOp):
    """Inverse of the hyperbolic cosine, at least 0; NaN below 1."""

    name = "te.acosh"
    SCALAR: ClassVar[type[Operation]] = math.AcoshOp


@irdl_op_definition
class AtanhOp(TrigonometricOp):
    """Inverse of the hyperbolic tangent; infinite at -1 and 1, NaN beyond."""

    name = "te.atanh"
    SCALAR: ClassVar[type[Operation]] = math.AtanhOp


@irdl_op_definition
class FloorOp(FloatUnaryOp):
    """The largest integer that is not larger."""

    name = "te.floor"
    SCALAR: ClassVar[type[Operation]] = math.FloorOp


@irdl_op_definition
class CeilOp(FloatUnaryOp):
    """The smallest integer that is not smaller."""

    name = "te.ceil"
    SCALAR: ClassVar[type[Operation]] = math.CeilOp


@irdl_op_definition
class RoundOp(FloatUnaryOp):
    """The nearest integer; the even one of two equally near."""

    name = "te.round"
    SCALAR: ClassVar[type[Operation]] = math.RoundEvenOp
