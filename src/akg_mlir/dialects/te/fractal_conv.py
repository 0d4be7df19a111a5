"""Convolution of a packed image: what the cube unit does."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.builder import Builder
from xdsl.dialects.builtin import I64, DenseArrayBase, IntegerAttr, TensorType, f16, f32, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import check_element, same_element
from akg_mlir.dialects.te.contraction import multiply
from akg_mlir.dialects.te.convolution import Conv2dOp
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp, dims_map
from akg_mlir.dialects.te.types import FRACTAL, ceil_div, element_of, shape_of, shape_text
from akg_mlir.dialects.te.window import Pair, WindowOp


def is_cube_conv(op: Conv2dOp, element: Attribute | None = None) -> bool:
    """Whether the cube can do a convolution: of f16, in one group or within blocks of channels, and
    no window in the pads.

    `element` asks for the same convolution of other elements.
    """
    dilations = op.dilations.get_values()
    reach = [d * (size - 1) + 1 for d, size in zip(dilations, op.window)]
    inside = all(pad < reach[k % 2] for k, pad in enumerate(op.padding))
    grouped = op.group_count > 1 and not is_within_blocks(op)
    return (element or element_of(op.image)) == f16 and not grouped and inside


def is_within_blocks(op: Conv2dOp) -> bool:
    """Whether there are groups of which whole ones fill blocks of channels, so that each block of
    the result needs the same block of the image alone."""
    outputs, channels, *_ = shape_of(op.weights)
    square = outputs == channels * op.group_count
    return op.group_count > 1 and square and FRACTAL % channels == 0


@irdl_op_definition
class FractalConv2dOp(WindowOp, StructuredOp):
    """Convolution of f16 images in NC1HWC0 with weights in fractal_z, summed in f32.

    image `[N, C1, H, W, 16]`, weights `[C1, KH, KW, O1, 16, 16]`, result `[N, O1, OH, OW, 16]`.
    With weights `[C1, KH, KW, 16, 16]` each block of the result is made of that of the image alone.
    `channels` and `outputs` are the channels before packing. What the pads add is zero.
    Iterators: n, o1, h, w, o0, c1, i, j, c0, by blocks n, c1, h, w, o0, i, j, c0; as a loop nest it
    leaves out the taps in the pads.
    """

    name = "te.fractal_conv2d"
    image = operand_def(TensorType)
    weights = operand_def(TensorType)
    pads = prop_def(DenseArrayBase.constr(i64))
    channels = prop_def(IntegerAttr[I64])
    outputs = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$image `,` $weights `strides` $strides `dilations` $dilations `pads` $pads `channels` "
        "$channels `outputs` $outputs attr-dict `:` `(` type($image) `,` type($weights) `)` `->` "
        "type($result)"
    )

    def __init__(
        self,
        image: SSAValue,
        weights: SSAValue,
        strides: Sequence[int],
        dilations: Sequence[int],
        pads: Sequence[int],
        channels: int,
        outputs: int,
    ) -> None:
        arrays = {"strides": strides, "dilations": dilations, "pads": pads}
        super().__init__(
            [image, weights],
            {
                **{k: DenseArrayBase.from_list(i64, list(v)) for k, v in arrays.items()},
                "channels": IntegerAttr(channels, i64),
                "outputs": IntegerAttr(outputs, i64),
            },
        )

    @property
    def by_block(self) -> bool:
        """Whether every block of channels is convolved by itself."""
        return len(shape_of(self.weights)) == 5

    @property
    def window(self) -> Pair:
        _, height, width, *_ = shape_of(self.weights)
        return height, width

    @property
    def padding(self) -> tuple[int, int, int, int]:
        top, left, bottom, right = self.pads.get_values()
        return top, left, bottom, right

    @property
    def image_sizes(self) -> Pair:
        _, _, height, width, _ = shape_of(self.image)
        return height, width

    @property
    def batch(self) -> tuple[int, ...]:
        """The images, or blocks of them."""
        return shape_of(self.image)[: 2 if self.by_block else 1]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """m, n and k of the product of one of the `batch`: output points, output channels, and
        channels times the taps that are ever on the image."""
        channels, outputs = (a.value.data for a in (self.channels, self.outputs))
        if self.by_block:
            channels = outputs = min(channels, FRACTAL)
        return prod(self.output_sizes()), outputs, channels * prod(self.taps_read())

    def infer(self) -> TensorType[Attribute]:
        check_element(same_element(self.operands), (f16,))
        image, weights = shape_of(self.image), shape_of(self.weights)
        c1, o1 = (ceil_div(a.value.data, FRACTAL) for a in (self.channels, self.outputs))
        if len(image) != 5 or (image[1], image[-1]) != (c1, FRACTAL):
            raise VerifyException(f"an image is {shape_text(image)}, takes [N, {c1}, H, W, 16]")
        columns = () if self.by_block and c1 == o1 else (o1,)
        if (weights[0], *weights[3:]) != (c1, *columns, FRACTAL, FRACTAL):
            raise VerifyException(
                f"weights are {shape_text(weights)}, take [{c1}, KH, KW, {o1}, 16, 16], or without "
                "the fourth where blocks are apart"
            )
        return TensorType(f32, [image[0], o1, *self.output_sizes(), FRACTAL])

    @property
    def bounds(self) -> tuple[int, ...]:
        channels, *window = shape_of(self.weights)[:3]
        summed = window if self.by_block else (channels, *window)
        return (*shape_of(self.results[0]), *summed, FRACTAL)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[Iterator.PARALLEL] * 5, *[Iterator.REDUCTION] * (len(self.bounds) - 5))

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        count = len(self.bounds)
        n, o1, h, w, o0, *_ = range(count)
        i, j, c0 = range(count - 3, count)
        c1 = o1 if self.by_block else 5
        columns = [o0] if self.by_block else [o1, o0]
        image = [*map(AffineExpr.dimension, (n, c1)), *self.positions((h, w), (i, j))]
        return (
            AffineMap(count, 0, (*image, AffineExpr.dimension(c0))),
            dims_map(count, [c1, i, j, *columns, c0]),
        )

    @property
    def result_map(self) -> AffineMap:
        return dims_map(len(self.bounds), [0, 1, 2, 3, 4])

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, f32)
