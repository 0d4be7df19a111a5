"""Two loops of which one holds nothing but the other, as one loop.

A short inner loop would fill and drain its pipeline for every iteration of the outer one.
"""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import scf
from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.memory.linear import linear_of, trip_count
from akg_mlir.passes.npu.rotation.stages import roots_of

LONG = 16
"""Iterations of an inner loop from which on filling and draining no longer matter."""


def collapse(outer: scf.ForOp, materialiser: Materialiser) -> None:
    """Make one loop of `outer` and the short loops that are all there is in it."""
    while (inner := _inner(outer)) is not None:
        outer = _merge(outer, inner, materialiser)


def _inner(outer: scf.ForOp) -> scf.ForOp | None:
    """The only op in a loop that does something, if it is a short loop."""
    effective = [op for op in outer.body.block.ops if any(roots_of(op))]
    match effective:
        case [scf.ForOp() as inner]:
            unit = linear_of(outer.step).const == linear_of(inner.step).const == 1
            trips = trip_count(inner)
            return inner if unit and trips is not None and 1 < trips < LONG else None
        case _:
            return None


def _merge(outer: scf.ForOp, inner: scf.ForOp, materialiser: Materialiser) -> scf.ForOp:
    """Replace `outer`: iteration `t` is iteration `t mod n` of the inner loop's `n`."""
    trips = trip_count(inner)
    assert trips is not None
    builder = Builder(InsertPoint.before(outer))
    index = AffineExpr.dimension(0)
    low, high = (materialiser.value(builder, index * trips, (v,)) for v in (outer.lb, outer.ub))
    block = Block(arg_types=[IndexType()])
    counter = block.args[0]
    counter.name_hint = inner.body.block.args[0].name_hint
    body = Builder(InsertPoint.at_end(block))
    names: dict[SSAValue, SSAValue] = {}
    names[outer.body.block.args[0]] = materialiser.value(body, index // trips, (counter,))

    def insert(op: Operation) -> None:
        body.insert(op.clone(names))

    for op in outer.body.block.ops:
        if op is inner:
            start = names.get(inner.lb, inner.lb)
            offset = AffineExpr.dimension(1) + index % trips
            first = inner.body.block.args[0]
            names[first] = materialiser.value(body, offset, (counter, start))
            for inside in inner.body.block.ops:
                if not isinstance(inside, scf.YieldOp):
                    insert(inside)
        else:
            insert(op)
    merged = builder.insert(scf.ForOp(low, high, outer.step, [], Region(block)))
    outer.detach()
    outer.erase()
    return merged
