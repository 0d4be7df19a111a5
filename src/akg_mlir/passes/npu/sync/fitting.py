"""Making a plan fit the event ids of the machine: merge flags, then fall back to barriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import divergence
from akg_mlir.passes.npu.sync.events import Uses, apart, colour, in_turn, merge_candidates
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.redundancy import eliminate
from akg_mlir.passes.npu.sync.schedule import Flag, PipePair


@dataclass(frozen=True)
class Fitted:
    """A plan whose flags have ids, and what that cost."""

    plan: Plan
    merged: int
    barriers: int


def fit(planner: Planner, plan: Plan, limit: int) -> Fitted:
    """Assign event ids below `limit`.

    While a pair of pipes has too many flags, the two that cost least become one (set at the later,
    waited for at the earlier place); when none can be merged, one waits until another's id is free;
    when that does not help, the least executed flag is replaced by a barrier on all pipes.
    """
    merged = barriers = 0
    delayed: dict[Order, None] = {}
    for _ in range(4 * len(plan.orders) + 1):
        shortage = colour(planner.program, plan, limit)
        if shortage is None:
            planner.complete(plan)
            plan, _ = eliminate(planner, plan)
            shortage = colour(planner.program, plan, limit)
        if shortage is None:
            return Fitted(plan, merged, barriers)
        pair = shortage.pair
        candidates = merge_candidates(plan, pair)
        if candidates:
            many = at_once(sum((f.src, f.dst) == pair for f in plan.orders))
            chosen = _disjoint(candidates, many)
            for flags in chosen:
                merge(plan, flags)
            merged += len(chosen)
        elif not delay(plan, shortage, delayed):
            _use_barrier(plan, pair)
            barriers += 1
    return serial(planner)


def at_once(flags: int) -> int:
    """How many of the flags of a pair of pipes are given up before ids are assigned again.

    Where there are many, far too many are left: one at a time took 20 s of an attention kernel.
    """
    return max(1, flags // 8)


def _disjoint(candidates: Sequence[tuple[Flag, Flag]], most: int) -> list[tuple[Flag, Flag]]:
    """The cheapest mergers that concern different flags."""
    found: list[tuple[Flag, Flag]] = []
    taken: set[Flag] = set()
    for first, second in candidates:
        if len(found) == most:
            break
        if not taken & {first, second}:
            found.append((first, second))
            taken |= {first, second}
    return found


def merge(plan: Plan, flags: Sequence[Flag]) -> None:
    """One flag for several of one pair and body: set at their last place, awaited at the first."""
    orders = [plan.orders[flag] for flag in flags]
    ends = [plan.ends.get(flag, (False, None)) for flag in flags]
    delays = not plan.delays.isdisjoint(flags)
    for flag in flags:
        plan.drop(flag)
    order = orders[0]
    items = order.body.items
    earlier = items[max(o.first for o in orders)]
    later = items[min(o.second for o in orders)]
    merged = plan.add(Order(order.body, earlier, later, order.src, order.dst))
    if not order.forward and len({*ends}) == 1:
        first, last = ends[0]
        plan.end(merged, first=first, last=last)
    if delays:
        plan.delays.add(merged)


def delay(plan: Plan, shortage: Uses, known: dict[Order, None]) -> bool:
    """Let flags of a pair be set only after others have been waited for, to share their ids.

    The two are as far apart as possible, or use the ids in turn where there are many. Orders in
    `known` were tried before. Returns whether there is a new one.
    """
    found: list[tuple[Flag, Flag, Order]] = []
    for first, second in apart(plan, shortage):
        earlier, later = plan.orders[first].later, plan.orders[second].earlier
        body, x, y = divergence(earlier, later)
        order = Order(body, x, y, first.dst, first.src)
        if x is not y and order not in known:
            found.append((first, second, order))
    for order in _innermost(_few(found, shortage), shortage):
        known[order] = None
        plan.delays.add(plan.add(order))
    return bool(found)


def _few(
    delays: Sequence[tuple[Flag, Flag, Order]], shortage: Uses
) -> list[tuple[Flag, Flag, Order]]:
    many = at_once(len(delays))
    turns = in_turn(shortage, [(f, s) for f, s, _ in delays]) if many > 1 else []
    return [delays[i] for i in turns] or [*delays[:many]]


def _innermost(delays: Sequence[tuple[Flag, Flag, Order]], shortage: Uses) -> list[Order]:
    """The delays between whose flags those of no other lie: they imply the others."""
    spans = shortage.spans
    between = [(spans[first][1], spans[second][0], order) for first, second, order in delays]
    found: list[Order] = []
    nearest = inf
    for _, second, order in sorted(between, key=lambda delay: (-delay[0], delay[1])):
        if second < nearest:
            nearest = second
            found.append(order)
    return found


def _use_barrier(plan: Plan, pair: PipePair) -> None:
    """Replace the flag of `pair` in the shallowest body; a guard stands for its token."""
    tokens = {guard: token for token, guard in plan.guards.items()}
    flags = [f for f in plan.orders if (f.src, f.dst) == pair]
    flags += [t for g, t in tokens.items() if (g.src, g.dst) == pair and t in plan.orders]
    victim = min(flags, key=lambda f: len(plan.orders[f].later.loops_around))
    order = plan.orders[victim]
    plan.drop(victim)
    plan.add_barrier(Pipe.ALL, order.later)


def serial(planner: Planner) -> Fitted:
    """The plan of last resort: barriers on all pipes only."""
    plan = Plan()
    planner.serialise(plan)
    return Fitted(plan, 0, sum(1 for _ in plan.schedule.nodes()))
