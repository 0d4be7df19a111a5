"""Taking out flags and barriers that the others imply."""

from __future__ import annotations

from collections.abc import Sequence

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Instruction, Item
from akg_mlir.passes.npu.sync.facts import EVERYTHING, State
from akg_mlir.passes.npu.sync.happens_before import Analysis
from akg_mlir.passes.npu.sync.placement import Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Barrier, Flag, Node, Wait

EFFORT = 20_000
"""Instructions visited (roughly) before elimination is given up on large kernels."""


def eliminate(planner: Planner, plan: Plan) -> tuple[Plan, int]:
    """(a plan without redundant flags and barriers, how many were dropped).

    Each is tried once, the latest added first; a kernel too large for that is left alone.
    """
    barriers: list[Barrier] = [n for n in plan.schedule.nodes() if isinstance(n, Barrier)]
    needed = {*plan.guards.values(), *plan.delays}
    flags = [f for f in reversed(plan.orders) if f not in needed]
    size = len(planner.program.instructions) * (len(barriers) + len(flags))
    if size > EFFORT:
        return plan, 0
    last = _LastMoment(planner, plan)
    last.run()
    dropped = 0
    for candidate in [*flags, *barriers]:
        if candidate in last.brings:
            continue
        trial = plan.copy()
        if isinstance(candidate, Flag):
            trial.drop(candidate)
        else:
            trial.schedule.remove(candidate)
        if planner.proves(trial):
            plan, dropped = trial, dropped + 1
    return plan, dropped


class _LastMoment(Analysis):
    """Finds flags and barriers right before an instruction that bring it what it needs and would
    otherwise not have: it has less, not more, where others are taken out."""

    def __init__(self, planner: Planner, plan: Plan) -> None:
        super().__init__(planner.program, planner.required, plan.schedule)
        self._needs = planner.required.needs
        self.brings: set[Flag | Barrier] = set()

    def _run_item(self, item: Item, state: State) -> State:
        nodes = self.schedule.before.get(item, ())
        if nodes and isinstance(item, Instruction):
            self._look(item, nodes, state)
        return super()._run_item(item, state)

    def _look(self, instruction: Instruction, nodes: Sequence[Node], state: State) -> None:
        missing = self._needs[instruction.index] & ~state.known(instruction.pipe)
        brought = {node: self._brought(node, instruction.pipe, state) for node in nodes}
        for node in nodes:
            others = 0
            for other in nodes:
                others |= 0 if other is node else brought[other]
            if missing & ~others:
                self.brings.add(node if isinstance(node, Barrier) else node.flag)

    def _brought(self, node: Node, pipe: Pipe, state: State) -> int:
        """At most what a node lets the next instruction of a pipe know."""
        if isinstance(node, Wait):
            return state.brings(node.flag) if node.flag.dst is pipe else 0
        if isinstance(node, Barrier):
            return EVERYTHING if node.on in (pipe, Pipe.ALL) else 0
        return 0
