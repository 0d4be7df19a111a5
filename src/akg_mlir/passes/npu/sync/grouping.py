"""The best plan with as many flags as there are event ids for.

Mergers that cost no time are made where they are cheap to find. While a pair of pipes needs more
ids than there are, what costs the fewest cycles comes next: one flag less in one of its bodies (see
`cuts`), or a flag that is set later, when the id of another one is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from akg_mlir.passes.npu.sync.cuts import Cuts, classes, count_runs, cut, moved, timed
from akg_mlir.passes.npu.sync.events import Uses, colour
from akg_mlir.passes.npu.sync.exchange import exchange
from akg_mlir.passes.npu.sync.fitting import Fitted, at_once, delay, fit, merge
from akg_mlir.passes.npu.sync.pipelined import extend_tokens
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.redundancy import eliminate
from akg_mlir.passes.npu.sync.schedule import Flag, PipePair
from akg_mlir.passes.npu.sync.timing import Timer

EFFORT = 2400
"""Instructions that may be timed to find mergers that cost nothing: a few percent of compiling."""
FEW = 192
"""Flags up to which merging the nearest ones takes tenths of a second."""
EFFORT_WHEN_SHORT = 12_000
"""The same to find the cheapest mergers where there are too few ids."""


def optimise(planner: Planner, plan: Plan, limit: int, timer: Timer) -> Fitted:
    """The plan with event ids below `limit` that takes the fewest cycles, then the fewest flags.

    Never worse than what `fit` makes of the plan, except where asking for that takes seconds.
    """
    first, fits = plan, colour(planner.program, plan, limit) is None
    is_large = not timer.length
    extended = first if fits and is_large else extend_tokens(planner, first)
    if not fits:
        plan, fits = extended, colour(planner.program, extended, limit) is None
    if is_large and not fits:
        timer = timer.whole()
    plans = [fit(planner, first.copy(), limit)] if len(first.orders) <= FEW else []
    if timer.length:
        better = exchange(planner, plan, timer)
        search = _Search(planner, better, limit, timer)
        if not fits or search.merge_for_free() or better is not plan:
            found = search.run()
            if found is not None:
                plans.append(found)
    if extended is not first or not plans:
        plans.append(fit(planner, extended.copy(), limit))
    return _fastest(planner, plans, limit, timer)


def _fastest(planner: Planner, plans: Sequence[Fitted], limit: int, timer: Timer) -> Fitted:
    """The plan of fewest cycles, then of fewest barriers on all pipes, then of fewest flags."""

    def worth(fitted: Fitted) -> tuple[int, int, int]:
        # Flags are shared between plans: their ids are those of the plan coloured last.
        colour(planner.program, fitted.plan, limit)
        schedule = fitted.plan.schedule
        return timer.exact(schedule), fitted.barriers, sum(1 for _ in schedule.nodes())

    chosen = plans[0] if len(plans) == 1 else min(plans, key=worth)
    colour(planner.program, chosen.plan, limit)
    return chosen


class _Search:
    """Takes flags from the plan until ids suffice. `runs`: how many each class keeps."""

    def __init__(self, planner: Planner, plan: Plan, limit: int, timer: Timer) -> None:
        self._planner, self._plan, self._limit, self._timer = planner, plan, limit, timer
        self._classes = list(classes(plan))
        self._runs = [len(flags) for flags in self._classes]
        self._cuts: dict[int, Cuts] = {}
        self._delays: dict[Order, None] = {}
        self._may_delay = True
        self._budget = EFFORT_WHEN_SHORT
        self._forced = 0

    def merge_for_free(self) -> bool:
        """Make the mergers that cost no time, if they are few enough to be tried."""
        if self._cost(self._classes) > EFFORT:
            return False
        for number in range(len(self._classes)):
            self._price(number)
        return any(len(f) > n for f, n in zip(self._classes, self._runs))

    def run(self) -> Fitted | None:
        """The plan that fits; None if there is none with flags alone."""
        while True:
            trial, shortage = self._trial()
            if shortage is None:
                return Fitted(trial, self._forced, 0)
            if not self._give_up_one(trial, shortage):
                if not self._delays:
                    return None
                # They need ids as well, of the pair the other way round: without them, then.
                self._delays, self._may_delay = {}, False

    def _trial(self) -> tuple[Plan, Uses | None]:
        """The plan as decided so far, and the pair that has too many flags."""
        planner, trial = self._planner, self._plan.copy()
        for order in self._delays:
            trial.delays.add(trial.add(order))
        for number, cuts in self._cuts.items():
            for run in cuts.best[self._runs[number] - 1][1]:
                if len(run) > 1:
                    merge(trial, run)
        shortage = colour(planner.program, trial, self._limit)
        if shortage is None:
            planner.complete(trial)
            trial, _ = eliminate(planner, trial)
            shortage = colour(planner.program, trial, self._limit)
        return trial, shortage

    def _give_up_one(self, trial: Plan, shortage: Uses) -> bool:
        """Decide on one flag less for a pair; whether that was possible."""
        numbers = [i for i, flags in enumerate(self._classes) if _pair(flags[0]) == shortage.pair]
        if fresh := [i for i in numbers if i not in self._cuts]:
            before = list(self._runs)
            for number in fresh:
                self._price(number)
            if self._runs != before:
                return True
        victim = min(numbers, key=self._saving, default=None)
        merging = inf if victim is None else self._saving(victim)
        delays, delayed = dict(self._delays), trial.copy()
        if self._may_delay and delay(delayed, shortage, delays):
            later = self._timer.cycles(delayed.schedule) - self._timer.cycles(trial.schedule)
            if later < merging:
                self._delays = delays
                return True
        if victim is None or merging == inf:
            return False
        for _ in range(at_once(sum(self._runs[i] for i in numbers))):
            victim = min(numbers, key=self._saving)
            if self._saving(victim) == inf:
                break
            self._runs[victim] -= 1
            self._forced += 1
        return True

    def _saving(self, number: int) -> float:
        return self._cuts[number].saving(self._runs[number])

    def _price(self, number: int) -> None:
        flags = self._classes[number]
        cost = self._cost([flags])
        affordable = cost <= self._budget
        self._budget -= cost if affordable else 0
        self._cuts[number] = cut(
            flags, timed(self._plan, self._timer) if affordable else moved(self._plan)
        )
        self._runs[number] = self._cuts[number].cheapest

    def _cost(self, flags: Sequence[Sequence[Flag]]) -> float:
        """Instructions timed to price classes."""
        return self._timer.length * sum(count_runs(class_) for class_ in flags)


def _pair(flag: Flag) -> PipePair:
    return flag.src, flag.dst
