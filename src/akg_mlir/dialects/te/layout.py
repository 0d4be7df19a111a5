"""Fractal layouts: `te.pack` and `te.unpack`.

A matrix is cut into fractals of 16 rows and 16 columns (of i8, 32 columns: both are blocks of 32
bytes), an image into blocks of 16 channels; what does not fill a fractal or block is zero.

- "nz" (a left operand or a result): `[.., M, N]` becomes `[.., n1, m1, m0, n0]`;
- "zn" (a right operand): `[.., K, N]` becomes `[.., k1, n1, n0, k0]`, k contiguous;
- "row" (a bias): `[N]` becomes `[n1, 1, 1, n0]`, which broadcasts against nz and nc1hwc0;
- "nc1hwc0" (an image): `[N, C, ..]` becomes `[N, c1, .., c0]`, the dimensions between stay;
- "fractal_z" (the weights of a convolution): `[O, C, KH, KW]` becomes `[c1, KH, KW, o1, o0, c0]`.

`x1 = ceil(X / 16)`, or 32 where fractals of i8 have that many columns; names as in AKG and Ascend C
(capital letter: order between fractals). Packing a matrix as zn is packing its transpose as nz: an
operand stored transposed packs directly.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from akg_mlir.dialects.te.types import (
    FRACTAL,
    ceil_div,
    fractal_depth,
    shape_text,
    tensor_type,
)


class Layout(StrEnum):
    """A fractal layout."""

    NZ = "nz"
    ZN = "zn"
    ROW = "row"
    NC1HWC0 = "nc1hwc0"
    FRACTAL_Z = "fractal_z"


@irdl_attr_definition
class LayoutAttr(EnumAttribute[Layout], SpacedOpaqueSyntaxAttribute):
    name = "te.layout"


def packed_shape(layout: Layout, shape: Sequence[int], depth: int = FRACTAL) -> tuple[int, ...]:
    """The shape of a packed tensor; `depth` is that of the fractals of a matrix.

    Raises `VerifyException` for ranks the layout lacks.
    """
    if layout == Layout.ROW:
        if len(shape) != 1:
            raise VerifyException(f"layout row takes rank 1, got {shape_text(shape)}")
        return (ceil_div(shape[0], FRACTAL), 1, 1, FRACTAL)
    if layout == Layout.NC1HWC0:
        if len(shape) < 3:
            raise VerifyException(f"layout {layout} takes rank at least 3, got {shape_text(shape)}")
        return (shape[0], ceil_div(shape[1], FRACTAL), *shape[2:], FRACTAL)
    if layout == Layout.FRACTAL_Z:
        if len(shape) != 4:
            raise VerifyException(f"layout {layout} takes rank 4, got {shape_text(shape)}")
        outputs, channels = (ceil_div(size, FRACTAL) for size in shape[:2])
        return (channels, *shape[2:], outputs, FRACTAL, FRACTAL)
    if len(shape) < 2:
        raise VerifyException(f"layout {layout} takes rank at least 2, got {shape_text(shape)}")
    summed, other = shape[-2:] if layout == Layout.ZN else shape[-1:-3:-1]
    return (*shape[:-2], ceil_div(summed, depth), ceil_div(other, FRACTAL), FRACTAL, depth)


class _LayoutOp(IRDLOperation, ABC):
    operand = operand_def(TensorType)
    layout = prop_def(LayoutAttr)
    result = result_def(TensorType)
    traits = traits_def(Pure())

    def _shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], Attribute]:
        source, target = tensor_type(self.operand), tensor_type(self.result)
        if source.element_type != target.element_type:
            raise VerifyException(
                f"elements change from {source.element_type} to {target.element_type}"
            )
        return source.get_shape(), target.get_shape(), source.element_type

    def _check(self, plain: tuple[int, ...], packed: tuple[int, ...], element: Attribute) -> None:
        expected = packed_shape(self.layout.data, plain, fractal_depth(element))
        if packed != expected:
            raise VerifyException(
                f"{shape_text(plain)} is {shape_text(expected)} in layout {self.layout.data}, "
                f"got {shape_text(packed)}"
            )


@irdl_op_definition
class PackOp(_LayoutOp):
    """A matrix to fractals, or a bias to rows of them, padded with zeros."""

    name = "te.pack"
    assembly_format = "$operand $layout attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, layout: Layout | str) -> None:
        source = tensor_type(operand)
        depth = fractal_depth(source.element_type)
        shape = packed_shape(Layout(layout), source.get_shape(), depth)
        super().__init__(
            operands=[operand],
            properties={"layout": LayoutAttr(Layout(layout))},
            result_types=[TensorType(source.element_type, shape)],
        )

    def verify_(self) -> None:
        self._check(*self._shapes())


@irdl_op_definition
class UnpackOp(_LayoutOp):
    """Fractals back to a matrix; what lies beyond its shape is dropped."""

    name = "te.unpack"
    assembly_format = "$operand $layout attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, layout: Layout | str, shape: Sequence[int]) -> None:
        result: TensorType[Attribute] = TensorType(tensor_type(operand).element_type, shape)
        super().__init__(
            operands=[operand],
            properties={"layout": LayoutAttr(Layout(layout))},
            result_types=[result],
        )

    def verify_(self) -> None:
        packed, plain, element = self._shapes()
        self._check(plain, packed, element)
