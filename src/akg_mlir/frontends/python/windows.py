"""Pooling of images `[N, C, H, W]`; see akg_mlir.dialects.te for the definitions."""

from __future__ import annotations

from akg_mlir.dialects import te
from akg_mlir.frontends.python.contractions import Pair, pair, sides
from akg_mlir.frontends.python.tensor import Tensor, operands_of


def max_pool2d(
    image: Tensor, kernel: Pair, strides: Pair = 1, dilations: Pair = 1, pads: Pair = 0
) -> Tensor:
    """The largest element of each window; padding does not count."""
    trace, [image] = operands_of(image)
    value = trace.emit(
        lambda: te.MaxPool2dOp(
            image.value, pair(kernel), pair(strides), pair(dilations), sides(pads)
        )
    )
    return Tensor(value, trace, [*image.axes[:2], None, None])


def avg_pool2d(
    image: Tensor,
    kernel: Pair,
    strides: Pair = 1,
    dilations: Pair = 1,
    pads: Pair = 0,
    count_include_pad: bool = False,
) -> Tensor:
    """The mean of each window; padding counts as zeros only with `count_include_pad`."""
    trace, [image] = operands_of(image)
    value = trace.emit(
        lambda: te.AvgPool2dOp(
            image.value,
            pair(kernel),
            pair(strides),
            pair(dilations),
            sides(pads),
            count_include_pad,
        )
    )
    return Tensor(value, trace, [*image.axes[:2], None, None])
