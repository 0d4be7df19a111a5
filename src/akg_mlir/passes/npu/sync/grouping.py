"""Which flags become one: dynamic programming over the flags of every pair of pipes.

Flags of one pair in one body can be merged into one that is set at the last and waited for at the
first of their places. That saves an event id and a pair of instructions, and may cost time. The
flags of a body, in the order of their sets, are cut into runs, one flag each:

    best(k, j) = min over i of best(k - 1, i) + price(i, j)

where k flags stand for the first j, and price(i, j) is what merging the flags i .. j - 1 adds to
the cycles of the kernel. Without a limit the cheapest cut with the fewest flags is taken; while a
pair needs more ids than there are, the body where one flag less costs least gives it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from akg_mlir.passes.npu.sync.events import colour
from akg_mlir.passes.npu.sync.exchange import exchange
from akg_mlir.passes.npu.sync.fitting import Fitted, fit, merge
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.redundancy import eliminate
from akg_mlir.passes.npu.sync.schedule import Flag, PipePair
from akg_mlir.passes.npu.sync.timing import Timer

EFFORT = 2400
"""Instructions that may be timed to price the runs of a kernel, a fraction of a second."""

Run = tuple[Flag, ...]
Price = Callable[[Run], float]


@dataclass(frozen=True)
class Cuts:
    """`best[k - 1]` is (price, runs) of the cheapest cut of flags of a pair into k runs."""

    pair: PipePair
    best: tuple[tuple[float, tuple[Run, ...]], ...]

    @property
    def cheapest(self) -> int:
        """Of the cheapest cuts, the number of runs of the one with the fewest."""
        return 1 + min(range(len(self.best)), key=lambda k: (self.best[k][0], k))

    def saving(self, runs: int) -> float:
        """What one run less costs."""
        return self.best[runs - 2][0] - self.best[runs - 1][0] if runs > 1 else inf


def optimise(planner: Planner, plan: Plan, limit: int, timer: Timer) -> Fitted:
    """The plan with event ids below `limit` that takes the fewest cycles, then the fewest flags.

    Never worse than what `fit` makes of the plan.
    """
    greedy = fit(planner, plan.copy(), limit)
    if not timer.length:
        return greedy
    moved = exchange(planner, plan, timer)
    classes = list(_classes(moved))
    runs = sum(len(flags) * (len(flags) - 1) // 2 for flags in classes)
    price = _timed(moved, timer) if runs * timer.length <= EFFORT else _moved(moved)
    cuts = [_cut(flags, price) for flags in classes]
    fits = not greedy.merged and not greedy.barriers
    if fits and moved is plan and all(cut.cheapest == len(cut.best) for cut in cuts):
        return greedy
    found = _within(planner, moved, cuts, limit)
    chosen = greedy
    if found is not None:
        whole = timer.whole()
        chosen = min(greedy, found, key=lambda fitted: whole.worth(fitted.plan.schedule))
    # Flags are shared between plans: the ids are those of the last plan that was coloured.
    colour(planner.program, planner.required, chosen.plan, limit)
    return chosen


def _classes(plan: Plan) -> Iterator[list[Flag]]:
    """Flags of one pair in one body, all forward or all carried; two or more."""
    found: dict[object, list[Flag]] = {}
    for flag, order in plan.orders.items():
        if flag not in plan.guards.values():
            key = (order.body, order.src, order.dst, order.forward)
            found.setdefault(key, []).append(flag)
    for flags in found.values():
        if len(flags) > 1:
            yield sorted(flags, key=lambda f: (plan.orders[f].first, plan.orders[f].second))


def _cut(flags: Sequence[Flag], price: Price) -> Cuts:
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
    return Cuts((flags[0].src, flags[0].dst), tuple(rows))


def _timed(plan: Plan, timer: Timer) -> Price:
    """Cycles that one merger adds to the kernel."""

    def price(run: Run) -> float:
        if _merged(plan, run) is None:
            return inf
        trial = plan.copy()
        merge(trial, run)
        return timer.cycles(trial.schedule) - timer.cycles(plan.schedule)

    return price


def _moved(plan: Plan) -> Price:
    """Items by which sets move down and waits move up."""

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


def _within(planner: Planner, plan: Plan, cuts: Sequence[Cuts], limit: int) -> Fitted | None:
    """The plan with as many flags as there are ids for; None if mergers alone do not do."""
    runs = [cut.cheapest for cut in cuts]
    while True:
        trial = plan.copy()
        for cut, count in zip(cuts, runs):
            for run in cut.best[count - 1][1]:
                if len(run) > 1:
                    merge(trial, run)
        pair = colour(planner.program, planner.required, trial, limit)
        if pair is None:
            planner.complete(trial)
            trial, _ = eliminate(planner, trial)
            pair = colour(planner.program, planner.required, trial, limit)
        if pair is None:
            return Fitted(trial, sum(len(c.best) - n for c, n in zip(cuts, runs)), 0)
        affected = [i for i, cut in enumerate(cuts) if cut.pair == pair]
        victim = min(affected, key=lambda i: cuts[i].saving(runs[i]), default=None)
        if victim is None or cuts[victim].saving(runs[victim]) == inf:
            return None
        runs[victim] -= 1
