"""Convolutions and pooling of `tosa`, on images [N, H, W, C] with pads top, bottom, left, right."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_of
from akg_mlir.frontends.linalg.translation import Emitter

_TO_IMAGE, _FROM_IMAGE = (0, 3, 1, 2), (0, 2, 3, 1)


def convolution(
    values: Sequence[SSAValue],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[int],
    element: Attribute,
    emit: Emitter,
) -> SSAValue:
    """Weights are [O, KH, KW, C]; the bias is one number per output channel."""
    image = emit.transpose(values[0], _TO_IMAGE)
    weights = emit.transpose(values[1], _TO_IMAGE)
    steps = strides, dilations, _around(pads)
    result = emit(te.Conv2dOp(image, weights, *steps, element_type=element))
    return emit(te.AddOp(emit.transpose(result, _FROM_IMAGE), values[2]))


def depthwise(
    values: Sequence[SSAValue],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[int],
    element: Attribute,
    emit: Emitter,
) -> SSAValue:
    """Weights are [KH, KW, C, M]: channel c makes the channels c * M to c * M + M - 1."""
    height, width, channels, many = shape_of(values[1])
    image = emit.transpose(values[0], _TO_IMAGE)
    weights = emit.transpose(values[1], (2, 3, 0, 1))
    weights = emit.reshape(weights, (channels * many, 1, height, width))
    steps = strides, dilations, _around(pads)
    result = emit(te.Conv2dOp(image, weights, *steps, channels, element))
    return emit(te.AddOp(emit.transpose(result, _FROM_IMAGE), values[2]))


def pool(
    cls: type[te.MaxPool2dOp | te.AvgPool2dOp],
    value: SSAValue,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    emit: Emitter,
) -> SSAValue:
    """Padding counts neither for the largest element nor for the mean."""
    image = emit.transpose(value, _TO_IMAGE)
    result = emit(cls(image, kernel, strides, (1, 1), _around(pads)))
    return emit.transpose(result, _FROM_IMAGE)


def _around(pads: Sequence[int]) -> tuple[int, int, int, int]:
    top, bottom, left, right = pads
    return top, left, bottom, right
