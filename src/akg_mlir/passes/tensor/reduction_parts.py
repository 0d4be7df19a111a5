"""Reductions in two steps: parts of what is combined, and then what the parts gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression, nested
from akg_mlir.passes.tensor.workload import record, recorded

PARTIAL = "te.partial"
"""Attribute of a first step: the second one is in another kernel."""

Reducing = te.ReduceOp | te.ContractionOp | te.ComputeOp

_COMBINE: dict[te.Reduction, type[te.BinaryOp]] = {
    te.Reduction.ADD: te.AddOp,
    te.Reduction.MAX: te.MaxOp,
    te.Reduction.MIN: te.MinOp,
    te.Reduction.MUL: te.MulOp,
}


@dataclass(frozen=True)
class Cut:
    """A reduced iterator in `parts` runs of `length` iterations, with `left` behind them."""

    iterator: int
    parts: int
    length: int
    left: int


def kept_iterators(op: Reducing) -> list[int]:
    """The iterators of the result."""
    return [k for k, kind in enumerate(op.iterators) if kind == te.Iterator.PARALLEL]


def outer_last(e: Expression, op: te.ReduceOp, outer: Sequence[int]) -> SSAValue:
    """The result of `op`, whose dimensions `outer` are reduced in a step of their own."""
    inner = [axis for axis in sorted(op.dims) if axis not in outer]
    partial = te.ReduceOp(op.kind.data, op.operand, inner, keepdims=True)
    partial.attributes[PARTIAL] = UnitAttr()
    return e(te.ReduceOp(op.kind.data, e(partial), outer, keepdims=True))


def parts_last(e: Expression, op: Reducing, outer: Sequence[int], cut: Cut) -> SSAValue:
    """The result of `op`, with sizes of 1 in front of its own: partial results `[parts, *outer,
    *kept]` are reduced in a second step, and combined with what is `left`."""
    kind = op.reduction
    assert kind is not None
    partial = _part(op, [*outer, *kept_iterators(op)], cut, 0, cut.parts, cut.length)
    partial.attributes[PARTIAL] = UnitAttr()
    result = e(te.ReduceOp(kind, e(partial), range(1 + len(outer)), keepdims=True))
    if not cut.left:
        return result
    rest = e(_part(op, kept_iterators(op), cut, cut.parts * cut.length, 1, cut.left))
    return e(_COMBINE[kind](result, rest))


def fractal_product(
    e: Expression, a: SSAValue, b: SSAValue, sizes: tuple[int, int, int], parts: int
) -> SSAValue:
    """The product of packed factors, for `sizes` m, n and k, in that many parts of the blocks of k,
    which are outermost in both: a batch, whose results are added up in a second step."""
    m, n, k = sizes
    if parts == 1:
        return e(te.FractalMatmulOp(a, b, m, k, n))
    left, right = (_batched(e, packed, parts) for packed in (a, b))
    blocks, depth = te.shape_of(left)[1], te.shape_of(left)[-1]
    partial = te.FractalMatmulOp(left, right, m, blocks * depth, n)
    partial.attributes[PARTIAL] = UnitAttr()
    return e(te.ReduceOp(te.Reduction.ADD, e(partial), [0]))


def _batched(e: Expression, packed: SSAValue, parts: int) -> SSAValue:
    blocks, *fractals = te.shape_of(packed)
    return e.reshaped(packed, [parts, blocks // parts, *fractals])


def _part(
    op: Reducing, kept: Sequence[int], cut: Cut, first: int, parts: int, length: int
) -> te.ComputeOp:
    """`[parts, *kept]`: the reduction over iterations `part * length + i` of what is cut, `i <
    length`, and all of the others; of a single part over `first + i`."""
    count = len(op.bounds)
    order = [*kept, *(k for k in range(count) if k not in kept)]
    exprs = [AffineExpr.dimension(1 + order.index(k)) for k in range(count)]
    exprs[cut.iterator] += AffineExpr.dimension(0) * length if parts > 1 else first
    maps = [
        AffineMap(count + 1, 0, tuple(r.replace_dims_and_symbols(exprs, []) for r in map_.results))
        for map_ in op.operand_maps
    ]
    bounds = [parts, *(length if k == cut.iterator else op.bounds[k] for k in order)]
    part = nested(op, op.operands, bounds, maps, 1 + len(kept))
    # The first element of each sum is no work in a lower bound.
    share = (recorded(op) or 0) * parts * (length - 1) // op.bounds[cut.iterator]
    if share:
        record(part, share)
    return part
