"""Fractal layouts: `te.pack` and `te.unpack`.

A matrix is cut into fractals of 16 rows and 16 columns; what does not fill a fractal is zero.

- "nz" (a left operand or a result): `[.., M, N]` becomes `[.., n1, m1, m0, n0]`;
- "zn" (a right operand): `[.., K, N]` becomes `[.., k1, n1, n0, k0]`, k contiguous.

`x1 = ceil(X / 16)`; names as in AKG and Ascend C (capital letter: order between fractals).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from xdsl.dialects.builtin import MemRefType, TensorType, UnitAttr
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa
from xdsl.utils.str_enum import StrEnum

from akg_mlir.dialects.te.types import FRACTAL, ceil_div, check_tensor, shape_text


class Layout(StrEnum):
    """A fractal layout."""

    NZ = "nz"
    ZN = "zn"


@irdl_attr_definition
class LayoutAttr(EnumAttribute[Layout], SpacedOpaqueSyntaxAttribute):
    name = "te.layout"


def packed_shape(layout: Layout, shape: Sequence[int], transpose: bool = False) -> tuple[int, ...]:
    """The packed shape of `[.., R, C]`: `[.., C1, R1, 16, 16]` (nz), `[.., R1, C1, 16, 16]` (zn).

    `transpose` packs the matrix with its last two dimensions swapped.
    """
    rows, columns = (
        ceil_div(size, FRACTAL) for size in (shape[-2:][::-1] if transpose else shape[-2:])
    )
    blocks = (columns, rows) if layout == Layout.NZ else (rows, columns)
    return (*shape[:-2], *blocks, FRACTAL, FRACTAL)


class _LayoutOp(IRDLOperation, ABC):
    """On tensors a value; on memrefs (graph level only) a fresh buffer filled by the host."""

    operand = operand_def(TensorType | MemRefType)
    layout = prop_def(LayoutAttr)
    result = result_def(TensorType | MemRefType)
    traits = traits_def(Pure())

    def _types(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        source, target = self.operand.type, self.result.type
        if isa(source, TensorType) and isa(target, TensorType):
            check_tensor(source)
            check_tensor(target)
        elif not (isa(source, MemRefType) and isa(target, MemRefType)):
            raise VerifyException("operand and result must be both tensors or both memrefs")
        if source.element_type != target.element_type:
            raise VerifyException(
                f"elements change from {source.element_type} to {target.element_type}"
            )
        return source.get_shape(), target.get_shape()

    def _check(self, plain: tuple[int, ...], packed: tuple[int, ...], transpose: bool) -> None:
        if len(plain) < 2:
            raise VerifyException(f"takes a matrix of rank at least 2, got {shape_text(plain)}")
        expected = packed_shape(self.layout.data, plain, transpose)
        if packed != expected:
            raise VerifyException(
                f"{shape_text(plain)} is {shape_text(expected)} in layout {self.layout.data}, "
                f"got {shape_text(packed)}"
            )


@irdl_op_definition
class PackOp(_LayoutOp):
    """Matrix to fractals, padded with zeros; `transpose` packs the transposed matrix."""

    name = "te.pack"
    transpose = opt_prop_def(UnitAttr)
    assembly_format = (
        "$operand $layout (`transpose` $transpose^)? attr-dict `:` type($operand) `->` "
        "type($result)"
    )

    def __init__(self, operand: SSAValue, layout: Layout | str, transpose: bool = False) -> None:
        type_ = operand.type
        if not isa(type_, TensorType):
            raise VerifyException(f"te.pack: takes a tensor, got {type_}")
        shape = packed_shape(Layout(layout), type_.get_shape(), transpose)
        super().__init__(
            operands=[operand],
            properties={
                "layout": LayoutAttr(Layout(layout)),
                "transpose": UnitAttr() if transpose else None,
            },
            result_types=[TensorType(type_.element_type, shape)],
        )

    def verify_(self) -> None:
        try:
            plain, packed = self._types()
            self._check(plain, packed, self.transpose is not None)
        except VerifyException as error:
            raise VerifyException(f"te.pack: {error}") from None


@irdl_op_definition
class UnpackOp(_LayoutOp):
    """Fractals back to a matrix; what lies beyond its shape is dropped."""

    name = "te.unpack"
    assembly_format = "$operand $layout attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, layout: Layout | str, shape: Sequence[int]) -> None:
        type_ = operand.type
        if not isa(type_, TensorType):
            raise VerifyException(f"te.unpack: takes a tensor, got {type_}")
        result: TensorType[Attribute] = TensorType(type_.element_type, shape)
        super().__init__(
            operands=[operand],
            properties={"layout": LayoutAttr(Layout(layout))},
            result_types=[result],
        )

    def verify_(self) -> None:
        try:
            packed, plain = self._types()
            self._check(plain, packed, False)
        except VerifyException as error:
            raise VerifyException(f"te.unpack: {error}") from None
