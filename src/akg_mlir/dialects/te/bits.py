"""Ops on integers as numbers with a remainder and as words of bits; the scalar unit does them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import irdl_op_definition

from akg_mlir.dialects.te.elementwise import BinaryOp
from akg_mlir.dialects.te.structured import emit, scalar, scalar_binary
from akg_mlir.dialects.te.types import INTEGERS, element_bits


@irdl_op_definition
class RemOp(BinaryOp):
    """What is left of `lhs` after `te.div` by `rhs`, with the sign of `lhs`; 0 where
    `rhs` is 0."""

    name = "te.rem"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = INTEGERS
    ON_INTEGERS: ClassVar[type[Operation]] = arith.RemSIOp


@irdl_op_definition
class XorOp(BinaryOp):
    """The bits in which `lhs` and `rhs` differ."""

    name = "te.xor"
    ACCEPTS: ClassVar[tuple[Attribute, ...]] = INTEGERS
    ON_INTEGERS: ClassVar[type[Operation]] = arith.XOrIOp


class ShiftOp(BinaryOp, ABC):
    """The bits of `lhs` moved by `rhs` places; by a negative number, or by as many as there are
    bits, everything is moved out."""

    ACCEPTS: ClassVar[tuple[Attribute, ...]] = INTEGERS

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        x, places = elements
        zero = scalar(builder, 0, x.type)
        most = scalar(builder, element_bits(x.type) - 1, x.type)
        negative = emit(builder, arith.CmpiOp(places, zero, "slt"))
        larger = emit(builder, arith.CmpiOp(places, most, "sgt"))
        out = emit(builder, arith.OrIOp(negative, larger))
        places = emit(builder, arith.SelectOp(out, most, places))
        return self._moved(builder, x, places, out)

    @abstractmethod
    def _moved(self, builder: Builder, x: SSAValue, places: SSAValue, out: SSAValue) -> SSAValue:
        """`x` moved by 0 to all but one places, all but one where everything is moved `out`."""


@irdl_op_definition
class ShiftLeftOp(ShiftOp):
    """Towards the sign; zeros follow."""

    name = "te.shift_left"

    def _moved(self, builder: Builder, x: SSAValue, places: SSAValue, out: SSAValue) -> SSAValue:
        moved = emit(builder, scalar_binary(arith.ShLIOp, x, places))
        return emit(builder, arith.SelectOp(out, scalar(builder, 0, x.type), moved))


@irdl_op_definition
class ShiftRightOp(ShiftOp):
    """Away from the sign, copies of which follow."""

    name = "te.shift_right"

    def _moved(self, builder: Builder, x: SSAValue, places: SSAValue, out: SSAValue) -> SSAValue:
        return emit(builder, scalar_binary(arith.ShRSIOp, x, places))
