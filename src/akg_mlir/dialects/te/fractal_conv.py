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
    """Whether the cube can do a convolution: of f16, in one group, and no window in the pads.

    `element` asks for the same convolution of other elements.
    """
    dilations = op.dilations.get_values()
    reach = [d * (size - 1) + 1 for d, size in zip(dilations, op.window)]
    inside = all(pad < reach[k % 2] for k, pad in enumerate(op.padding))
    return (element or element_of(op.image)) == f16 and op.group_count == 1 and inside


@irdl_op_definition
class FractalConv2dOp(WindowOp, StructuredOp):
    """Convolution of f16 images in NC1HWC0 with weights in fractal_z, summed in f32.

    image `[N, C1, H, W, 16]`, weights `[C1, KH, KW, O1, 16, 16]`, result `[N, O1, OH, OW, 16]`.
    `channels` and `outputs` are the channels before packing. What the pads add is zero.
    Iterators: n, o1, h, w, o0, c1, i, j, c0; as a loop nest it leaves out the taps in the pads.
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
        """The images."""
        return shape_of(self.image)[:1]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """m, n and k of the product of one image: output points, output channels, and channels
        times the taps that are ever on the image."""
        channels, outputs = (a.value.data for a in (self.channels, self.outputs))
        return prod(self.output_sizes()), outputs, channels * prod(self.taps_read())

    def infer(self) -> TensorType[Attribute]:
        check_element(same_element(self.operands), (f16,))
        image, weights = shape_of(self.image), shape_of(self.weights)
        c1, o1 = (ceil_div(a.value.data, FRACTAL) for a in (self.channels, self.outputs))
        if len(image) != 5 or (image[1], image[-1]) != (c1, FRACTAL):
            raise VerifyException(f"an image is {shape_text(image)}, takes [N, {c1}, H, W, 16]")
        if len(weights) != 6 or (weights[0], *weights[3:]) != (c1, o1, FRACTAL, FRACTAL):
            raise VerifyException(
                f"weights are {shape_text(weights)}, take [{c1}, KH, KW, {o1}, 16, 16]"
            )
        return TensorType(f32, [image[0], o1, *self.output_sizes(), FRACTAL])

    @property
    def bounds(self) -> tuple[int, ...]:
        channels, height, width, *_ = shape_of(self.weights)
        return (*shape_of(self.results[0]), channels, height, width, FRACTAL)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[Iterator.PARALLEL] * 5, *[Iterator.REDUCTION] * 4)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        n, o1, h, w, o0, c1, i, j, c0 = range(9)
        image = [*map(AffineExpr.dimension, (n, c1)), *self.positions((h, w), (i, j))]
        return (
            AffineMap(9, 0, (*image, AffineExpr.dimension(c0))),
            dims_map(9, [c1, i, j, o1, o0, c0]),
        )

    @property
    def result_map(self) -> AffineMap:
        return dims_map(9, [0, 1, 2, 3, 4])

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, f32)
