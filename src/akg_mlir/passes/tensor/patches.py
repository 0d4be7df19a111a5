"""Convolutions whose windows do not overlap, as products of matrices."""

from __future__ import annotations

from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes
from akg_mlir.passes.tensor.rewriting import Expression

SHARE = 2
"""Of the channels of a block that the cube multiplies all the same, an image must have less than
one in so many: windows that move on the chip cost less than the rest."""
PIECE = 16
"""Bytes of a row of a window from which on windows move in pieces, and not by elements."""


def is_patches(op: te.Conv2dOp) -> bool:
    """Whether windows on few channels tile the image, and move faster than they are multiplied as
    parts of blocks of channels."""
    window, channels = op.window, te.shape_of(op.image)[1]
    tiles = [n * size for n, size in zip(op.output_sizes(), window)] == [*op.image_sizes]
    plain = op.strides.get_values() == window and not any(op.padding) and op.group_count == 1
    steps = max(op.dilations.get_values()) == 1
    piece = window[1] * element_bytes(te.element_of(op.image))
    return plain and steps and tiles and channels * SHARE <= FRACTAL and piece >= PIECE


def product_of_patches(e: Expression, op: te.Conv2dOp) -> SSAValue:
    """The product of a matrix with a window per row, `[N * OH * OW, C * KH * KW]`, and the
    weights."""
    batch, channels, *_ = te.shape_of(op.image)
    outputs, (kh, kw), (rows, columns) = te.shape_of(op.weights)[0], op.window, op.output_sizes()
    apart = e.reshaped(op.image, [batch, channels, rows, kh, columns, kw])
    windows = e(te.TransposeOp(apart, (0, 2, 4, 1, 3, 5)))
    left = e.reshaped(windows, [batch * rows * columns, channels * kh * kw])
    right = e.reshaped(op.weights, [outputs, prod(te.shape_of(op.weights)[1:])])
    multiplied = te.MatmulOp(left, right, False, True, te.element_of(op.result))
    points = e.reshaped(e(multiplied), [batch, rows, columns, outputs])
    return e(te.TransposeOp(points, (0, 3, 1, 2)))
