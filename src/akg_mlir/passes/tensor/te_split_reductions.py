"""Reduce in two steps what keeps too few cores busy in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.tensor.rewriting import Expression, functions, target_or_default
from akg_mlir.passes.tensor.workload import spread

NAME = "te-split-reductions"
PARTIAL = "te.partial"
SHARE = 8
"""What one result reads may take this part of the unified buffer: room for the ops that make it."""


@dataclass(frozen=True)
class TeSplitReductions(ModulePass):
    """Reduce in two steps what does not stay on chip in one: inner dimensions, then outer ones.

    Where other ops make the elements that a result reduces, its tile takes all of them, in chunks
    if need be; few results are few tiles, and leave most cores idle. So where not even half of the
    cores have a result, the first step (marked `te.partial`) reduces the innermost dimensions that
    fit on chip; there are many tiles of its results, and the second step reads only them, in
    another kernel. Reductions of the same inputs are split alike, so that one kernel reads these
    once. Sums are taken in another order.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        limit = target.memories["ub"] // SHARE
        for function in functions(op):
            reductions = [
                o
                for o in function.body.block.ops
                if isinstance(o, te.ReduceOp) and 2 * prod(te.shape_of(o.result)) < target.cores
            ]
            large = {o: inner for o in reductions if (inner := _inner_dimensions(o, limit))}
            made = [o for o in large if isinstance(o.operand.owner, Operation)]
            sources = {value for o in made for value in _sources(o.operand)}
            for each, inner in large.items():
                if each in made or each.operand in sources:
                    _split(each, inner, limit)


def _inner_dimensions(op: te.ReduceOp, limit: int) -> list[int]:
    """The innermost reduced dimensions that fit; none when all do, or not even one does."""
    sizes = te.shape_of(op.operand)
    axes = sorted(axis for axis in op.dims if sizes[axis] > 1)
    width = element_bytes(te.element_of(op.operand))
    inner = [
        axis for k, axis in enumerate(axes) if prod(sizes[a] for a in axes[k:]) * width <= limit
    ]
    return [] if inner == axes else inner


def _sources(value: SSAValue) -> Iterator[SSAValue]:
    """The values that element-wise ops make a value of."""
    if isinstance(value.owner, te.ElementwiseOp):
        for operand in value.owner.operands:
            yield from _sources(operand)
    else:
        yield value


def _split(op: te.ReduceOp, inner: list[int], limit: int) -> None:
    """Replace a reduction by two."""
    sizes = te.shape_of(op.operand)
    outer = [axis for axis in sorted(op.dims) if axis not in inner]
    e = Expression(op)
    partial = te.ReduceOp(op.kind.data, op.operand, inner, keepdims=True)
    partial.attributes[PARTIAL] = UnitAttr()
    result = e(te.ReduceOp(op.kind.data, e(partial), outer, keepdims=True))
    spread(op, e.inserted)
    held = prod(sizes[axis] for axis in op.dims) * element_bytes(te.element_of(op.operand))
    remark(NAME, "passed", f"{op.name}{location_of(op)}", "in two steps", bytes=held, limit=limit)
    e.finish(e.reshaped(result, te.shape_of(op.result)))
