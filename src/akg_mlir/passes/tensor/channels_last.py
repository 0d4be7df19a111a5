"""Convolutions and pools as nests over images `[N, H, W, C]`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression, nested, transposed
from akg_mlir.passes.tensor.workload import hand_on

PLAIN = (0, 1, 2, 3)
"""`[N, C, H, W]` as it is."""
LAST = (0, 2, 3, 1)
"""`[N, C, H, W]` with its channels last."""
FIRST = (0, 3, 1, 2)
"""`[N, H, W, C]` with its channels first."""

Moved = te.PadOp | te.SliceOp | te.ConcatOp | te.ReduceOp | te.DepthToSpaceOp
"""What does the same to images in any order of their dimensions."""


def convolution(
    e: Expression, op: te.Conv2dOp, image: SSAValue, order: Sequence[int] = LAST
) -> SSAValue:
    """The result `[N, OH, OW, O]` of a convolution without pads of an image `[N, H, W, C]`, or of
    one in another order of `[N, C, H, W]`.

    Iterators: n, h, w, the group, the output channel in it, i, j, the input channel; of groups,
    output and input channels only those that there are several of.
    """
    weights = transposed(e, op.weights, (2, 3, 1, 0))  # [KH, KW, C/G, O]
    height, width, inputs, channels = te.shape_of(weights)
    batch, _, *outer = te.shape_of(op.result)
    groups, outputs = op.group_count, channels // op.group_count
    sizes = [size for size in (groups, outputs) if size > 1] or [1]
    bounds = [batch, *outer, *sizes, height, width, *([inputs] if inputs > 1 else [])]
    i = 3 + len(sizes)
    group = AffineExpr.dimension(3) if groups > 1 else AffineExpr.constant(0)
    output = AffineExpr.dimension(i - 1) if outputs > 1 else AffineExpr.constant(0)
    input_ = AffineExpr.dimension(i + 2) if inputs > 1 else AffineExpr.constant(0)
    window = [AffineExpr.dimension(i), AffineExpr.dimension(i + 1)]
    plain = [AffineExpr.dimension(0), group * inputs + input_, *op.positions((1, 2), (i, i + 1))]
    maps = [
        _map(bounds, [plain[axis] for axis in order]),
        _map(bounds, [*window, input_, group * outputs + output]),
    ]
    result = nest(e, op, [image, weights], bounds, maps, 3 + len(sizes))
    return e.reshaped(result, [batch, *outer, channels])


def product(e: Expression, op: te.Conv2dOp, image: SSAValue) -> SSAValue:
    """The result `[N, H, W, O]` of a convolution with windows of one element of `[N, H, W, C]`, as
    the product of its points and the weights."""
    *points, channels = te.shape_of(image)
    outputs = te.shape_of(op.weights)[0]
    weights = transposed(e, e.reshaped(op.weights, [outputs, channels]), (1, 0))
    multiplied = te.MatmulOp(e.reshaped(image, [prod(points), channels]), weights)
    hand_on(op, multiplied)
    return e.reshaped(e(multiplied), [*points, outputs])


def pool(e: Expression, op: te.Pool2dOp, image: SSAValue) -> SSAValue:
    """The result `[N, OH, OW, C]` of pooling `[N, H, W, C]`. Iterators: n, h, w, c, i, j."""
    batch, _, *outer = te.shape_of(op.result)
    bounds = [batch, *outer, te.shape_of(image)[3], *op.window]
    positions = op.positions((1, 2), (4, 5))
    exprs = [AffineExpr.dimension(0), *positions, AffineExpr.dimension(3)]
    return nest(e, op, [image], bounds, [_map(bounds, exprs)], 4)


def moved(op: Moved, images: Sequence[SSAValue]) -> te.TeOp:
    """The same op on images `[N, H, W, C]`; of a reduction, the dimensions that are left in the
    order of `LAST`."""
    match op:
        case te.PadOp():
            low, high = zip(*(op.amounts[axis] for axis in LAST))
            new = te.PadOp(images[0], low, high, op.value.value.data)
        case te.SliceOp():
            ranges = [op.ranges[axis] for axis in LAST]
            starts, steps = [r.start for r in ranges], [r.step for r in ranges]
            new = te.SliceOp(images[0], starts, [len(r) for r in ranges], steps)
        case te.DepthToSpaceOp():
            blocks = [op.block[axis] for axis in LAST]
            new = te.DepthToSpaceOp(images[0], LAST.index(op.dim), blocks)
        case te.ConcatOp():
            new = te.ConcatOp(images, LAST.index(op.dim))
        case te.ReduceOp():
            axes = [place for place, axis in enumerate(LAST) if axis in op.dims]
            new = te.ReduceOp(op.kind.data, images[0], axes, op.keepdims is not None)
    new.attributes |= op.attributes
    return new


def _map(bounds: Sequence[int], exprs: Sequence[AffineExpr]) -> AffineMap:
    return AffineMap(len(bounds), 0, tuple(exprs))


def nest(
    e: Expression,
    op: te.Conv2dOp | te.Pool2dOp,
    inputs: Sequence[SSAValue],
    bounds: Sequence[int],
    maps: Sequence[AffineMap],
    rank: int,
) -> SSAValue:
    """The reduction of `op`, with its body and its recorded work, over other iterators, of which
    the first `rank` are those of the result."""
    compute = nested(op, inputs, bounds, maps, rank)
    hand_on(op, compute)
    return e(compute)
