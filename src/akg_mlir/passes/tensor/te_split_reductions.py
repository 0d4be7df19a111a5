"""Reduce in two steps what keeps too few cores busy in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import TypeGuard

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.reduction_parts import (
    Cut,
    Reducing,
    kept_iterators,
    outer_last,
    parts_last,
)
from akg_mlir.passes.tensor.rewriting import Expression, functions
from akg_mlir.passes.tensor.workload import recorded, spread
from akg_mlir.targets import Target

NAME = "te-split-reductions"
LEAST = 0.1
"""What two steps must gain: estimates err by as much, and leave out what more tiles cost. So must
the parts of a dimension over whole dimensions: what is left of it is code of its own."""
BLOCK = 32
"""Bytes on which the parts of a row start."""


@dataclass(frozen=True)
class TeSplitReductions(ModulePass):
    """Reduce in two steps what keeps too few cores busy in one: a part of it first, then the rest.

    A core computes whole results, so few results leave most cores idle. Where that is estimated to
    cost more than a second kernel, the first step (marked `te.partial`) leaves the outermost
    reduced dimensions for more cores to share, or parts of one of them, and the second step reads
    only what the first one wrote, in another kernel; what equal parts leave of a dimension is
    reduced apart. So are f32 products and other sums of the vector unit for few results. Results
    next to each other in a line of memory count as one where cores would take longer to read parts
    of lines. Reductions of the same inputs are split alike, so that one kernel reads these once.
    Sums are taken in another order.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            alike: dict[object, list[Reducing]] = {}
            for each in function.body.block.ops:
                if _is_candidate(each):
                    sources = frozenset(v for v in _made_of(each.operands) if not _is_made(v))
                    key = each.bounds, each.iterators, sources
                    alike.setdefault(key, []).append(each)
            for reductions in alike.values():
                _split(reductions, target)


def _is_candidate(op: Operation) -> TypeGuard[Reducing]:
    """Whether the op is a reduction of the vector unit, but not of windows, whose partial results
    have the type that it accumulates in."""
    match op:
        case te.ReduceOp():
            sums = op.kind.data in (te.Reduction.ADD, te.Reduction.MUL)
            return not sums or te.accumulator(te.element_of(op.operand)) == te.element_of(op.result)
        case te.ContractionOp():
            return te.element_of(op.a) == te.element_of(op.result) == f32
        case te.ComputeOp() if op.reduction is not None:
            return op.yielded.type == te.element_of(op.result) and not op.has_windows
        case _:
            return False


def _is_made(value: SSAValue) -> bool:
    return isinstance(value.owner, te.ElementwiseOp)


def _made_of(values: Sequence[SSAValue]) -> set[SSAValue]:
    """The values and all that element-wise ops make them of."""
    found, waiting = set(values), list(values)
    while waiting:
        owner = waiting.pop().owner
        if isinstance(owner, te.ElementwiseOp):
            waiting += [v for v in owner.operands if v not in found]
            found.update(owner.operands)
    return found


@dataclass(frozen=True)
class _Plan:
    """Reducing all but `outer` dimensions, and but the parts of one, first, on at most `tasks`
    cores."""

    outer: tuple[int, ...]
    cut: Cut | None
    tasks: int
    cycles: int


def _split(reductions: Sequence[Reducing], target: Target) -> None:
    """Replace reductions of the same inputs by two each where that is faster."""
    estimate = _Estimate(reductions, target)
    prefixes = estimate.prefixes if isinstance(estimate.op, te.ReduceOp) else [()]
    plans = [estimate.plan(outer) for outer in prefixes]
    whole, best = plans[0], min(plans, key=lambda plan: plan.cycles)
    for cut in estimate.cuts():
        if cut.cycles <= best.cycles * (1 - LEAST):
            best = cut
    if best is whole or best.cycles > whole.cycles * (1 - LEAST):
        return
    for op in reductions:
        e = Expression(op)
        if best.cut is not None:
            result = parts_last(e, op, best.outer, best.cut)
        else:
            assert isinstance(op, te.ReduceOp)
            result = outer_last(e, op, best.outer)
            spread(op, e.inserted)
        figures = {
            "tasks": best.tasks,
            "cycles": best.cycles,
            "tasks_whole": whole.tasks,
            "cycles_whole": whole.cycles,
        }
        remark(NAME, "passed", f"{op.name}{location_of(op)}", "in two steps", **figures)
        e.finish(e.reshaped(result, te.shape_of(op.result)))


