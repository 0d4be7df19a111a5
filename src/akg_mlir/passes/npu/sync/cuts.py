"""Which flags become one: dynamic programming over the flags of every pair of pipes.

Flags of one pair in one body can be merged into one that is set at the last and waited for at the
first of their places. That saves an event id and a pair of instructions, and may cost time. The
flags of a body, in the order of their sets, are cut into runs, one flag each:

    best(k, j) = min over i of best(k - 1, i) + price(i, j)

where k flags stand for the first j, and price(i, j) is what merging the flags i .. j - 1 adds to
the cycles of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from akg_mlir.passes.npu.sync.fitting import merge
from akg_mlir.passes.npu.sync.placement import Order, Plan
from akg_mlir.passes.npu.sync.schedule import Flag
from akg_mlir.passes.npu.sync.timing import Timer

Run = tuple[Flag, ...]
Price = Callable[[Run], float]


@dataclass(frozen=True)
class Cuts:
    """`best[k - 1]` is (price, runs) of the cheapest cut of some flags into k runs."""

    best: tuple[tuple[float, tuple[Run, ...]], ...]

    @property
    def cheapest(self) -> int:
        """Of the cheapest cuts, the number of runs of the one with the fewest."""
        return 1 + min(range(len(self.best)), key=lambda k: (self.best[k][0], k))

    def saving(self, runs: int) -> float:
        """What one run less costs."""
        return self.best[runs - 2][0] - self.best[runs - 1][0] if runs > 1 else inf


def classes(plan: Plan) -> Iterator[list[Flag]]:
    """Flags of one pair in one body, all forward or all carried; two or more."""
    found: dict[object, list[Flag]] = {}
    for flag, order in plan.orders.items():
        if flag not in plan.guards.values():
            key = (order.body, order.src, order.dst, order.forward)
            found.setdefault(key, []).append(flag)
    for flags in found.values():
        if len(flags) > 1:
            yield sorted(flags, key=lambda f: (plan.orders[f].first, plan.orders[f].second))


def count_runs(flags: Sequence[Flag]) -> int:
    """Runs of two or more flags."""
    return len(flags) * (len(flags) - 1) // 2


def cut(flags: Sequence[Flag], price: Price) -> Cuts:
    """The dynamic programme over the flags of one class."""
    count = len(flags)
    prices = {(i, i + 1): 0.0 for i in range(count)}
    for i in range(count):
        for j in range(i + 2, count + 1):
            prices[i, j] = price(tuple(flags[i:j]))
    rows: list[tuple[float, tuple[Run, ...]]] = []
    best: dict[int, tuple[float, tuple[Run, ...]]] = {0: (0.0, ())}
    for _ in range(count):
        best = {
            j: min(
                (
                    (cost + prices[i, j], (*runs, tuple(flags[i:j])))
                    for i, (cost, runs) in best.items()
                    if i < j
                ),
                key=lambda entry: entry[0],
            )
            for j in range(min(best) + 1, count + 1)
        }
        rows.append(best[count])
    return Cuts(tuple(rows))


def timed(plan: Plan, timer: Timer) -> Price:
    """Cycles that one merger adds to the kernel."""

    def price(run: Run) -> float:
        if _merged(plan, run) is None:
            return inf
        trial = plan.copy()
        merge(trial, run)
        return timer.cycles(trial.schedule) - timer.cycles(plan.schedule)

    return price


def moved(plan: Plan) -> Price:
    """Items by which sets move down and waits move up: where timing takes too long."""

    def price(run: Run) -> float:
        order = _merged(plan, run)
        if order is None:
            return inf
        orders = [plan.orders[flag] for flag in run]
        return sum(order.first - o.first + o.second - order.second for o in orders)

    return price


def _merged(plan: Plan, run: Run) -> Order | None:
    """The order of the flag that a run becomes; None if its wait would precede its set."""
    orders = [plan.orders[flag] for flag in run]
    first, last = orders[0], max(orders, key=lambda o: o.first)
    earliest = min(orders, key=lambda o: o.second)
    order = Order(first.body, last.earlier, earliest.later, first.src, first.dst)
    return order if order.forward is first.forward else None
