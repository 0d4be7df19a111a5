"""Move reshapes below other ops, so that these stay with the op that made their operand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import broadcast_shape
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    rewrite_each,
    shown,
    splat_of,
    with_operands,
)


@dataclass(frozen=True)
class TeSinkReshapes(ModulePass):
    """Move reshapes below other ops, so that these stay with the op that made their operand.

    A reshape is a border between kernels: below a contraction it would cut off the epilogue.
    Reshapes move below element-wise ops, reductions whose dimensions they do not mix with others,
    and batched contractions whose batch dimensions they split or merge. Reshapes of reshapes
    become one, also with padding in between; element-wise ops on scalars get one dimension. A
    reshape that only adds or drops
    sizes of 1 and could not move down moves above the element-wise ops that made its operand, if
    they work on given values alone. Given are arguments, constants, and what the host moves of
    weights.
    """

    name = "te-sink-reshapes"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite_each(op, _visit)
        rewrite_each(op, _hoist)
        erase_dead(op)


def _visit(op: Operation) -> bool:
    if isinstance(op, te.ReshapeOp):
        return _fold(op) or _above_padding(op)
    match op:
        case te.ElementwiseOp():
            return _sink(op) or _read_through(op)
        case te.ReduceOp():
            return _sink_reduction(op)
        case te.BatchMatmulOp():
            return _sink_contraction(op)
        case _:
            return False


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


def _above_padding(op: te.ReshapeOp) -> bool:
    """Pad what a reshape gives instead of what it takes, where another one is in front already."""
    pad = op.operand.owner
    if not isinstance(pad, te.PadOp) or not isinstance(pad.operand.owner, te.ReshapeOp):
        return False
    if not pad.result.has_one_use():
        return False
    shape = te.shape_of(op.result)
    low, high = [0] * len(shape), [0] * len(shape)
    for before, after in _segments(te.shape_of(pad.result), shape):
        amounts = [pad.amounts[k] for k in before]
        if len(before) == len(after) == 1:
            ((low[after[0]], high[after[0]]),) = amounts
        elif any(map(any, amounts)):
            return False
    e = Expression(op)
    taken = [size - a - b for size, a, b in zip(shape, low, high)]
    e.finish(e(te.PadOp(e.reshaped(pad.operand, taken), low, high, pad.value.value.data)))
    return True


def _read_through(op: te.ElementwiseOp) -> bool:
    """Read an operand from before a reshape that only changes its leading dimensions of size 1.

    False: the op stays in place.
    """
    rank = len(te.shape_of(op.results[0]))
    for index, value in enumerate(op.operands):
        source = _computed_before(value)
        if source is None or len(te.shape_of(source)) > rank:
            continue
        shapes = te.shape_of(source), te.shape_of(value)
        if _without_leading_ones(shapes[0]) == _without_leading_ones(shapes[1]):
            others = [source if k == index else v for k, v in enumerate(op.operands)]
            if broadcast_shape([te.shape_of(v) for v in others]) == te.shape_of(op.results[0]):
                op.operands[index] = source
    return False


def _sink_reduction(op: te.ReduceOp) -> bool:
    """Reduce in the shape from before the reshape of the operand."""
    source = _computed_before(op.operand)
    if source is None:
        return False
    axes: list[int] = []
    for before, after in _segments(te.shape_of(source), te.shape_of(op.operand)):
        reduced = {axis in op.dims for axis in after}
        if len(reduced) > 1:
            return False
        axes += before if True in reduced else []
    if not axes:
        return False
    e = Expression(op)
    moved = te.ReduceOp(op.kind.data, source, axes, keepdims=True)
    moved.attributes |= op.attributes
    e.finish(e.reshaped(e(moved), te.shape_of(op.result)))
    return True


def _sink_contraction(op: te.BatchMatmulOp) -> bool:
    """Multiply with the batch dimensions from before the reshapes of both operands."""
    a, b = (_computed_before(v) for v in (op.a, op.b))
    if a is None or b is None:
        return False
    sources = te.shape_of(a), te.shape_of(b)
    if sources[0][:-2] != sources[1][:-2] or min(map(len, sources)) < 3:
        return False
    if any(s[-2:] != te.shape_of(v)[-2:] for s, v in zip(sources, (op.a, op.b))):
        return False
    e = Expression(op)
    flags = op.transpose_a is not None, op.transpose_b is not None
    moved = te.BatchMatmulOp(a, b, *flags, te.element_of(op.result))
    moved.attributes |= op.attributes
    e.finish(e.reshaped(e(moved), te.shape_of(op.result)))
    return True


def _segments(before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Shortest runs of dimensions of two shapes with as many elements; sizes of 1 are in none."""
    left = [k for k, size in enumerate(before) if size > 1]
    right = [k for k, size in enumerate(after) if size > 1]
    while left and right:
        first, second = [left.pop(0)], [right.pop(0)]
        while (one := prod(before[k] for k in first)) != (two := prod(after[k] for k in second)):
            if one < two:
                first.append(left.pop(0))
            else:
                second.append(right.pop(0))
        yield first, second


