"""Taking out flags and barriers that the others imply."""

from __future__ import annotations

from akg_mlir.passes.npu.sync.placement import Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Barrier, Node

EFFORT = 20_000
"""Instructions visited (roughly) before elimination is given up on large kernels."""


def eliminate(planner: Planner, plan: Plan) -> tuple[Plan, int]:
    """(a plan without redundant flags and barriers, how many were dropped).

    Each is tried once, the latest added first; a kernel too large for that is left alone.
    """
    candidates: list[Node] = [n for n in plan.schedule.nodes() if isinstance(n, Barrier)]
    needed = {*plan.guards.values(), *plan.delays}
    flags = [f for f in reversed(plan.orders) if f not in needed]
    size = len(planner.program.instructions) * (len(candidates) + len(flags))
    if size > EFFORT:
        return plan, 0
    dropped = 0
    for flag in flags:
        trial = plan.copy()
        trial.drop(flag)
        if planner.proves(trial):
            plan, dropped = trial, dropped + 1
    for barrier in candidates:
        trial = plan.copy()
        assert isinstance(barrier, Barrier)
        trial.schedule.remove(barrier)
        if planner.proves(trial):
            plan, dropped = trial, dropped + 1
    return plan, dropped
