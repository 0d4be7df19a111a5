"""`npu-slice-results`: see the pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import scf
from xdsl.dialects.builtin import IndexType, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import remark
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.legalise.views import erase_unused, resolve
from akg_mlir.passes.npu.memory.linear import trip_count
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.slices.axis import Axis, NotAlong, Part, Product, memrefs, trace
from akg_mlir.passes.npu.slices.late_blocks import Steps, steps_of
from akg_mlir.passes.npu.slices.late_columns import KeptLeft, may_keep_left
from akg_mlir.passes.npu.slices.order import check_order
from akg_mlir.passes.npu.slices.schedules import LateBlocks, LateColumns, Schedules
from akg_mlir.passes.npu.slices.sizes import COPIES, Sizes
from akg_mlir.targets import Target

NAME = "npu-slice-results"
WRITTEN_OUT = 8
"""Slices up to which each has code of its own."""


@dataclass(frozen=True)
class NpuSliceResults(ModulePass):
    """Let the results of the cube leave L0C in slices of their columns.

    What follows a product in its tile - the move to UB, the ops of the vector unit, the store - is
    done for some columns after the others, in buffers for one slice: tiles may fill L0C whatever
    UB holds, and the store of one slice overlaps with what is done for the next. Where a core has
    one tile, some blocks of k are multiplied last, slice after slice, or some columns are, with a
    left operand that stays in L1: the first columns are done long before the last; these slices may
    also go from L0C to GM. Tiles in which something combines columns stay as they are. Runs after
    `npu-generate` and before `npu-legalise`.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for kernel in kernels(op):
            drains = [o for o in kernel.walk() if isinstance(o, npu.DmaOp) and _drains(o)]
            for drain in drains:
                where = f"{kernel.sym_name.data}: %{resolve(drain.src).base.name_hint}"
                try:
                    message, numbers = _Slicer(kernel, target, drain).run()
                except NotAlong as reason:
                    remark(NAME, "missed", where, f"not in slices: {reason}")
                else:
                    remark(NAME, "passed", where, message, **numbers)


