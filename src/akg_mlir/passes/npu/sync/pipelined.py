"""Tokens that do what flags in front of their loop and behind it do: they save the ids of these,
and what follows the loop need not wait for all of its last iteration.

What runs an iteration ahead is filled in front of a loop and used up behind it. The token of the
loop is first set in front of it then, not at the start of the kernel, and last awaited where what
the last iteration filled is used. Elsewhere its id is free.
"""

from __future__ import annotations

from collections.abc import Sequence

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Loop
from akg_mlir.passes.npu.sync.placement import Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Flag


def extend_tokens(planner: Planner, plan: Plan) -> Plan:
    """The plan with such tokens in the place of flags, as far as it stays complete."""
    return _extended(planner, plan, _by_loop(plan))


def _extended(planner: Planner, plan: Plan, groups: Sequence[tuple[Loop, Sequence[Flag]]]) -> Plan:
    """All at once where that is complete, else the halves: most are, and proofs take time."""
    trial = plan.copy()
    if not any([_extend(trial, loop, tokens) for loop, tokens in groups]):
        return plan
    if planner.proves(trial):
        return trial
    if len(groups) == 1:
        return plan
    half = len(groups) // 2
    return _extended(planner, _extended(planner, plan, groups[:half]), groups[half:])


def _extend(plan: Plan, loop: Loop, tokens: Sequence[Flag]) -> bool:
    """Let the tokens of a loop stand for the flags around it; whether there are any."""
    order = plan.orders[tokens[0]]
    flags = [
        flag
        for flag, other in plan.orders.items()
        if other.forward and (other.src, other.dst) == (order.src, order.dst)
        if loop in (other.earlier, other.later)
    ]
    behind = [plan.orders[f].later for f in flags if plan.orders[f].earlier is loop]
    last = min(behind, key=loop.parent.items.index, default=None)
    # What another token is awaited for in front of the loop, its own may wait for, too.
    awaited = any(
        other is loop and (token.src, token.dst) == (order.src, order.dst)
        for token, (_, other) in plan.ends.items()
    )
    inside, in_front = loop.parent.owner is not None, awaited or len(behind) < len(flags)
    if not flags or (inside and (last is None or (loop.depth > 1 and not in_front))):
        return False  # set and awaited equally often, without waiting for an earlier round
    for flag in flags:
        plan.drop(flag)
    for token in tokens:
        plan.end(token, first=in_front or inside, last=last)
    return True


def _by_loop(plan: Plan) -> list[tuple[Loop, list[Flag]]]:
    """The tokens of every loop between the same two pipes."""
    found: dict[tuple[Loop, Pipe, Pipe], list[Flag]] = {}
    for token, order in plan.orders.items():
        loop = order.body.owner
        if not order.forward and token not in plan.guards and isinstance(loop, Loop):
            found.setdefault((loop, token.src, token.dst), []).append(token)
    return [(loop, tokens) for (loop, _, _), tokens in found.items()]
