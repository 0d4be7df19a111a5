"""Move reshapes below element-wise ops, so that these stay with the op that made their operand."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    rewrite_each,
    splat_of,
    with_operands,
)


@dataclass(frozen=True)
class TeSinkReshapes(ModulePass):
    """Move reshapes below element-wise ops, so that these stay with the op that made their operand.

    A reshape is a border between kernels: below a contraction it would cut off the epilogue.
    Reshapes of reshapes become one; element-wise ops on scalars get one dimension.
    """

    name = "te-sink-reshapes"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite_each(op, _visit)
        erase_dead(op)


def _visit(op: Operation) -> bool:
    if isinstance(op, te.ReshapeOp):
        return _fold(op)
    return isinstance(op, te.ElementwiseOp) and _sink(op)


def _fold(op: te.ReshapeOp) -> bool:
    """One reshape instead of two; none where the shape does not change."""
    source, shape = op.operand, te.shape_of(op.result)
    if isinstance(source.owner, te.ReshapeOp):
        source = source.owner.operand
    if source is op.operand and te.shape_of(source) != shape:
        return False
    e = Expression(op)
    e.finish(e.reshaped(source, shape))
    return True


def _sink(op: te.ElementwiseOp) -> bool:
    """Compute the op in the shape from before the reshape of an operand, if all operands have one.

    Only reshapes of computed values move: the op would leave the kernel of its users for nothing.
    """
    shape = te.shape_of(op.results[0])
    inner = _shape_before(op, shape)
    if inner is None:
        return False
    shapes = [_operand_shape(v, shape, inner) for v in op.operands]
    e = Expression(op)
    operands = [_under(e, v, s) for v, s in zip(op.operands, shapes) if s is not None]
    if len(operands) < len(shapes):
        for unused in reversed(e.inserted):
            Rewriter.erase_op(unused)
        return False
    e.finish(e.reshaped(e(with_operands(op, operands)), shape))
    return True


def _shape_before(op: te.ElementwiseOp, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape to compute in: of the first full-size operand's source; [1] for scalars."""
    for value in op.operands:
        source = value.owner.operand if isinstance(value.owner, te.ReshapeOp) else value
        if source is not value and te.shape_of(value) == shape and not _is_given(source):
            return te.shape_of(source)
    scalars = shape == () and any(splat_of(v) is None for v in op.operands)
    return (1,) if scalars else None


def _operand_shape(
    value: SSAValue, shape: tuple[int, ...], inner: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The shape under which an operand of a result of `shape` serves one of `inner`."""
    own = te.shape_of(value)
    if splat_of(value) is not None:
        return ()
    if own == shape:
        source = value.owner.operand if isinstance(value.owner, te.ReshapeOp) else None
        direct = source is not None and te.shape_of(source) == inner
        return inner if direct or _is_given(value) or shape == () else None
    tail = own
    while tail and tail[0] == 1:
        tail = tail[1:]
    count = len(tail)
    shared = count <= len(inner) and shape[len(shape) - count :] == inner[len(inner) - count :]
    if not shared:
        return None
    return own if len(own) <= len(inner) else tail


def _under(e: Expression, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
    splat = splat_of(value)
    if splat is not None:
        return e.splat(splat, te.element_of(value))
    if isinstance(value.owner, te.ReshapeOp) and te.shape_of(value) != shape:
        value = value.owner.operand
    return e.reshaped(value, shape)


def _is_given(value: SSAValue) -> bool:
    """Whether no op computes the value."""
    if isinstance(value.owner, te.ReshapeOp):
        return _is_given(value.owner.operand)
    return isinstance(value, BlockArgument) or isinstance(value.owner, te.ConstantOp)