class _Estimate:
    """What reductions of the same inputs cost, one of which stands for all.

    Reading and computing add up: a core has few chunks to overlap them.
    """

    def __init__(self, reductions: Sequence[Reducing], target: Target) -> None:
        self.op, self.count, self.target = reductions[0], len(reductions), target
        made = set[SSAValue]().union(*(_made_of(each.operands) for each in reductions))
        shapes = {te.shape_of(v) for each in reductions for v in each.operands}
        self.read = {v for v in made if not _is_made(v) and te.shape_of(v) in shapes}
        self.amount = sum(map(_bytes, self.read))
        inside = {*reductions, *(v.owner for v in made if _is_made(v))}
        self.work = sum(recorded(op) or 0 for op in inside if isinstance(op, Operation))
        self.alone = all(use.operation in inside for v in self.read for use in v.uses)
        self.kept = kept_iterators(self.op)
        sizes = enumerate(self.op.bounds)
        self.axes = [k for k, size in sizes if size > 1 and k not in self.kept]
        self.width = element_bytes(te.element_of(self.op.operands[0]))
        self.line = self._line()
        paths = target.paths["gm", "ub"], target.paths["ub", "gm"]
        self.fill = sum(path.startup + path.latency for path in paths)

    @property
    def prefixes(self) -> list[tuple[int, ...]]:
        """The outermost reduced dimensions, more and more of them, but not all."""
        return [tuple(self.axes[:k]) for k in range(max(1, len(self.axes)))]

    def cuts(self) -> Iterator[_Plan]:
        """Plans that cut a dimension in parts, at least as many as cores need and equal ones if
        there are such, where whole dimensions are not enough. Convolutions and pools would no
        longer be packed with what reduces their results."""
        if any(isinstance(v.owner, te.WindowOp) for v in self.read):
            return
        for outer, axis in zip(self.prefixes, self.axes):
            tasks, size = self._tasks(self.target.alignments["gm"], outer), self.op.bounds[axis]
            if tasks >= self.target.cores:
                return
            step = self._step(axis)
            least = ceil(self.target.cores / tasks)
            equal = (n for n in range(least, 2 * least) if size % (n * step) == 0)
            parts = next(equal, least)
            length = size // (parts * step) * step
            if length > 1:
                yield self.plan(outer, Cut(axis, parts, length, size - parts * length))

    def plan(self, outer: tuple[int, ...], cut: Cut | None = None) -> _Plan:
        """What the busiest core takes, and a second kernel if there is one."""
        units = self.target.alignments["gm"], BLOCK
        cycles, tasks = min(self._first(unit, outer, cut) for unit in units)
        if outer or cut:
            cycles += self.fill + self._second(outer, cut)
        if cut and cut.left:
            (alone, _), share = (
                self._first(BLOCK, (), None),
                cut.left / self.op.bounds[cut.iterator],
            )
            cycles += self.fill + share * alone
        return _Plan(outer, cut, tasks, ceil(cycles))

    def _first(self, unit: int, outer: Sequence[int], cut: Cut | None) -> tuple[float, int]:
        """Cycles of the first step and how many cores may share it, where of a line of memory that
        has elements of several results each takes `unit` bytes or more."""
        tasks = self._tasks(unit, outer, cut)
        most, busy = ceil(tasks / self.target.cores), min(tasks, self.target.cores)
        rate, gm = self.target.gm.dram_share(busy), self.target.alignments["gm"]
        cycles = 1 / rate
        if self.line * self.width > unit and (piece := most * unit) % gm:
            burst = self.target.paths["gm", "ub"].burst
            cycles = max(cycles / self.target.gm.unaligned, burst / piece)
        elif self.alone and most * self._run(outer, cut) % gm:
            # What reads the inputs again, with the results, would do so in either case.
            cycles /= self.target.gm.unaligned
        return (self.amount * cycles + self.work) * most / tasks, tasks

    def _second(self, outer: Sequence[int], cut: Cut | None) -> float:
        """Cycles to read partial results; te-partition makes one kernel of all of them. What reads
        the inputs again might have shared a kernel where a core has room for its share."""
        gm, cores = self.target.alignments["gm"], self.target.cores
        parts = self.width * (cut.parts if cut else 1)
        parts *= prod(self.op.bounds[k] for k in (*self.kept, *outer))
        results = self._tasks(gm, ())
        cycles = self.count * parts / min(results, cores) / self.target.gm.dram_share(results)
        share = self.amount / min(self._tasks(BLOCK, ()), cores)
        if not self.alone and share <= self.target.memories["ub"] / 2:
            cycles += self.fill + self.amount / cores / self.target.gm.dram_share(cores)
        return cycles

    def _tasks(self, unit: int, outer: Sequence[int], cut: Cut | None = None) -> int:
        """How many cores can share the work. What lies in `unit` bytes of a line counts as one."""
        results = prod(self.op.bounds[k] for k in (*self.kept, *outer))
        together = min(self.line, max(1, unit // self.width))
        return max(1, (cut.parts if cut else 1) * results // together)

    def _line(self) -> int:
        """Results whose elements follow each other in memory."""
        longest = 1
        for value, map_ in zip(self.op.operands, self.op.operand_maps):
            run = 1
            for size, expr in zip(reversed(te.shape_of(value)), reversed(map_.results)):
                if not expr.used_dims() <= {*self.kept}:
                    run *= self._next_to_each_other(expr)
                    break
                run *= size
            longest = max(longest, run)
        return longest

    def _next_to_each_other(self, expr: AffineExpr) -> int:
        """How many results have elements that follow each other by a subscript."""
        rank = len(self.op.bounds)
        origin = expr.eval([0] * rank, [])
        units = {k: [int(k == other) for other in range(rank)] for k in self.kept}
        steps = {k: expr.eval(unit, []) - origin for k, unit in units.items()}
        return prod(self.op.bounds[k] for k, step in steps.items() if step == 1)

    def _step(self, axis: int) -> int:
        """A multiple of how many iterations are whole blocks, where they follow each other."""
        last = [map_.results[-1] for map_ in self.op.operand_maps if map_.results]
        along = any(axis in expr.used_dims() for expr in last)
        return max(1, BLOCK // self.width) if along else 1

    def _run(self, outer: Sequence[int], cut: Cut | None) -> int:
        """Bytes of a task that follow each other, and those of the next one."""
        kept, sizes = {*self.kept, *outer}, te.shape_of(self.op.operands[0])
        used = [expr.used_dims() for expr in self.op.operand_maps[0].results]
        last = max((d for d, dims in enumerate(used) if not dims <= kept), default=0)
        border = max((d for d in range(last) if used[d] and used[d] <= kept), default=-1)
        run = prod(sizes[border + 1 :])
        if cut and any(cut.iterator in dims for dims in used):
            place = max(d for d, dims in enumerate(used) if cut.iterator in dims)
            run = min(run, cut.length * prod(sizes[place + 1 :]))
        return run * self.width


def _bytes(value: SSAValue) -> int:
    return prod(te.shape_of(value)) * element_bytes(te.element_of(value))