class _Slicer:
    """The result that `drain` moves out of L0C, and what is done with it there."""

    def __init__(self, kernel: FuncOp, target: Target, drain: npu.DmaOp) -> None:
        block, first = drain.parent, kernel.body.block.first_op
        assert block is not None
        assert first is not None
        self.kernel, self.block, self.target = kernel, block, target
        self.sizes = Sizes(target)
        self.materialiser = Materialiser(Builder(InsertPoint.before(first)))
        self.result = resolve(drain.src).base
        users = [op for op in kernel.walk() if isinstance(op, npu.PipeOp) and self._touches(op)]
        self.products = [op for op in users if isinstance(op, Product)]
        others = [op for op in users if not isinstance(op, Product)]
        several = [op for op in block.ops if isinstance(op, npu.DmaOp) and _drains(op)]
        if not self.products or others != [drain] or several != [drain]:
            raise NotAlong("several ops move results of one tile")

    def run(self) -> tuple[str, dict[str, int]]:
        """Write the slices. Raises `NotAlong` if there are none."""
        moved = self._axis([op for op in self.block.ops if not isinstance(op, Product)])
        columns = self.sizes.multiplied(moved, self.result)
        axis, blocks = moved, 0
        if self._is_alone(moved, columns):
            match self._late(moved, columns):
                case (steps, LateColumns() as late):
                    return self._write_in_turn(steps, moved, late)
                case (steps, LateBlocks(count=count)) if count:
                    steps.leave(count)
                    blocks = count * steps.trips
                case _:
                    pass
            axis = self._with_products(moved)
        if axis is moved:
            columns = self.sizes.moved(moved, self.result)
        if columns >= axis.extent:
            moves = "is small" if moved.buffers(npu.Space.UB) else "leaves L0C in one move"
            raise NotAlong(f"it {moves}")
        self._write(axis, moved, columns)
        message = f"in slices of {columns} of {axis.extent} blocks of columns"
        message += f", with {blocks} blocks of k" if blocks else ""
        return message, {"columns": columns, "blocks": blocks}

    def _is_alone(self, moved: Axis, columns: int) -> bool:
        """Whether a core has one tile, of several slices: the store of others overlaps with the
        next tile."""
        outer = self.block.parent_op()
        several = isinstance(outer, scf.ForOp) and trip_count(outer) != 1
        pieces = moved.extent // min(columns, self.sizes.fitting(moved))
        return columns < moved.extent and not several and pieces <= WRITTEN_OUT

    def _late(self, moved: Axis, columns: int) -> tuple[Steps, LateBlocks | LateColumns] | None:
        """The loop over k, if it is one of steps, and what it leaves to the end so that the last
        store ends soonest."""
        loop = self.products[-1].parent_op()
        if not isinstance(loop, scf.ForOp) or loop.parent is not self.block:
            return None
        try:
            steps = steps_of(loop)
        except NotAlong:
            return None
        schedules = Schedules(self.kernel, self.target, steps, moved, self.result)
        blocks, late = schedules.late_blocks(columns), None
        if self.products == [steps.product] and may_keep_left(steps, self.result, moved):
            late = schedules.late_columns()
        return steps, blocks if late is None or blocks.cycles <= late.cycles else late

    def _with_products(self, moved: Axis) -> Axis:
        """The columns with the products that are not in a loop, where that is possible."""
        if not any(isinstance(op, Product) for op in self.block.ops):
            return moved
        try:
            return self._axis(self.block.ops)
        except NotAlong:
            return moved

    def _touches(self, op: npu.PipeOp) -> bool:
        return any(resolve(value).base is self.result for value in memrefs(op))

    def _axis(self, ops: Iterable[Operation]) -> Axis:
        """The columns of the result through the ops. Raises `NotAlong`, also where an op between
        them must stay between them, or another place uses their buffers."""
        type_ = npu.memref_type(self.products[-1].c)
        pitch, extent = npu.strides_of(type_)[0], type_.get_shape()[0]
        tile_ops = [op for op in ops if isinstance(op, npu.PipeOp)]
        axis = trace(tile_ops, self.result, pitch, extent)
        check_order(self.kernel, self.block, axis, self.result)
        return axis

    def _write(self, axis: Axis, moved: Axis, columns: int) -> None:
        """The ops along the axis, for slice after slice: few of them written out. A slice that is
        multiplied may be moved in several pieces, as UB has room."""
        *_, last = axis.ops
        builder = Builder(InsertPoint.after(last))
        piece = min(columns, self.sizes.fitting(moved))
        if axis is moved and axis.extent // piece > WRITTEN_OUT:
            whole, rest = divmod(axis.extent, piece)
            self._loop(builder, moved, piece, whole)
            slices = [Part(rest, whole, piece)] if rest else []
        else:
            slices = list(_parts(0, axis.extent, columns))
        first = _Turns(axis, [op for op in axis.ops if op not in moved.ops], self.result)
        then = _Turns(moved, list(moved.ops), self.result)
        for part in slices:
            if axis is not moved:
                first.emit(builder, part)
            for inner in _parts(part.first, part.first + part.size, piece):
                then.emit(builder, inner)
        for op in axis.ops:
            op.detach()
            op.erase()
        erase_unused(self.kernel)

    def _loop(self, builder: Builder, axis: Axis, columns: int, count: int) -> None:
        block = Block(arg_types=[IndexType()])
        index = block.args[0]
        index.name_hint = "slice"
        turns = _Turns(axis, list(axis.ops), self.result)
        turns.emit(Builder(InsertPoint.at_end(block)), Part(columns, index, columns))
        block.add_op(scf.YieldOp())
        low, high, step = (self.materialiser.constant(v) for v in (0, count, 1))
        builder.insert(scf.ForOp(low, high, step, [], Region(block)))

    def _write_in_turn(
        self, steps: Steps, moved: Axis, late: LateColumns
    ) -> tuple[str, dict[str, int]]:
        """The loop over k for the first columns, and for slices of the others."""
        kept = KeptLeft(steps, self.result, moved)
        *_, last = moved.ops
        builder = Builder(InsertPoint.after(last))
        turns = _Turns(moved, list(moved.ops), self.result)
        piece = min(*late.slices, self.sizes.fitting(moved))
        kept.first(Builder(InsertPoint.before(steps.loop)), late.first)
        for part in _parts(0, late.first, piece):
            turns.emit(builder, part)
        ends = [*accumulate(late.slices, initial=late.first)]
        slices = [Part(size, start) for size, start in zip(late.slices, ends)]
        for part in kept.slices(builder, slices, late.parts):
            for inner in _parts(part.first, part.first + part.size, piece):
                turns.emit(builder, inner)
        for op in (*moved.ops, steps.loop):
            op.detach()
            op.erase()
        erase_unused(self.kernel)
        sizes = " and ".join(map(str, late.slices))
        message = f"{late.first} of {moved.extent} blocks of columns, then slices of {sizes}"
        return message, {"first": late.first, "slices": len(late.slices)}


class _Turns:
    """Ops along an axis, written for one part after the other: these take turns at two buffers
    where several pipes use them."""

    def __init__(self, axis: Axis, ops: Sequence[Operation], result: SSAValue) -> None:
        self.axis, self.ops = axis, ops
        used = {resolve(value).base for op in ops for value in memrefs(op)}
        self.buffers = [b for b in axis.pitches if b in used and b is not result]
        self.taken: list[tuple[int, dict[SSAValue, SSAValue]]] = []

    def emit(self, builder: Builder, part: Part) -> None:
        """Write the ops for a part."""
        names = {b: self.axis.buffer(b, part.size) for b in self.buffers}
        same = [before for size, before in self.taken if size == part.size]
        if len(same) >= COPIES:
            names |= {b: same[-COPIES][b] for b in self.buffers if _connects(self.axis, b)}
        self.taken.append((part.size, names))
        for op in self.ops:
            self.axis.emit(builder, op, part, names)


def _parts(start: int, end: int, size: int) -> Iterator[Part]:
    """Parts of a size from start to end; the last may be smaller."""
    for first in range(start, end, size):
        yield Part(min(size, end - first), first)


def _connects(axis: Axis, buffer: SSAValue) -> bool:
    """Whether several pipes use a buffer."""
    uses = (op for op in axis.ops if any(resolve(v).base is buffer for v in memrefs(op)))
    return len({op.pipe for op in uses if isinstance(op, npu.PipeOp)}) > 1


def _drains(op: npu.DmaOp) -> bool:
    return npu.space_of(op.src.type) is npu.Space.L0C
