"""`te.depth_to_space` where rows are not those of channels: a transposition."""

from __future__ import annotations

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression


def interleaved(e: Expression, op: te.DepthToSpaceOp) -> SSAValue:
    """The result of `op`: its parts are dimensions of their own, which move behind those that they
    are places of."""
    shape, dim, result = te.shape_of(op.operand), op.dim, te.shape_of(op.result)
    moving = [axis for axis, size in enumerate(op.block) if size > 1]
    parts = [op.block[axis] for axis in moving]
    outside = op.inner is None
    split = [*parts, result[dim]] if outside else [result[dim], *parts]
    apart = e.reshaped(op.operand, [*shape[:dim], *split, *shape[dim + 1 :]])
    order, first = list[int](), dim if outside else dim + 1
    for axis in range(len(shape)):
        order.append(axis if axis < first else axis + len(parts))
        if axis in moving:
            order.append(first + moving.index(axis))
    return e.reshaped(e(te.TransposeOp(apart, order)), result)
