"""Element-wise ops; operands broadcast as in numpy."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import ClassVar

from xdsl.builder import Builder
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import TensorType, i1
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Operation, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import irdl_attr_definition, irdl_op_definition, operand_def, prop_def, result_def
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

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
    ELEMENTS,
    FLOATS,
    NUMBERS,
    broadcast_shape,
    element_bits,
    element_of,
    is_float,
    shape_of,
)


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
    """Logical not."""

    name = "te.not"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = BOOLEANS

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        (x,) = elements
        return emit(builder, arith.XOrIOp(x, scalar(builder, 1, i1)))


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
    """`lhs / rhs`; integers truncate towards zero."""

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
    """A binary op on truth values."""

    ACCEPTS: ClassVar[tuple[Attribute, ...]] = BOOLEANS


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


class Predicate(StrEnum):
    """A comparison."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


@irdl_attr_definition
class PredicateAttr(EnumAttribute[Predicate], SpacedOpaqueSyntaxAttribute):
    name = "te.predicate"


@irdl_op_definition
class CompareOp(ElementwiseOp):
    """`lhs predicate rhs`, an i1; comparisons with NaN are false, except `ne`."""

    name = "te.compare"
    predicate = prop_def(PredicateAttr)
    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    assembly_format = (
        "$predicate $lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` "
        "type($result)"
    )
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = ELEMENTS

    def __init__(self, predicate: Predicate | str, lhs: SSAValue, rhs: SSAValue) -> None:
        super().__init__([lhs, rhs], {"predicate": PredicateAttr(Predicate(predicate))})

    def infer(self) -> TensorType[Attribute]:
        result = super().infer()
        if result.element_type == i1 and self.predicate.data not in ("eq", "ne"):
            raise VerifyException(f"i1 has no order, got {self.predicate.data}; takes eq or ne")
        return TensorType(i1, result.get_shape())

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        lhs, rhs = elements
        kind = self.predicate.data
        if is_float(lhs.type):
            return emit(builder, arith.CmpfOp(lhs, rhs, "une" if kind == "ne" else f"o{kind}"))
        signed = "" if kind in (Predicate.EQ, Predicate.NE) else "s"
        return emit(builder, arith.CmpiOp(lhs, rhs, f"{signed}{kind}"))


@irdl_op_definition
class SelectOp(ElementwiseOp):
    """`condition ? on_true : on_false`."""

    name = "te.select"
    condition = operand_def(TensorType)
    on_true = operand_def(TensorType)
    on_false = operand_def(TensorType)
    assembly_format = (
        "$condition `,` $on_true `,` $on_false attr-dict `:` `(` type($condition) `,` "
        "type($on_true) `,` type($on_false) `)` `->` type($result)"
    )

    def __init__(self, condition: SSAValue, on_true: SSAValue, on_false: SSAValue) -> None:
        super().__init__([condition, on_true, on_false])

    def infer(self) -> TensorType[Attribute]:
        if element_of(self.condition) != i1:
            raise VerifyException(
                f"the condition has elements of {element_of(self.condition)}, "
                "takes i1: compare first"
            )
        element = same_element([self.on_true, self.on_false])
        return TensorType(element, broadcast_shape([shape_of(v) for v in self.operands]))

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return emit(builder, arith.SelectOp(*elements))


@irdl_op_definition
class CastOp(ElementwiseOp):
    """Convert elements.

    Floats round to nearest even; float to integer truncates towards zero; to i1 tests for
    non-zero; i1 counts as 0 and 1; wider to narrower integers drop the high bits.
    """

    name = "te.cast"
    operand = operand_def(TensorType)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = ELEMENTS

    def __init__(self, operand: SSAValue, element_type: Attribute) -> None:
        super().__init__([operand], declared=TensorType(element_type, shape_of(operand)))

    def infer(self) -> TensorType[Attribute]:
        return TensorType(element_of(self.results[0]), shape_of(self.operand))

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return cast_scalar(builder, elements[0], element_of(self.results[0]))


def cast_scalar(builder: Builder, value: SSAValue, to: Attribute) -> SSAValue:
    """Insert the scalar conversion that `te.cast` means."""
    if value.type == to:
        return value
    if to == i1:
        zero = scalar(builder, 0, value.type)
        if is_float(value.type):
            return emit(builder, arith.CmpfOp(value, zero, "une"))
        return emit(builder, arith.CmpiOp(value, zero, "ne"))
    cls = _conversion(value.type, to)
    return emit(builder, cls.create(operands=[value], result_types=[to]))


def _conversion(source: Attribute, to: Attribute) -> type[Operation]:
    if is_float(source):
        if not is_float(to):
            return arith.FPToSIOp
        return arith.ExtFOp if element_bits(to) > element_bits(source) else arith.TruncFOp
    if is_float(to):
        return arith.UIToFPOp if source == i1 else arith.SIToFPOp
    if element_bits(to) < element_bits(source):
        return arith.TruncIOp
    return arith.ExtUIOp if source == i1 else arith.ExtSIOp
