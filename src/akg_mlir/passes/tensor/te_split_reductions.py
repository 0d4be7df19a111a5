"""Reduce in two steps what keeps too few cores busy in one."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.tensor.rewriting import Expression, functions, target_or_default
from akg_mlir.passes.tensor.workload import spread
from akg_mlir.targets import Target

NAME = "te-split-reductions"
PARTIAL = "te.partial"


@dataclass(frozen=True)
class TeSplitReductions(ModulePass):
    """Reduce in two steps what keeps too few cores busy in one: inner dimensions, then outer ones.

    A core computes whole results, so few results leave most cores idle. Where that is estimated to
    cost more than a second kernel, the first step (marked `te.partial`) leaves the outermost
    reduced dimensions for more cores to share, and the second step reads only what the first one
    wrote, in another kernel. Results next to each other in a line of memory count as one, since
    cores would read parts of lines. Sums are taken in another order.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            for each in list(function.body.block.ops):
                if isinstance(each, te.ReduceOp):
                    _split(each, target)


@dataclass(frozen=True)
class _Plan:
    """Reducing all but `outer` dimensions first, on at most `tasks` cores."""

    outer: tuple[int, ...]
    tasks: int
    cycles: int


def _split(op: te.ReduceOp, target: Target) -> None:
    """Replace a reduction by two where that is faster."""
    axes = [axis for axis in sorted(op.dims) if te.shape_of(op.operand)[axis] > 1]
    plans = [_plan(op, tuple(axes[:k]), target) for k in range(max(1, len(axes)))]
    whole, best = plans[0], min(plans, key=lambda plan: plan.cycles)
    if not best.outer:
        return
    e = Expression(op)
    inner = [axis for axis in axes if axis not in best.outer]
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


def _plan(op: te.ReduceOp, outer: tuple[int, ...], target: Target) -> _Plan:
    """What reading takes where the busiest core reads most, and a second kernel if there is one."""
    sizes, width = te.shape_of(op.operand), element_bytes(te.element_of(op.operand))
    kept = [axis for axis in range(len(sizes)) if axis not in op.dims or axis in outer]
    line = _line(op)
    together = min(line, max(1, target.alignments["gm"] // width))
    tasks = prod(sizes[axis] for axis in kept) // together
    cycles = _reading(prod(sizes) * width, tasks, target)
    if outer:
        results = prod(te.shape_of(op.result))
        parts = prod(sizes[axis] for axis in kept)
        load, store = target.paths["gm", "ub"], target.paths["ub", "gm"]
        fill = sum(path.startup + path.latency for path in (load, store))
        cycles += fill + _reading(parts * width, max(1, results // together), target)
    return _Plan(outer, tasks, ceil(cycles))


def _line(op: te.ReduceOp) -> int:
    """Elements that follow each other in memory and belong to different results."""
    sizes = te.shape_of(op.operand)
    return prod(sizes[1 + max(op.dims, default=len(sizes) - 1) :])


def _reading(amount: int, tasks: int, target: Target) -> float:
    """Cycles to read some bytes that are dealt out in tasks."""
    busy = min(tasks, target.cores)
    return amount * ceil(tasks / target.cores) / tasks / target.gm.dram_share(busy)
