"""Flags exchanged for others that make a kernel faster: a search among neighbours, if it is small.

An order of two pipes can often be kept in several places: a flag set later brings more along, one
that goes the other way round the loop may do for two, and a round trip to another pipe saves a
barrier. Neighbours of a plan have one flag less, or in its place one between other items of its
body, or two such changes; their barriers follow from their flags.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, islice

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Body, Branch, Instruction, Item, Loop
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Flag
from akg_mlir.passes.npu.sync.timing import Timer

EFFORT = 1000
"""Instructions visited (roughly) to look at all neighbours once, a fraction of a second."""

Change = tuple[Flag, Order | None]
"""A flag, and the order that takes its place; None to go without."""


def exchange(planner: Planner, plan: Plan, timer: Timer) -> Plan:
    """A plan without better neighbours, nor any that as good ones lead to; the plan itself where
    looking at its neighbours takes long.
    """
    affordable = EFFORT // max(1, len(planner.program.instructions))
    if plan.guards or len(list(islice(_changes(plan), affordable + 1))) > affordable:
        return plan
    best, seen = timer.worth(plan.schedule), {tuple(plan.orders.values())}
    frontier = [plan]
    while frontier and len(seen) <= affordable:
        for trial in _unseen(frontier.pop(), seen, affordable):
            if not planner.add_barriers(trial) or not planner.proves(trial):
                continue
            worth = timer.worth(trial.schedule)
            if worth < best:
                plan, best, frontier = trial, worth, [trial]
                break
            if worth == best:
                frontier.append(trial)
    return plan


def _unseen(plan: Plan, seen: set[tuple[Order, ...]], most: int) -> Iterator[Plan]:
    """Plans with one change, or two if they are not too many; barriers are still to be chosen."""
    singles = list(_changes(plan))
    pairs = len(singles) * (len(singles) - 1) // 2
    for changes in chain(
        ((change,) for change in singles), combinations(singles, 2) if pairs <= most else ()
    ):
        if len({flag for flag, _ in changes}) < len(changes):
            continue
        trial = plan.copy()
        for flag, order in changes:
            trial.drop(flag)
            if order is not None:
                trial.add(order)
        key = tuple(trial.orders.values())
        if key not in seen:
            seen.add(key)
            yield trial


def _changes(plan: Plan) -> Iterator[Change]:
    """Every flag with every order that could take its place; None to go without.

    Its own order is among them: put back, it is the last one at its places.
    """
    for flag, order in plan.orders.items():
        yield flag, None
        items = [(item, _pipes(item)) for item in order.body.items]
        for earlier, sources in items:
            for later, waiters in items:
                other = Order(order.body, earlier, later, order.src, order.dst)
                if order.src in sources and order.dst in waiters:
                    yield flag, other


def _pipes(item: Item) -> set[Pipe]:
    """Pipes with instructions in an item."""
    if isinstance(item, Instruction):
        return {item.pipe}
    bodies: tuple[Body, ...] = ()
    if isinstance(item, Loop):
        bodies = (item.body,)
    elif isinstance(item, Branch):
        bodies = item.arms
    return {pipe for body in bodies for inner in body.items for pipe in _pipes(inner)}