def _computed_before(value: SSAValue) -> SSAValue | None:
    """What a reshape is of, if an op computes it."""
    if not isinstance(value.owner, te.ReshapeOp) or _is_given(value):
        return None
    return value.owner.operand


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


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
        moves = source is not value and te.shape_of(source) != ()
        if moves and te.shape_of(value) == shape and not _is_given(source):
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
    if shape == ():
        return inner
    wanted = _regrouped(own, shape, inner)
    if wanted is None:
        return None
    source = value.owner.operand if isinstance(value.owner, te.ReshapeOp) else None
    if source is not None and te.shape_of(source) == wanted:
        return wanted
    same = _without_leading_ones(wanted) == _without_leading_ones(own)
    if same and len(own) <= len(inner):
        return own
    return wanted if _is_given(value) or (same and own != shape) else None


def _regrouped(
    own: tuple[int, ...], shape: tuple[int, ...], inner: tuple[int, ...]
) -> tuple[int, ...] | None:
    """What `own`, which broadcasts to `shape`, is among the dimensions of `inner`; None if it has
    a part of dimensions that are one there, or that are cut otherwise."""
    aligned = (*[1] * (len(shape) - len(own)), *own)
    found = [1] * len(inner)
    for before, after in _segments(shape, inner):
        sizes = [aligned[k] for k in before]
        if sizes == [shape[k] for k in before]:
            for k in after:
                found[k] = inner[k]
        elif any(size > 1 for size in sizes):
            return None
    return tuple(found)


def _under(e: Expression, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
    splat = splat_of(value)
    if splat is not None:
        return e.splat(splat, te.element_of(value))
    if isinstance(value.owner, te.ReshapeOp) and te.shape_of(value) != shape:
        value = value.owner.operand
    return e.reshaped(value, shape)


def _is_given(value: SSAValue) -> bool:
    """Whether no kernel computes the value."""
    return isinstance(shown(value), BlockArgument) or is_weight(value)


def _hoist(op: Operation) -> bool:
    """Compute what a reshape is of in the shape that it gives."""
    if not isinstance(op, te.ReshapeOp) or _is_returned(op):
        return False
    shape, inner = te.shape_of(op.result), te.shape_of(op.operand)
    chain = _chain(op)
    if not chain or [s for s in shape if s > 1] != [s for s in inner if s > 1]:
        return False
    e = Expression(op)
    moved: dict[SSAValue, SSAValue] = {}
    for member in chain:
        for value in member.operands:
            if value not in moved:
                moved[value] = _under(e, value, _spread(te.shape_of(value), inner, shape))
        new = with_operands(member, [moved[value] for value in member.operands])
        moved[member.results[0]] = e(new)
    e.finish(moved[op.operand])
    return True


def _chain(op: te.ReshapeOp) -> list[te.ElementwiseOp]:
    """The element-wise ops that compute the operand from given values and that nothing else needs,
    in program order; empty if there are others."""
    chain: dict[Operation, te.ElementwiseOp] = {}
    waiting = [op.operand]
    while waiting:
        value = waiting.pop()
        if _is_given(value):
            continue
        if not isinstance(value.owner, te.ElementwiseOp):
            return []
        chain[value.owner] = value.owner
        waiting += value.owner.operands
    inside = {op, *chain}
    if any(use.operation not in inside for member in chain for use in member.results[0].uses):
        return []
    block = op.parent
    assert block is not None
    return [chain[member] for member in block.ops if member in chain]


def _spread(
    own: tuple[int, ...], inner: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[int, ...]:
    """The shape, among results of `shape`, of an operand of results of `inner`."""
    aligned = (*[1] * (len(inner) - len(own)), *own)
    sizes = iter([size for size, whole in zip(aligned, inner) if whole > 1])
    return tuple(next(sizes) if whole > 1 else 1 for whole in shape)


def _is_returned(op: te.ReshapeOp) -> bool:
    """Whether the reshape is a view of a result, no border."""
    return all(isinstance(use.operation, ReturnOp) for use in op.result.uses)
