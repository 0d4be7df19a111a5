"""Can two accesses touch the same byte? By arithmetic, where their distance is a sum of counters.

The distance of two bytes is a constant plus multiples of loop indices and of positions in the two
boxes. Where these vary independently of each other, in constant ranges, whether it can be zero is
a question about a sum of bounded multiples: few of them are left to try once they are sorted by
size, since those of one array are each as large as the range of the smaller ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from xdsl.dialects import scf
from xdsl.ir import Block, BlockArgument, SSAValue

from akg_mlir.passes.npu.memory.footprint import Access, Box
from akg_mlir.passes.npu.memory.linear import Linear, Term, bounds, linear_of, trip_count

Counter = tuple[int, int]
"""`(step, count)`: any of `step * k` for `0 <= k < count`."""

EFFORT = 50
"""Partial sums looked at per question."""


def reaches(total: int, counters: Iterable[Counter]) -> bool | None:
    """Whether a sum of one value of each counter is `total`; None if that takes too long."""
    counts: dict[int, int] = {}
    for step, count in counters:
        if step < 0:
            total -= step * (count - 1)
        if step:
            counts[abs(step)] = counts.get(abs(step), 1) + count - 1
    ordered = sorted(counts.items(), reverse=True)
    reach = [0]
    for step, count in reversed(ordered):
        reach.append(reach[-1] + step * (count - 1))
    reach.reverse()
    pending = [(0, total)]
    for _ in range(EFFORT):
        if not pending:
            return False
        place, rest = pending.pop()
        if not 0 <= rest <= reach[place]:
            continue
        if place == len(ordered):
            return True
        step, count = ordered[place]
        least = max(0, -((reach[place + 1] - rest) // step))
        most = min(count - 1, rest // step)
        if most - least > EFFORT:
            return None
        pending += [(place + 1, rest - step * k) for k in range(least, most + 1)]
    return None


@dataclass(frozen=True)
class Range:
    """The values of a term: `first + step * k` for `0 <= k < count`; not `exact` if they are only
    some of these, or depend on other terms."""

    first: int
    step: int
    count: int
    exact: bool


@dataclass
class Ranges:
    """What is known of terms, asked once for each: good while the kernel stays as it is."""

    _known: dict[Term, Range | None] = field(default_factory=dict[Term, Range | None])
    _trips: dict[scf.ForOp, int | None] = field(default_factory=dict[scf.ForOp, int | None])

    def trips(self, loop: scf.ForOp) -> int | None:
        """Iterations of a loop if that is a constant."""
        if loop not in self._trips:
            self._trips[loop] = trip_count(loop)
        return self._trips[loop]

    def of(self, term: Term) -> Range | None:
        """The values of a term; None if they have no bounds."""
        if term not in self._known:
            self._known[term] = self._range(term)
        return self._known[term]

    def _range(self, term: Term) -> Range | None:
        loop = term.block.parent_op() if isinstance(term, BlockArgument) else None
        if isinstance(loop, scf.ForOp) and term is loop.body.block.args[0]:
            trips, low, step = self.trips(loop), linear_of(loop.lb), linear_of(loop.step)
            if trips is not None and low.is_constant:
                return Range(low.const, step.const, trips, exact=True)
        interval = bounds(Linear(((term, 1),)))
        if interval.low is None or interval.high is None:
            return None
        count = interval.high - interval.low + 1
        return Range(interval.low, 1, count, exact=count == 1)


def meet(
    first: Access,
    second: Access,
    shared: Sequence[scf.ForOp],
    carrier: scf.ForOp | None,
    ranges: Ranges,
) -> bool | None:
    """As `overlap.meet`; None where arithmetic alone does not tell."""
    distance = _Distance({loop.body.block for loop in shared}, carrier, ranges)
    if not distance.add(first.base, second.base):
        return None
    if distance.never:
        return False
    answers = [distance.is_zero(a, b) for a in first.boxes for b in second.boxes]
    if True in answers:
        return True if distance.exact else None
    return None if None in answers else False


@dataclass
class _Distance:
    """The distance of two bases: `const` plus counters.

    `exact` says whether it takes all values of that sum; `never`, that no pair of iterations is in
    question.
    """

    shared: set[Block]
    carrier: scf.ForOp | None
    ranges: Ranges
    const: int = 0
    counters: list[Counter] = field(default_factory=list[Counter])
    exact: bool = True
    never: bool = False

    def add(self, first: Linear, second: Linear) -> bool:
        """Add `first - second`; False where a part of it has no bounds."""
        self.const += first.const - second.const
        factors: dict[tuple[Term, int], int] = {}
        for side, form, sign in ((1, first, 1), (2, second, -1)):
            for term, coefficient in form.terms:
                same = all(is_shared(v, self.shared) for v in Linear(((term, 1),)).leaves())
                key = (term, 0 if same else side)
                factors[key] = factors.get(key, 0) + sign * coefficient
        if self.carrier is not None:
            self._carried(self.carrier, factors)
        return all(self._term(term, f) for (term, _), f in factors.items() if f)

    def _carried(self, carrier: scf.ForOp, factors: dict[tuple[Term, int], int]) -> None:
        """The first access is in an earlier iteration of `carrier`."""
        index, trips = carrier.body.block.args[0], self.ranges.trips(carrier)
        self.never = trips is not None and trips < 2
        before, after = factors.get((index, 1), 0), factors.get((index, 2), 0)
        step = linear_of(carrier.step)
        if trips is None or not step.is_constant:
            self.exact = False
        elif before == -after:  # what counts is how far apart the iterations are: 1 to trips - 1
            factors.pop((index, 1), None)
            factors.pop((index, 2), None)
            self.const += after * step.const
            self.counters.append((after * step.const, max(1, trips - 1)))
        else:
            self.exact = False

    def _term(self, term: Term, factor: int) -> bool:
        """Add a multiple of a term; False if it has no bounds."""
        found = self.ranges.of(term)
        if found is None:
            return False
        self.exact &= found.exact
        self.never |= found.count < 1
        self.const += factor * found.first
        self.counters.append((factor * found.step, max(1, found.count)))
        return True

    def is_zero(self, a: Box, b: Box) -> bool | None:
        """Whether a byte of box `a` can be one of box `b`."""
        own = [(stride, count) for count, stride in a.dims]
        other = [(-stride, count) for count, stride in b.dims]
        bytes_ = [(1, a.length), (-1, b.length)]
        total = -(self.const + a.offset - b.offset)
        return reaches(total, [*self.counters, *own, *other, *bytes_])


def is_shared(value: SSAValue, loops: set[Block]) -> bool:
    """Whether `value` varies with no loop but those with bodies in `loops`."""
    owner = value.owner
    block = owner if isinstance(owner, Block) else owner.parent
    while block is not None:
        parent = block.parent_op()
        if isinstance(parent, scf.ForOp) and block not in loops:
            return False
        block = None if parent is None else parent.parent
    return True
