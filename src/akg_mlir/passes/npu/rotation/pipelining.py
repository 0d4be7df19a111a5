"""A loop rewritten so that several of its iterations are in flight.

With N copies, T iterations, and the body in the stages F (fill) and R (rest), iterations are
written out N at a time, each with the copies of its own, and F runs one iteration ahead of R:

    F0(0)
    for i in 0 .. (T - 1) / N:      F1(Ni + 1) R0(Ni)  F2(Ni + 2) R1(Ni + 1)  ..  F0(Ni + N) R'
    the remaining 1 .. N:           F1 R0  F2 R1  ..  R'

The first iteration may be apart, so that what waits for loads in front of the loop stands behind
them and can start when a part of them has come:

    F0(0)  F1(1) R0(0)
    for i in 1 .. (T - 2) / N:      F2(Ni + 1) R1(Ni)  ..

Copies have fixed addresses, and what orders them needs no events chosen at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects.npu import BufferOp, PipeOp, memref_type
from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.memory.linear import evaluate, iterates, linear_of, trip_count
from akg_mlir.passes.npu.rotation.ahead import make_way
from akg_mlir.passes.npu.rotation.stages import Stages, roots_of

Rename = Callable[[SSAValue], SSAValue]
"""Gives a buffer that means something in one iteration only a new name."""


def written_out(trips: int | None, copies: int, apart: int = 0) -> int:
    """How often the body of a loop of `trips` iterations (None: not known) is written, `apart` of
    them in front of the loop."""
    if trips is None:
        return copies + copies * (copies + 1) // 2
    if apart:
        return apart + written_out(trips - apart, copies)
    return trips if trips <= copies else copies + (trips - 1) % copies + 1


@dataclass(frozen=True)
class Pipelined:
    """One loop to rewrite: its stages, the names of every slot (the first is the slot itself), the
    buffers that each iteration renames, and how many iterations are `apart` (0 or 1; only where
    there are known to be more)."""

    loop: scf.ForOp
    stages: Stages
    slots: dict[SSAValue, tuple[SSAValue, ...]]
    private: frozenset[SSAValue]
    copies: int
    apart: int
    rename: Rename
    materialiser: Materialiser

    def rewrite(self) -> None:
        """Replace the loop. Its step must be a constant."""
        builder = Builder(InsertPoint.before(self.loop))
        if iterates(self.loop):
            self._all(builder, Builder(InsertPoint.before(self._place_of_first_fill())))
        else:
            _if(builder, self.loop.lb, self.loop.ub, lambda inner: self._all(inner, inner))
        self.loop.detach()
        self.loop.erase()

    @property
    def step(self) -> int:
        return linear_of(self.loop.step).const

    def _place_of_first_fill(self) -> Operation:
        """The first op in front of the loop that need not precede the first fill: what is computed
        once, on the scalar unit maybe, which issues nothing meanwhile."""
        reads = {root for op in self.stages.fill for root in roots_of(op)[0]}
        needs = {operand for op in self.stages.fill for operand in _used(op)} | {self.loop.lb}
        pieces = self.stages.filled - self.slots.keys()

        def may_pass(before: PipeOp) -> bool:
            read, written = roots_of(before)
            return not (written & reads or (read | written) & pieces)

        return make_way(self.loop, needs, may_pass)

    def _all(self, builder: Builder, early: Builder) -> None:
        """The loop, known to have an iteration; `early` is where the first fill goes."""
        trips = trip_count(self.loop)
        self._emit(early, self.stages.fill, self.loop.lb, 0)
        start = self.loop.lb
        if self.apart:
            assert trips is not None
            trips -= self.apart
            self._emit(builder, self.stages.fill, self.loop.lb, 1)
            self._emit(builder, self.stages.rest, self.loop.lb, 0)
            start = self._value(builder, AffineExpr.dimension(0) + self.step, start)
            if trips <= 2 * self.copies:  # a loop of one iteration would be as long
                self._last(builder, start, trips)
                return
        end = self._end(builder, start, trips)
        self._main(builder, start, end, trips)
        self._remainder(builder, end, trips)

    def _end(self, builder: Builder, start: SSAValue, trips: int | None) -> SSAValue:
        """Where the main loop ends, so that 1 .. N iterations remain."""
        stride = self.copies * self.step
        low, high = AffineExpr.dimension(0), AffineExpr.dimension(1)
        if trips is not None:
            return self._value(builder, low + (trips - 1) // self.copies * stride, start)
        whole = (high - low - 1) // stride * stride
        return self._value(builder, low + whole, start, self.loop.ub)

    def _main(self, builder: Builder, start: SSAValue, end: SSAValue, trips: int | None) -> None:
        if trips is not None and trips <= self.copies:
            return
        block = Block(arg_types=[IndexType()])
        index = block.args[0]
        index.name_hint = self.loop.body.block.args[0].name_hint
        inner = Builder(InsertPoint.at_end(block))
        for copy in range(self.copies):
            self._emit(inner, self.stages.fill, index, copy + 1, self.apart)
            self._emit(inner, self.stages.rest, index, copy, self.apart)
        inner.insert(scf.YieldOp())
        step = self.materialiser.constant(self.copies * self.step)
        builder.insert(scf.ForOp(start, end, step, [], Region(block)))

    def _remainder(self, builder: Builder, start: SSAValue, trips: int | None) -> None:
        if trips is None:
            self._choose(builder, start, self.copies)
        else:
            self._last(builder, start, (trips - 1) % self.copies + 1)

    def _choose(self, builder: Builder, start: SSAValue, most: int) -> None:
        """The last iterations where it is only known that there are 1 .. `most`."""
        if most == 1:
            self._last(builder, start, 1)
            return
        final = self._value(builder, AffineExpr.dimension(0) + (most - 1) * self.step, start)
        _if(
            builder,
            final,
            self.loop.ub,
            lambda inner: self._last(inner, start, most),
            lambda inner: self._choose(inner, start, most - 1),
        )

    def _last(self, builder: Builder, start: SSAValue, count: int) -> None:
        for copy in range(count):
            if copy + 1 < count:
                self._emit(builder, self.stages.fill, start, copy + 1, self.apart)
            self._emit(builder, self.stages.rest, start, copy, self.apart)

    def _emit(
        self, builder: Builder, ops: Sequence[Operation], start: SSAValue, ahead: int, turn: int = 0
    ) -> None:
        """One stage of the iteration that is `ahead` iterations after the one at `start`, whose
        copies are number `turn`."""
        if not ops:
            return
        copy = (turn + ahead) % self.copies
        names = {slot: copies[copy] for slot, copies in self.slots.items()}
        names[self.loop.body.block.args[0]] = self._value(
            builder, AffineExpr.dimension(0) + ahead * self.step, start
        )
        for op in ops:
            for buffer in _used(op):
                if buffer in self.private and buffer not in names:
                    names[buffer] = self.rename(buffer)
            builder.insert(op.clone(names))

    def _value(self, builder: Builder, expression: AffineExpr, *values: SSAValue) -> SSAValue:
        form = evaluate(expression, [linear_of(value) for value in values], len(values))
        if form is not None and form.is_constant:
            return self.materialiser.constant(form.const)
        return self.materialiser.value(builder, expression, values)


def copy_of(buffer: SSAValue) -> SSAValue:
    """A buffer like this one, declared behind it."""
    op = buffer.owner
    assert isinstance(op, BufferOp)
    copy = Builder(InsertPoint.after(op)).insert(BufferOp(memref_type(buffer)))
    copy.result.name_hint = buffer.name_hint
    return copy.result


def _used(op: Operation) -> Iterator[SSAValue]:
    return (operand for inner in op.walk() for operand in inner.operands)


def _if(
    builder: Builder,
    low: SSAValue,
    high: SSAValue,
    then: Callable[[Builder], None],
    otherwise: Callable[[Builder], None] | None = None,
) -> None:
    """`then` where low < high."""
    regions: list[Region] = []
    for arm in (then, otherwise):
        if arm is None:
            regions.append(Region())
            continue
        block = Block()
        inner = Builder(InsertPoint.at_end(block))
        arm(inner)
        inner.insert(scf.YieldOp())
        regions.append(Region(block))
    condition = builder.insert(arith.CmpiOp(low, high, "slt")).result
    builder.insert(scf.IfOp(condition, [], regions[0], regions[1]))
