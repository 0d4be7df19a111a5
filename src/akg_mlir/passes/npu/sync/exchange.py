"""Flags exchanged for others that make a kernel faster: a search among neighbours, if it is small.

An order of two pipes can often be kept in several places: a flag set later brings more along, one
that goes the other way round the loop may do for two, and a round trip to another pipe saves a
barrier. Neighbours of a plan have one flag less, or in its place one between other items of its
body; their barriers follow from their flags.
"""

from __future__ import annotations

from collections.abc import Iterator

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Body, Branch, Instruction, Item, Loop
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.schedule import Flag
from akg_mlir.passes.npu.sync.timing import Timer

EFFORT = 1000
"""Instructions visited (roughly) to look at all neighbours once, a fraction of a second."""


def exchange(planner: Planner, plan: Plan, timer: Timer) -> Plan:
    """A plan without better neighbours; the plan itself where looking for them takes long."""
    size = len(planner.program.instructions)
    if plan.guards or size * sum(1 for _ in _neighbours(plan)) > EFFORT:
        return plan
    best, improved = timer.worth(plan.schedule), True
    while improved:
        improved = False
        for flag, order in _neighbours(plan):
            trial = plan.copy()
            trial.drop(flag)
            if order is not None:
                trial.add(order)
            if not planner.add_barriers(trial) or not planner.proves(trial):
                continue
            if _is_stricter(order, plan.orders[flag]) and _size(trial) >= _size(plan):
                continue
            if (worth := timer.worth(trial.schedule)) < best:
                plan, best, improved = trial, worth, True
                break
    return plan


def _neighbours(plan: Plan) -> Iterator[tuple[Flag, Order | None]]:
    """Every flag with every order that could take its place; None to go without."""
    for flag, order in plan.orders.items():
        yield flag, None
        items = [(item, _pipes(item)) for item in order.body.items]
        for earlier, sources in items:
            for later, waiters in items:
                other = Order(order.body, earlier, later, order.src, order.dst)
                if order.src in sources and order.dst in waiters and other != order:
                    yield flag, other


def _is_stricter(order: Order | None, other: Order) -> bool:
    """Whether an order waits for all that another one waits for, and holds up all that it does."""
    return (
        order is not None
        and order.forward is other.forward
        and order.first >= other.first
        and order.second <= other.second
    )


def _size(plan: Plan) -> int:
    return sum(1 for _ in plan.schedule.nodes())


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
