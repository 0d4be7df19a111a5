"""Comparison, selection and conversion of elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType, f16, i1, i8, i32
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Operation, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.irdl import irdl_attr_definition, irdl_op_definition, operand_def, prop_def
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from akg_mlir.dialects.te.base import same_element
from akg_mlir.dialects.te.elementwise import ElementwiseOp
from akg_mlir.dialects.te.structured import emit, scalar
from akg_mlir.dialects.te.types import (
    ELEMENTS,
    UNSIGNED,
    broadcast_shape,
    element_bits,
    element_of,
    is_float,
    shape_of,
    ui8,
)


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
        if lhs.type == ui8:  # of which f16 has all
            lhs, rhs = (cast_scalar(builder, each, f16) for each in elements)
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

    Floats round to nearest even; float to integer truncates towards zero and saturates, NaN gives
    0; to i1 tests for non-zero; i1 counts as 0 and 1; wider to narrower integers drop the high
    bits, as do signed to unsigned ones and back.
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
        if value.type == ui8:
            value = cast_scalar(builder, value, f16)
        zero = scalar(builder, 0, value.type)
        if is_float(value.type):
            return emit(builder, arith.CmpfOp(value, zero, "une"))
        return emit(builder, arith.CmpiOp(value, zero, "ne"))
    if ui8 in (value.type, to) and i8 in (value.type, to):
        value = cast_scalar(builder, value, i32)
    cls = _conversion(value.type, to)
    return emit(builder, cls.create(operands=[value], result_types=[to]))


def _conversion(source: Attribute, to: Attribute) -> type[Operation]:
    if is_float(source):
        if not is_float(to):
            return arith.FPToUIOp if to in UNSIGNED else arith.FPToSIOp
        return arith.ExtFOp if element_bits(to) > element_bits(source) else arith.TruncFOp
    if is_float(to):
        return arith.UIToFPOp if source in UNSIGNED else arith.SIToFPOp
    if element_bits(to) < element_bits(source):
        return arith.TruncIOp
    return arith.ExtUIOp if source in UNSIGNED else arith.ExtSIOp
