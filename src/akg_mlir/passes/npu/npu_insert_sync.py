"""`npu-insert-sync`: see the pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.passes.npu.memory.structure import Program, kernels, program_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.sync.dependence import requirements
from akg_mlir.passes.npu.sync.emission import emit
from akg_mlir.passes.npu.sync.events import is_token
from akg_mlir.passes.npu.sync.fitting import Fitted, fit, serial
from akg_mlir.passes.npu.sync.grouping import optimise
from akg_mlir.passes.npu.sync.placement import Plan, Planner
from akg_mlir.passes.npu.sync.redundancy import eliminate
from akg_mlir.passes.npu.sync.schedule import Barrier, existing
from akg_mlir.passes.npu.sync.timing import Timer


@dataclass(frozen=True)
class NpuInsertSync(ModulePass):
    """Order the pipes of every kernel by flags and barriers.

    Every dependence between instructions that touch a common byte is ordered, across loop
    iterations too; event ids stay below the target's limit (or `events`, if that is lower) and no
    flag is set before its last wait has happened. Runs after `npu-plan-memory`: buffers that share
    bytes count as one.

    The default scheme looks for the fewest cycles of the machine's clock, over a few iterations of
    every loop, and then for the fewest flags: small kernels exchange flags for others, and dynamic
    programming decides which flags of a pair of pipes become one, of its own accord or because
    there are not enough ids. `greedy` takes the first plan that is complete and merges what is
    nearest when ids run out. `barrier-all` has no flags, and a barrier on all pipes before every
    instruction that depends on something not known to be complete: to compare with.
    """

    name = "npu-insert-sync"
    events: int | None = None
    scheme: Literal["optimal", "greedy", "barrier-all"] = "optimal"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        limit = target.events_per_pair
        limit = limit if self.events is None else min(limit, self.events)
        for kernel in kernels(op):
            program = program_of(kernel)
            if any(True for _ in existing(program).nodes()):
                raise CompileError(
                    "the kernel holds flags or barriers already",
                    kernel,
                    hint="remove them, or skip this pass",
                )
            planner = Planner(program, requirements(program))
            plan, dropped = Plan(), 0
            if self.scheme != "barrier-all":
                planner.complete(plan)
                plan, dropped = eliminate(planner, plan)
            match self.scheme:
                case "optimal":
                    fitted = optimise(planner, plan, limit, Timer(program, target))
                case "greedy":
                    fitted = fit(planner, plan, limit)
                case "barrier-all":
                    fitted = serial(planner)
            emit(program, fitted.plan.schedule)
            _report(program, fitted, dropped)
            if fitted.barriers and self.scheme != "barrier-all":
                remark(
                    self.name,
                    "missed",
                    kernel.sym_name.data,
                    "too few event ids: barriers on all pipes",
                    n=fitted.barriers,
                )


def _report(program: Program, fitted: Fitted, dropped: int) -> None:
    name, where = NpuInsertSync.name, program.kernel.sym_name.data
    plan = fitted.plan
    barriers = [n for n in plan.schedule.nodes() if isinstance(n, Barrier)]
    tokens = sum(is_token(plan, f) for f in plan.orders)
    remark(
        name,
        "analysis",
        where,
        "ordered by flags and barriers",
        instructions=len(program.instructions),
        forward=len(plan.orders) - tokens,
        carried=tokens,
        barriers=len(barriers),
        redundant=dropped,
    )
    if fitted.merged:
        remark(name, "missed", where, "flags share an event id and wait longer", n=fitted.merged)
