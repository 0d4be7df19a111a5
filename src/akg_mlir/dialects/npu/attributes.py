"""Attributes and types of the `npu` dialect: memories, pipes, opcodes, pointers."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    MemRefType,
    NoneAttr,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import (
    Attribute,
    ParametrizedAttribute,
    SpacedOpaqueSyntaxAttribute,
    SSAValue,
    TypeAttribute,
)
from xdsl.irdl import (
    irdl_attr_definition,
)
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa
from xdsl.utils.str_enum import StrEnum

BLOCK_BYTES = 32
"""Bytes per block: the unit of bursts, strides and alignment (reference: CCE intrinsic API)."""


class Space(StrEnum):
    """A memory of the machine."""

    GM = "gm"
    L1 = "l1"
    L0A = "l0a"
    L0B = "l0b"
    L0C = "l0c"
    UB = "ub"


class Pipe(StrEnum):
    """An in-order instruction queue of a core."""

    S = "s"
    V = "v"
    M = "m"
    MTE1 = "mte1"
    MTE2 = "mte2"
    MTE3 = "mte3"
    FIX = "fix"
    ALL = "all"


PIPE_OF_PATH: dict[tuple[Space, Space], Pipe] = {
    (Space.GM, Space.UB): Pipe.MTE2,
    (Space.GM, Space.L1): Pipe.MTE2,
    (Space.L1, Space.L0A): Pipe.MTE1,
    (Space.L1, Space.L0B): Pipe.MTE1,
    (Space.L1, Space.UB): Pipe.MTE1,
    (Space.UB, Space.GM): Pipe.MTE3,
    (Space.UB, Space.L1): Pipe.MTE3,
    (Space.UB, Space.UB): Pipe.V,
    (Space.L0C, Space.UB): Pipe.V,
    (Space.UB, Space.L0C): Pipe.V,
    (Space.L0C, Space.GM): Pipe.FIX,
}
"""Moves and the pipe each runs on (machine reference 1.4); a target has some of them."""


class Unary(StrEnum):
    COPY = "copy"
    NEG = "neg"
    ABS = "abs"
    EXP = "exp"
    LN = "ln"
    SQRT = "sqrt"
    RSQRT = "rsqrt"
    REC = "rec"
    RELU = "relu"


class Binary(StrEnum):
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    MAX = "max"
    MIN = "min"


class Reduction(StrEnum):
    ADD = "add"
    MAX = "max"
    MIN = "min"


class Predicate(StrEnum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class Opcode(StrEnum):
    """Vector instructions with repeat and strides."""

    VADD = "vadd"
    VSUB = "vsub"
    VMUL = "vmul"
    VDIV = "vdiv"
    VMAX = "vmax"
    VMIN = "vmin"
    VAND = "vand"
    VOR = "vor"
    VNOT = "vnot"
    VADDS = "vadds"
    VMULS = "vmuls"
    VAXPY = "vaxpy"
    VMLA = "vmla"
    VEXP = "vexp"
    VLN = "vln"
    VSQRT = "vsqrt"
    VRSQRT = "vrsqrt"
    VREC = "vrec"
    VABS = "vabs"
    VRELU = "vrelu"
    VCONV = "vconv"
    VECTOR_DUP = "vector_dup"
    VCADD = "vcadd"
    VCMAX = "vcmax"
    VCMIN = "vcmin"
    VCGADD = "vcgadd"
    VCGMAX = "vcgmax"
    VCGMIN = "vcgmin"
    VCMP_EQ = "vcmp_eq"
    VCMP_NE = "vcmp_ne"
    VCMP_LT = "vcmp_lt"
    VCMP_LE = "vcmp_le"
    VCMP_GT = "vcmp_gt"
    VCMP_GE = "vcmp_ge"
    VSEL = "vsel"


@irdl_attr_definition
class SpaceAttr(EnumAttribute[Space], SpacedOpaqueSyntaxAttribute):
    name = "npu.space"


@irdl_attr_definition
class PipeAttr(EnumAttribute[Pipe], SpacedOpaqueSyntaxAttribute):
    name = "npu.pipe"


@irdl_attr_definition
class UnaryAttr(EnumAttribute[Unary], SpacedOpaqueSyntaxAttribute):
    name = "npu.unary"


@irdl_attr_definition
class BinaryAttr(EnumAttribute[Binary], SpacedOpaqueSyntaxAttribute):
    name = "npu.binary"


@irdl_attr_definition
class ReductionAttr(EnumAttribute[Reduction], SpacedOpaqueSyntaxAttribute):
    name = "npu.reduction"


@irdl_attr_definition
class PredicateAttr(EnumAttribute[Predicate], SpacedOpaqueSyntaxAttribute):
    name = "npu.predicate"


@irdl_attr_definition
class OpcodeAttr(EnumAttribute[Opcode], SpacedOpaqueSyntaxAttribute):
    name = "npu.opcode"


@irdl_attr_definition
class PtrType(ParametrizedAttribute, TypeAttribute):
    """`!npu.ptr<ub, f16>`: a byte address in one memory, seen as elements of one type."""

    name = "npu.ptr"
    space: SpaceAttr
    element: Attribute

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> list[Attribute]:
        with parser.in_angle_brackets():
            space = parser.parse_str_enum(Space)
            parser.parse_punctuation(",")
            element = parser.parse_type()
        return [SpaceAttr(space), element]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(f"{self.space.data.value}, ")
            printer.print_attribute(self.element)


def memref_type(value: SSAValue) -> MemRefType[Attribute]:
    """The type of a value that is known to be a memref."""
    if not isa(value.type, MemRefType):
        raise VerifyException(f"expected a memref, got {value.type}")
    return value.type


def space_of(type_: Attribute) -> Space:
    """The memory a memref or pointer type lives in; a memref without a space is in GM."""
    if isinstance(type_, PtrType):
        return type_.space.data
    if isinstance(type_, MemRefType) and isinstance(type_.memory_space, SpaceAttr):
        return type_.memory_space.data
    return Space.GM


def memref_in(shape: Sequence[int], element: Attribute, space: Space) -> MemRefType[Attribute]:
    """A row-major memref type in `space`."""
    return MemRefType(element, shape, NoneAttr(), SpaceAttr(space))


def strides_of(type_: MemRefType[Attribute]) -> tuple[int, ...]:
    """Element stride per dimension. Raises `VerifyException` for layouts that are not strided."""
    strides = type_.get_strides()
    if strides is None or any(s is None for s in strides):
        raise VerifyException(f"expected a memref with static strides, got {type_}")
    return tuple(s for s in strides if s is not None)
