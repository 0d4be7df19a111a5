"""Rows of windows as channels: images of few channels fill the blocks of the cube with them."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, ceil_div
from akg_mlir.passes.tensor.rewriting import Expression

SHARE = 2
"""Of the rows of a window, at most one in so many may be left: more channels take more packing."""


@dataclass(frozen=True)
class Fold:
    """How `count` rows of a window become channels.

    Windows keep `taps` rows, `dilation` apart, and move by `stride` rows of an image of `rows`,
    each of which lies `step` rows behind the one before.
    """

    count: int
    taps: int
    rows: int
    step: int
    stride: int
    dilation: int


def best_fold(op: te.Conv2dOp) -> Fold | None:
    """The fold that leaves the fewest taps, and the fewest rows to pack. None where channels have
    no room for rows, or rows of the image end inside a block: those would move element by
    element."""
    _, channels, _, width = te.shape_of(op.image)
    if op.group_count > 1 or width % FRACTAL:
        return None
    folds = [_fold(op, n) for n in range(2, min(FRACTAL // channels, op.window[0]) + 1)]
    best = min(folds, key=lambda fold: (fold.taps, fold.rows), default=None)
    return best if best is not None and best.taps * SHARE <= op.window[0] else None


def _fold(op: te.Conv2dOp, count: int) -> Fold:
    """Where windows have one row left, or taps are whole strides apart, rows between strides stay
    behind."""
    (stride, _), (dilation, _) = op.steps
    (points, _), taps = op.output_sizes(), ceil_div(op.window[0], count)
    apart = count * dilation if taps > 1 else stride
    step = stride if apart % stride == 0 else 1
    rows = ((points - 1) * stride + (taps - 1) * apart) // step + 1
    return Fold(count, taps, rows, step, stride // step, apart // step)


def folded(e: Expression, op: te.Conv2dOp, fold: Fold) -> te.Conv2dOp:
    """The convolution on `image'[n, F c + i, h, w] = image[n, c, step h + dilation i - top, w]`.

    Weights of rows behind a window are zero.
    """
    (_, stride), (dilation, along) = op.steps
    top, left, _, right = op.padding
    image = _lanes(e, op.image, top, fold.count, dilation, fold.rows, fold.step)
    weights = _lanes(e, op.weights, 0, fold.count, 1, fold.taps, fold.count)
    return te.Conv2dOp(
        image,
        weights,
        (fold.stride, stride),
        (fold.dilation, along),
        (0, left, 0, right),
        element_type=te.element_of(op.result),
    )


def _lanes(
    e: Expression, x: SSAValue, top: int, count: int, apart: int, rows: int, step: int
) -> SSAValue:
    """`y[n, count c + i, h, w] = x[n, c, step h + apart i - top, w]` of `rows` rows, zero beyond
    `x`."""
    batch, channels, height, width = te.shape_of(x)
    reach = (rows - 1) * step + (count - 1) * apart + 1
    bottom = max(0, reach - top - height)
    if top or bottom:
        x = e(te.PadOp(x, [0, 0, top, 0], [0, 0, bottom, 0], 0.0))
    sizes, steps = [batch, 1, rows, width], [1, 1, step, 1]
    if (rows, apart, count) == (1, 1, te.shape_of(x)[2]):
        return e.reshaped(x, [batch, channels * count, 1, width])
    places = [(c, i * apart) for c in range(channels) for i in range(count)]
    lanes = [e(te.SliceOp(x, [0, c, row, 0], sizes, steps)) for c, row in places]
    return e(te.ConcatOp(lanes, 1))
