"""Tokens that do what flags in front of their loop and behind it do: they save the ids of these.

What runs an iteration ahead is filled in front of a loop and used up behind it. The token of the
loop is first set in front of it then, not at the start of the kernel, and last awaited where what
the last iteration filled is used. Elsewhere its id is free.
"""

from __future__ import annotations

from collections.abc import Iterator

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Loop
from akg_mlir.passes.npu.sync.placement import Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Flag


def extend_tokens(planner: Planner, plan: Plan) -> Plan:
    """The plan with such tokens in the place of flags, as far as it stays complete."""
    for tokens, loop, flags in list(_around_loops(plan)):
        behind = [plan.orders[f].later for f in flags if plan.orders[f].earlier is loop]
        items = loop.parent.items
        last = min(behind, key=items.index, default=None)
        in_front = len(behind) < len(flags)
        if loop.parent.owner is not None and (last is None or (loop.depth > 1 and not in_front)):
            continue  # set and awaited equally often, without waiting for an earlier round
        trial = plan.copy()
        for flag in flags:
            trial.drop(flag)
        for token in tokens:
            trial.end(token, first=in_front or loop.parent.owner is not None, last=last)
        if planner.proves(trial):
            plan = trial
    return plan


def _around_loops(plan: Plan) -> Iterator[tuple[list[Flag], Loop, list[Flag]]]:
    """The tokens of a loop between two pipes, and the flags between these from in front of it or to
    behind it."""
    found: dict[tuple[Loop, Pipe, Pipe], list[Flag]] = {}
    for token, order in plan.orders.items():
        loop = order.body.owner
        if not order.forward and token not in plan.guards and isinstance(loop, Loop):
            found.setdefault((loop, token.src, token.dst), []).append(token)
    for (loop, src, dst), tokens in found.items():
        flags = [
            flag
            for flag, order in plan.orders.items()
            if order.forward and (order.src, order.dst) == (src, dst)
            if loop in (order.earlier, order.later)
        ]
        if flags:
            yield tokens, loop, flags
