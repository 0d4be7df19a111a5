"""Element-wise ops; operands broadcast as in numpy."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar

from xdsl.builder import Builder
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import TensorType, i1
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, result_def

from akg_mlir.dialects.te.base import SAME, TeOp, check_element, same_element
from akg_mlir.dialects.te.structured import (
    StructuredOp,
    broadcast_map,
    emit,
    scalar,
    scalar_binary,
)
from akg_mlir.dialects.te.types import (
    BOOLEANS,
    FLOATS,
    INTEGERS,
    NUMBERS,
    broadcast_shape,
    is_float,
    shape_of,
)

WORDS = (*BOOLEANS, *INTEGERS)


class ElementwiseOp(TeOp, StructuredOp, ABC):
    """One element of the broadcast shape per iteration; all iterators are parallel."""

    ACCEPTS: ClassVar[tuple[Attribute, ...]] = NUMBERS

    def infer(self) -> TensorType[Attribute]:
        element = same_element(self.operands)
        check_element(element, self.ACCEPTS)
        return TensorType(element, broadcast_shape([shape_of(v) for v in self.operands]))

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.results[0])

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        return tuple(broadcast_map(shape_of(v), self.bounds) for v in self.operands)


class UnaryOp(ElementwiseOp, ABC):
    """`result[i] = f(operand[i])`."""

    operand = operand_def(SAME)
    result = result_def(SAME)
    assembly_format = "$operand attr-dict `:` type($operand)"

    def __init__(self, operand: SSAValue) -> None:
        super().__init__([operand])


class FloatUnaryOp(UnaryOp, ABC):
    """A unary op with a math op of its own, on floats."""

    ACCEPTS: ClassVar[tuple[Attribute, ...]] = FLOATS
    SCALAR: ClassVar[type[Operation]]

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        return emit(builder, self.SCALAR.create(operands=[x], result_types=[x.type]))


@irdl_op_definition
class ExpOp(FloatUnaryOp):
    """`e ** x`."""

    name = "te.exp"
    SCALAR: ClassVar[type[Operation]] = math.ExpOp


@irdl_op_definition
class LogOp(FloatUnaryOp):
    """Natural logarithm; NaN below 0, -inf at 0."""

    name = "te.log"
    SCALAR: ClassVar[type[Operation]] = math.LogOp


@irdl_op_definition
class SqrtOp(FloatUnaryOp):
    """Square root; NaN below 0."""

    name = "te.sqrt"
    SCALAR: ClassVar[type[Operation]] = math.SqrtOp


@irdl_op_definition
class RsqrtOp(FloatUnaryOp):
    """`1 / sqrt(x)`."""

    name = "te.rsqrt"
    SCALAR: ClassVar[type[Operation]] = math.RsqrtOp


@irdl_op_definition
class TanhOp(FloatUnaryOp):
    """Hyperbolic tangent."""

    name = "te.tanh"
    SCALAR: ClassVar[type[Operation]] = math.TanhOp


@irdl_op_definition
class ErfOp(FloatUnaryOp):
    """Error function."""

    name = "te.erf"
    SCALAR: ClassVar[type[Operation]] = math.ErfOp


@irdl_op_definition
class ReciprocalOp(UnaryOp):
    """`1 / x`."""

    name = "te.reciprocal"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = FLOATS

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        return emit(builder, arith.DivfOp(scalar(builder, 1, x.type), x))


@irdl_op_definition
class SigmoidOp(UnaryOp):
    """`1 / (1 + exp(-x))`."""

    name = "te.sigmoid"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = FLOATS

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        one = scalar(builder, 1, x.type)
        exp = emit(builder, math.ExpOp(emit(builder, arith.NegfOp(x))))
        return emit(builder, arith.DivfOp(one, emit(builder, arith.AddfOp(one, exp))))


@irdl_op_definition
class AbsOp(UnaryOp):
    """Absolute value."""

    name = "te.abs"

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        return emit(builder, math.AbsFOp(x) if is_float(x.type) else math.AbsIOp(x))


@irdl_op_definition
class NegOp(UnaryOp):
    """`-x`."""

    name = "te.neg"

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        if is_float(x.type):
            return emit(builder, arith.NegfOp(x))
        return emit(builder, arith.SubiOp(scalar(builder, 0, x.type), x))


@irdl_op_definition
class ReluOp(UnaryOp):
    """`max(x, 0)`."""

    name = "te.relu"

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        cls = arith.MaximumfOp if is_float(x.type) else arith.MaxSIOp
        return emit(builder, scalar_binary(cls, x, scalar(builder, 0, x.type)))


@irdl_op_definition
class NotOp(UnaryOp):
    """Logical not; of integers, all bits inverted."""

    name = "te.not"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = WORDS

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        ones = scalar(builder, 1 if x.type == i1 else -1, x.type)
        return emit(builder, arith.XOrIOp(x, ones))


class BinaryOp(ElementwiseOp, ABC):
    """`result[i] = f(lhs[i], rhs[i])`; one scalar op for floats, one for integers."""

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    assembly_format = (
        "$lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` type($result)"
    )
    ON_FLOATS: ClassVar[type[Operation]]
    ON_INTEGERS: ClassVar[type[Operation]]

    def __init__(self, lhs: SSAValue, rhs: SSAValue) -> None:
        super().__init__([lhs, rhs])

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        lhs, rhs = elements
        cls = self.ON_FLOATS if is_float(lhs.type) else self.ON_INTEGERS
        return emit(builder, scalar_binary(cls, lhs, rhs))


@irdl_op_definition
class AddOp(BinaryOp):
    """`lhs + rhs`; integers wrap around."""

    name = "te.add"
    ON_FLOATS: ClassVar[type[Operation]] = arith.AddfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.AddiOp


@irdl_op_definition
class SubOp(BinaryOp):
    """`lhs - rhs`; integers wrap around."""

    name = "te.sub"
    ON_FLOATS: ClassVar[type[Operation]] = arith.SubfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.SubiOp


@irdl_op_definition
class MulOp(BinaryOp):
    """`lhs * rhs`; integers wrap around."""

    name = "te.mul"
    ON_FLOATS: ClassVar[type[Operation]] = arith.MulfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.MuliOp


@irdl_op_definition
class DivOp(BinaryOp):
    """`lhs / rhs`; integers truncate towards zero and wrap around; divided by 0 they give 0."""

    name = "te.div"
    ON_FLOATS: ClassVar[type[Operation]] = arith.DivfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.DivSIOp


@irdl_op_definition
class MaxOp(BinaryOp):
    """The larger; NaN when one is NaN."""

    name = "te.max"
    ON_FLOATS: ClassVar[type[Operation]] = arith.MaximumfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.MaxSIOp


@irdl_op_definition
class MinOp(BinaryOp):
    """The smaller; NaN when one is NaN."""

    name = "te.min"
    ON_FLOATS: ClassVar[type[Operation]] = arith.MinimumfOp
    ON_INTEGERS: ClassVar[type[Operation]] = arith.MinSIOp


@irdl_op_definition
class PowOp(BinaryOp):
    """`lhs ** rhs`; integers wrap around, and a negative integral exponent truncates to an integer.

    `0 ** 0 = 1`; a negative base has a value for integral exponents only, NaN otherwise.
    """

    name = "te.pow"
    ON_FLOATS: ClassVar[type[Operation]] = math.PowFOp
    ON_INTEGERS: ClassVar[type[Operation]] = math.IPowIOp


class LogicalOp(BinaryOp, ABC):
    """A binary op on truth values, or on integers bit by bit."""

    ACCEPTS: ClassVar[tuple[Attribute, ...]] = WORDS


@irdl_op_definition
class AndOp(LogicalOp):
    """Logical and."""

    name = "te.and"
    ON_INTEGERS: ClassVar[type[Operation]] = arith.AndIOp


@irdl_op_definition
class OrOp(LogicalOp):
    """Logical or."""

    name = "te.or"
    ON_INTEGERS: ClassVar[type[Operation]] = arith.OrIOp
