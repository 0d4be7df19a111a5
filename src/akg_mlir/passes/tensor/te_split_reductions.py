"""Reduce in two steps what keeps too few cores busy in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.rewriting import Expression, functions
from akg_mlir.passes.tensor.workload import recorded, spread
from akg_mlir.targets import Target

NAME = "te-split-reductions"
PARTIAL = "te.partial"
LEAST = 0.1
"""What two steps must gain: estimates err by as much, and leave out what more tiles cost."""


@dataclass(frozen=True)
class TeSplitReductions(ModulePass):
    """Reduce in two steps what keeps too few cores busy in one: inner dimensions, then outer ones.

    A core computes whole results, so few results leave most cores idle. Where that is estimated to
    cost more than a second kernel, the first step (marked `te.partial`) leaves the outermost
    reduced dimensions for more cores to share, and the second step reads only what the first one
    wrote, in another kernel. Results next to each other in a line of memory count as one, since
    cores would read parts of lines. Reductions of the same inputs are split alike, so that one
    kernel reads these once. Sums are taken in another order.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            alike: dict[object, list[te.ReduceOp]] = {}
            for each in function.body.block.ops:
                if isinstance(each, te.ReduceOp):
                    sources = frozenset(v for v in _made_of(each.operand) if not _is_made(v))
                    key = te.shape_of(each.operand), each.dims, sources
                    alike.setdefault(key, []).append(each)
            for reductions in alike.values():
                _split(reductions, target)


def _is_made(value: SSAValue) -> bool:
    return isinstance(value.owner, te.ElementwiseOp)


def _made_of(value: SSAValue) -> set[SSAValue]:
    """The value and all that element-wise ops make it of."""
    found, waiting = {value}, [value]
    while waiting:
        owner = waiting.pop().owner
        if isinstance(owner, te.ElementwiseOp):
            waiting += [v for v in owner.operands if v not in found]
            found.update(owner.operands)
    return found


@dataclass(frozen=True)
class _Plan:
    """Reducing all but `outer` dimensions first, on at most `tasks` cores."""

    outer: tuple[int, ...]
    tasks: int
    cycles: int


def _split(reductions: Sequence[te.ReduceOp], target: Target) -> None:
    """Replace reductions of the same inputs by two each where that is faster."""
    first = reductions[0]
    axes = [axis for axis in sorted(first.dims) if te.shape_of(first.operand)[axis] > 1]
    prefixes = (tuple(axes[:k]) for k in range(max(1, len(axes))))
    plans = [_plan(reductions, outer, target) for outer in prefixes]
    whole, best = plans[0], min(plans, key=lambda plan: plan.cycles)
    if best is whole or best.cycles > whole.cycles * (1 - LEAST):
        return
    inner = [axis for axis in axes if axis not in best.outer]
    for op in reductions:
        e = Expression(op)
        partial = te.ReduceOp(op.kind.data, op.operand, inner, keepdims=True)
        partial.attributes[PARTIAL] = UnitAttr()
        result = e(te.ReduceOp(op.kind.data, e(partial), best.outer, keepdims=True))
        spread(op, e.inserted)
        figures = {
            "tasks": best.tasks,
            "cycles": best.cycles,
            "tasks_whole": whole.tasks,
            "cycles_whole": whole.cycles,
        }
        remark(NAME, "passed", f"{op.name}{location_of(op)}", "in two steps", **figures)
        e.finish(e.reshaped(result, te.shape_of(op.result)))


def _plan(reductions: Sequence[te.ReduceOp], outer: tuple[int, ...], target: Target) -> _Plan:
    """What the busiest core takes, and a second kernel if there is one.

    Reading and computing add up: a core has few chunks to overlap them. Most is read from tensors
    of the full shape.
    """
    op = reductions[0]
    sizes, width = te.shape_of(op.operand), element_bytes(te.element_of(op.operand))
    made = set[SSAValue]().union(*(_made_of(each.operand) for each in reductions))
    read = {v for v in made if not _is_made(v) and te.shape_of(v) == sizes}
    makers = {v.owner for v in made if isinstance(v.owner, te.ElementwiseOp)}
    work = sum(recorded(each) or 0 for each in (*reductions, *makers))
    kept = [axis for axis in range(len(sizes)) if axis not in op.dims or axis in outer]
    together = min(_line(op), max(1, target.alignments["gm"] // width))
    tasks = prod(sizes[axis] for axis in kept) // together
    busiest = ceil(tasks / target.cores) / tasks
    amount, last = len(read) * prod(sizes) * width, max(op.dims, default=0)
    run = prod(sizes[1 + max((axis for axis in kept if axis < last), default=-1) :]) * width
    cycles = _reading(amount, tasks, target) + work * busiest
    inside = {*reductions, *makers}
    if all(use.operation in inside for v in read for use in v.uses):
        # What reads the inputs again, with the results, would do so in either case.
        cycles += _reading(amount, tasks, target) * _slower(
            run * ceil(tasks / target.cores), target
        )
    if outer:
        results, parts = prod(te.shape_of(op.result)), prod(sizes[axis] for axis in kept)
        load, store = target.paths["gm", "ub"], target.paths["ub", "gm"]
        fill = sum(path.startup + path.latency for path in (load, store))
        again = _reading(parts * width, max(1, results // together), target)
        cycles += fill + len(reductions) * again  # te-partition makes one kernel of all of them
    return _Plan(outer, tasks, ceil(cycles))


def _line(op: te.ReduceOp) -> int:
    """Elements that follow each other in memory and belong to different results."""
    sizes = te.shape_of(op.operand)
    return prod(sizes[1 + max(op.dims, default=len(sizes) - 1) :])


def _reading(amount: int, tasks: int, target: Target) -> float:
    """Cycles to read some bytes that are dealt out in tasks."""
    busy = min(tasks, target.cores)
    return amount * ceil(tasks / target.cores) / tasks / target.gm.dram_share(busy)


def _slower(share: int, target: Target) -> float:
    """What reading takes in addition, relatively, where the bytes of every core, which follow those
    of the one before, are no multiple of the alignment."""
    return 1 / target.gm.unaligned - 1 if share % target.alignments["gm"] else 0.0
