"""Convolution of images `[N, C, H, W]`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import I64, DenseArrayBase, IntegerAttr, TensorType, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import check_element, same_element
from akg_mlir.dialects.te.contraction import accumulator, multiply
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp
from akg_mlir.dialects.te.types import (
    FLOATS,
    NUMBERS,
    element_of,
    is_float,
    shape_of,
    shape_text,
)
from akg_mlir.dialects.te.window import Pair, WindowOp, integers

_PARALLEL, _REDUCED = Iterator.PARALLEL, Iterator.REDUCTION


@irdl_op_definition
class Conv2dOp(WindowOp, StructuredOp):
    """`y[n, o, h, w] = sum over c, i, j of x[n, g C/G + c, window element i j] * w[o, c, i, j]`.

    Operands: the image `[N, C, H, W]`, weights `[O, C/G, KH, KW]`; `g = o / (O/G)` is the group
    of an output channel. What the pads add is zero. Products are summed in
    `accumulator(operand type)` and rounded once to the result's type.
    Iterators without groups: n, o, h, w, c, i, j; with groups: n, g, o in the group, h, w, c, i, j.
    As a loop nest (`StructuredOp`) it has no pads: `te-decompose` pads the image first.
    """

    name = "te.conv2d"
    image = operand_def(TensorType)
    weights = operand_def(TensorType)
    pads = prop_def(DenseArrayBase.constr(i64))
    groups = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$image `,` $weights `strides` $strides `dilations` $dilations `pads` $pads `groups` "
        "$groups attr-dict `:` `(` type($image) `,` type($weights) `)` `->` type($result)"
    )

    def __init__(
        self,
        image: SSAValue,
        weights: SSAValue,
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
        pads: Sequence[int] = (0, 0, 0, 0),
        groups: int = 1,
        element_type: Attribute | None = None,
    ) -> None:
        """`element_type` defaults to that of the operands (i32 for i8)."""
        element = element_of(image)
        default = element if is_float(element) else accumulator(element)
        super().__init__(
            [image, weights],
            {
                "strides": integers(strides),
                "dilations": integers(dilations),
                "pads": integers(pads),
                "groups": IntegerAttr(groups, i64),
            },
            declared=TensorType(element_type or default, []),
        )

    @property
    def window(self) -> Pair:
        height, width = shape_of(self.weights)[2:]
        return height, width

    @property
    def padding(self) -> tuple[int, int, int, int]:
        return tuple(self.pads.get_values())  # pyright: ignore[reportReturnType]

    @property
    def group_count(self) -> int:
        """Number of groups of channels that do not see each other."""
        return self.groups.value.data

    def infer(self) -> TensorType[Attribute]:
        element = same_element(self.operands)
        check_element(element, NUMBERS)
        weights, image, groups = shape_of(self.weights), shape_of(self.image), self.group_count
        if len(weights) != 4:
            raise VerifyException(
                f"the weights are {shape_text(weights)}, take rank 4: output channels, input "
                "channels of a group, height, width"
            )
        height, width = self.output_sizes()
        if groups < 1 or image[1] != weights[1] * groups or weights[0] % groups:
            raise VerifyException(
                f"{image[1]} input and {weights[0]} output channels in {groups} groups with "
                f"weights for {weights[1]}: input channels must be groups times those of the "
                "weights, output channels a multiple of groups"
            )
        result = element_of(self.results[0])
        check_element(result, FLOATS if is_float(element) else (accumulator(element),))
        return TensorType(result, [image[0], weights[0], height, width])

    @property
    def bounds(self) -> tuple[int, ...]:
        batch, outputs, height, width = shape_of(self.results[0])
        groups = self.group_count
        channels = (outputs,) if groups == 1 else (groups, outputs // groups)
        return (batch, *channels, height, width, *shape_of(self.weights)[1:])

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        count = len(self.bounds)
        return (*[_PARALLEL] * (count - 3), *[_REDUCED] * 3)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        count = len(self.bounds)
        h, w, c, i, j = range(count - 5, count)
        inside, (batch, channel) = AffineExpr.dimension(c), self._leading(count)
        if self.group_count > 1:
            inside = AffineExpr.dimension(1) * shape_of(self.weights)[1] + inside
        image = [batch, inside, *self.positions((h, w), (i, j))]
        weights = [channel, *map(AffineExpr.dimension, (c, i, j))]
        return AffineMap(count, 0, tuple(image)), AffineMap(count, 0, tuple(weights))

    @property
    def result_map(self) -> AffineMap:
        count = len(self.bounds)
        outer = [AffineExpr.dimension(dim) for dim in (count - 5, count - 4)]
        return AffineMap(count, 0, (*self._leading(count), *outer))

    def _leading(self, count: int) -> tuple[AffineExpr, AffineExpr]:
        """Batch and output channel."""
        batch, channel = AffineExpr.dimension(0), AffineExpr.dimension(1)
        if self.group_count == 1:
            return batch, channel
        return batch, channel * self.bounds[2] + AffineExpr.dimension(2)

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, element_of(self.results[0]))
