"""`te.depth_to_space` of innermost elements as one of parts, whose rows are longer.

The dimension changes its order first: that of a convolution's output channels by its weights.
"""

from __future__ import annotations

from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.rewriting import Expression, aligned_shape, splat_of

IMAGE = 4
CHANNELS = 1


def of_parts(e: Expression, op: te.DepthToSpaceOp) -> SSAValue | None:
    """The op on an operand whose parts stand behind each other."""
    parts = prod(op.block)
    if op.inner is None:
        return None
    ordered = None
    if (len(op.block), op.dim) == (IMAGE, CHANNELS) and _is_ordered_for_free(op.operand):
        ordered = _ordered(e, op.operand, parts)
    elif parts > 1:
        ordered = _by_parts(e, op.operand, op.dim, parts)
    return e(te.DepthToSpaceOp(ordered or op.operand, op.dim, op.block))


def _is_ordered_for_free(value: SSAValue) -> bool:
    """Whether the channels of an image, or of what broadcasts to one, are those of known weights,
    also behind a convolution that nothing else uses."""
    if splat_of(value) is not None or is_weight(value) or _lacks_channels(value):
        return True
    if not value.has_one_use():
        return False
    match value.owner:
        case te.Conv2dOp() as op:
            return op.group_count == 1 and is_weight(op.weights)
        case te.ElementwiseOp() as op:
            return all(map(_is_ordered_for_free, op.operands))
        case _:
            return False


def _lacks_channels(value: SSAValue) -> bool:
    return aligned_shape(value, IMAGE)[CHANNELS] == 1


def _ordered(e: Expression, value: SSAValue, parts: int) -> SSAValue:
    """What `_is_ordered_for_free`, with the elements of each part of its channels together."""
    if splat_of(value) is not None or _lacks_channels(value):
        return value
    match value.owner:
        case te.Conv2dOp() as op:
            weights = _by_parts(e, op.weights, 0, parts)
            return e(op.clone({op.image: op.image, op.weights: weights}))
        case te.ElementwiseOp() as op:
            operands = {x: _ordered(e, x, parts) for x in op.operands}
            return e(op.clone(operands))
        case _:
            return _by_parts(e, value, len(te.shape_of(value)) - (IMAGE - CHANNELS), parts)


def _by_parts(e: Expression, value: SSAValue, dim: int, parts: int) -> SSAValue:
    """A value of which every `parts`-th element of a dimension, from each one on, is a part."""
    shape = te.shape_of(value)
    before, behind = prod(shape[:dim]), prod(shape[dim + 1 :])
    apart = e.reshaped(value, [before, shape[dim] // parts, parts, behind])
    return e.reshaped(e(te.TransposeOp(apart, (0, 2, 1, 3))), shape)
