"""Ops that act on images in NC1HWC0 as they do on plain ones.

They leave channels where they are, or move whole blocks of them: windows of each channel, pads,
slices and reductions of rows and columns, concatenations of whole blocks, and parts of whole blocks
that become places.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, ceil_div
from akg_mlir.passes.tensor import padding
from akg_mlir.passes.tensor.channels_last import nest
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.packing import Packed
from akg_mlir.passes.tensor.padding import ZERO, Content, Padding
from akg_mlir.passes.tensor.rewriting import Expression, transposed

IMAGE = 4
"""Dimensions of a plain image."""
_ROWS_AND_COLUMNS = frozenset({2, 3})
_ON_IMAGES = (
    te.Pool2dOp
    | te.Conv2dOp
    | te.PadOp
    | te.ReduceOp
    | te.SliceOp
    | te.ConcatOp
    | te.DepthToSpaceOp
)


def acts_on_blocks(op: Operation) -> bool:
    """Whether the op takes images `[N, C, H, W]` and could take them packed."""
    if not isinstance(op, _ON_IMAGES) or len(te.shape_of(op.operands[0])) != IMAGE:
        return False
    match op:
        case te.Pool2dOp():
            return True
        case te.Conv2dOp():
            return _is_depthwise(op)
        case te.PadOp():
            return not any(map(any, op.amounts[:2]))
        case te.ReduceOp():
            return op.dims <= _ROWS_AND_COLUMNS
        case te.SliceOp():
            channels = op.ranges[1]
            return channels.step == 1 and channels.start % FRACTAL == 0
        case te.ConcatOp():
            return op.dim != 1 or all(start % FRACTAL == 0 for start in op.starts)
        case te.DepthToSpaceOp():
            parts = op.dim == 1 and op.inner is None
            return parts and te.shape_of(op.result)[1] % FRACTAL == 0


def images_of(op: Operation) -> Sequence[SSAValue]:
    """The operands of an op that `acts_on_blocks` that are to be packed."""
    return op.operands[:1] if isinstance(op, te.Conv2dOp) else op.operands


def _is_depthwise(op: te.Conv2dOp) -> bool:
    """Whether every channel is summed by itself, in f32, with weights that the host can pack."""
    channels, outputs = te.shape_of(op.image)[1], te.shape_of(op.result)[1]
    alone = op.group_count == channels == outputs and not any(op.padding)
    return alone and te.element_of(op.image) == f32 and is_weight(op.weights)


def on_blocks(e: Expression, op: Operation, images: Sequence[Packed]) -> Packed:
    """What an op that `acts_on_blocks` gives of packed images. Reduced dimensions stay, of size
    1."""
    if isinstance(op, te.Conv2dOp):
        return _depthwise(e, op, images[0])
    moved = _rebuilt(op, [image.value for image in images])
    moved.attributes |= op.attributes
    channel = _channel(op, [image.padding.columns for image in images])
    return Packed(e(moved), Padding(None, channel), te.Layout.NC1HWC0)


def _depthwise(e: Expression, op: te.Conv2dOp, image: Packed) -> Packed:
    """Iterators: n, c1, h, w, c0, i, j. Weights of padding channels are zero."""
    channels, _, *window = te.shape_of(op.weights)
    batch, _, *points = te.shape_of(op.result)
    blocks = ceil_div(channels, FRACTAL)
    weights = e.reshaped(op.weights, [channels, *window])
    if channels % FRACTAL:
        weights = e(te.PadOp(weights, [0, 0, 0], [-channels % FRACTAL, 0, 0], 0.0))
    weights = transposed(e, e.reshaped(weights, [blocks, FRACTAL, *window]), (0, 2, 3, 1))
    bounds = [batch, blocks, *points, FRACTAL, *window]
    n, c1, _, _, c0, i, j = map(AffineExpr.dimension, range(len(bounds)))
    reads = [(n, c1, *op.positions((2, 3), (5, 6)), c0), (c1, i, j, c0)]
    maps = [AffineMap(len(bounds), 0, exprs) for exprs in reads]
    result = nest(e, op, [image.value, weights], bounds, maps, 5)
    zero = padding.is_finite(image.padding.columns)
    return Packed(result, Padding(None, ZERO.columns if zero else None), te.Layout.NC1HWC0)


def _rebuilt(op: Operation, images: Sequence[SSAValue]) -> Operation:
    """The op on images that have a dimension more, the last one, or as many as before."""
    lanes = te.shape_of(images[0])[IMAGE:]
    match op:
        case te.Pool2dOp():
            steps = op.strides.get_values(), op.dilations.get_values()
            return te.Pool2dOp(op.kind.data, images[0], op.window, *steps)
        case te.PadOp():
            low, high = ([*side, *[0] * len(lanes)] for side in zip(*op.amounts))
            return te.PadOp(images[0], low, high, op.value.value.data)
        case te.ReduceOp():
            return te.ReduceOp(op.kind.data, images[0], sorted(op.dims), keepdims=True)
        case te.SliceOp():
            batch, channels, *points = op.ranges
            first = channels.start // FRACTAL
            blocks = range(first, first + ceil_div(len(channels), FRACTAL))
            taken = [batch, blocks, *points, *map(range, lanes)]
            offsets, sizes, steps = zip(*((r.start, len(r), r.step) for r in taken))
            return te.SliceOp(images[0], offsets, sizes, steps)
        case te.ConcatOp():
            return te.ConcatOp(images, op.dim)
        case te.DepthToSpaceOp():
            return te.DepthToSpaceOp(images[0], op.dim, [*op.block, *[1] * len(lanes)])
        case _:
            raise TypeError(f"{op.name} does not act on blocks")


def _channel(op: Operation, contents: Sequence[Content]) -> Content:
    """The padding channels of the result."""
    match op:
        case te.SliceOp():
            content, channels = contents[0], op.ranges[1]
            if content is None or channels.stop < te.shape_of(op.operand)[1]:
                return None  # other channels fill the last block
            return content[np.ix_(*op.ranges[2:])] if content.ndim else content
        case te.ConcatOp():
            last = contents[-1]
            same = last is not None and all(
                c is not None and c.ndim == last.ndim == 0 and c == last for c in contents
            )
            return last if op.dim == 1 or same else None
        case te.DepthToSpaceOp():
            return ZERO.columns  # blocks are full
        case _:
            return padding.of_image(lambda x: _rebuilt(op, [x]), op.operands[0], contents[0])
