"""Can two accesses touch the same byte? By arithmetic, where their distance is a sum of counters.

The distance of two bytes is a constant plus multiples of loop indices and of positions in the two
boxes. Where these vary independently of each other, in constant ranges, whether it can be zero is
a question about a sum of bounded multiples: few of them are left to try once they are sorted by
size, since those of one array are each as large as the range of the smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.passes.npu.memory.footprint import Box
from akg_mlir.passes.npu.memory.iterations import Factors, Iterations, fold
from akg_mlir.passes.npu.memory.linear import Floor, Linear, Remainder, Term

Counter = tuple[int, int]
"""`(step, count)`: any of `step * k` for `0 <= k < count`."""

EFFORT = 50
"""Partial sums looked at per question."""


@lru_cache(maxsize=1 << 16)
def reaches(total: int, counters: tuple[Counter, ...]) -> bool | None:
    """Whether a sum of one value of each counter is `total`; None if that takes too long."""
    counts: dict[int, int] = {}
    for step, count in counters:
        if step < 0:
            total -= step * (count - 1)
        if step:
            counts[abs(step)] = counts.get(abs(step), 1) + count - 1
    dense, ordered, reach = 0, list[Counter](), [0]
    for step, count in sorted(counts.items()):
        if step <= dense + 1:  # these and the smaller ones leave out no sum
            dense += step * (count - 1)
            reach[0] = dense
        else:
            ordered.append((step, count))
            reach.append(reach[-1] + step * (count - 1))
    pending = [(len(ordered), total)]
    for _ in range(EFFORT):
        if not pending:
            return False
        place, rest = pending.pop()
        if not 0 <= rest <= reach[place]:
            continue
        if place == 0:
            return True
        step, count = ordered[place - 1]
        least = max(0, -((reach[place - 1] - rest) // step))
        most = min(count - 1, rest // step)
        if most - least > EFFORT:
            return None
        pending += [(place - 1, rest - step * k) for k in range(least, most + 1)]
    return None


@dataclass(frozen=True)
class Gap:
    """The distance of two bases: `const` plus any sum of `counters`.

    `exact` says whether it takes all values of that sum; `never`, that no pair of iterations is in
    question.
    """

    const: int
    counters: tuple[Counter, ...]
    exact: bool
    never: bool

    def closes(self, distance: int, first: Sequence[Box], second: Sequence[Box]) -> bool | None:
        """Whether boxes at such bases, the first one `distance` bytes on, have a common byte; None
        where arithmetic alone does not tell."""
        if self.never:
            return False
        answers = [
            self._is_zero(distance + a.offset - b.offset, a, b) for a in first for b in second
        ]
        if True in answers:
            return True if self.exact else None
        return None if None in answers else False

    def _is_zero(self, distance: int, a: Box, b: Box) -> bool | None:
        own = ((stride, count) for count, stride in a.dims)
        other = ((-stride, count) for count, stride in b.dims)
        bytes_ = ((1, a.length), (-1, b.length))
        return reaches(-(self.const + distance), (*self.counters, *own, *other, *bytes_))


def gap(
    first: Linear,
    second: Linear,
    shared: frozenset[scf.ForOp],
    carrier: scf.ForOp | None,
    iterations: Iterations,
) -> Gap | None:
    """The distance `first - second` of numbered forms; None where a part of it has no bounds.

    The iterations of `shared` loops are the same for both; in `carrier` the first one is earlier.
    """

    def instance(term: Term, side: int) -> int:
        return 0 if iterations.around(term) <= shared else side

    factors: Factors = {}
    for side, form, sign in ((1, first, 1), (2, second, -1)):
        for term, coefficient in form.terms:
            key = (term, instance(term, side))
            factors[key] = factors.get(key, 0) + sign * coefficient
    const = first.const - second.const + fold(factors, instance)
    total = _Sum(iterations, const)
    if carrier is not None:
        total.carried(carrier, factors)
    terms = {key: factor for key, factor in factors.items() if factor}
    if not all(total.add(term, factor) for (term, _), factor in terms.items()):
        return None
    ordered = carrier.body.block.args[:1] if carrier is not None else ()
    exact = total.exact and _vary_apart(terms, ordered, instance, iterations)
    return Gap(total.const, tuple(total.counters), exact, total.never)


@dataclass
class _Sum:
    """A gap as it comes about."""

    iterations: Iterations
    const: int
    counters: list[Counter] = field(default_factory=list[Counter])
    exact: bool = True
    never: bool = False

    def carried(self, carrier: scf.ForOp, factors: Factors) -> None:
        """The first access is in an earlier iteration of `carrier`. Takes what this decides out of
        the factors."""
        index = carrier.body.block.args[0]
        found = self.iterations.range(index)
        self.never = found is not None and found.count < 2
        before, after = factors.get((index, 1), 0), factors.get((index, 2), 0)
        if found is None or before != -after:
            self.exact = False
            return
        factors[index, 1] = factors[index, 2] = 0
        # What counts is how far apart the iterations are: from 1 to the last number.
        self.const += after
        self.counters.append((after, max(1, found.count - 1)))
        self.exact = found.exact

    def add(self, term: Term, factor: int) -> bool:
        """Add a multiple of a term; False if it has no bounds."""
        found = self.iterations.range(term)
        if found is None:
            return False
        self.exact &= found.exact
        self.never |= found.count < 1
        self.const += factor * found.first
        self.counters.append((factor, max(1, found.count)))
        return True


def _vary_apart(
    terms: Collection[tuple[Term, int]],
    ordered: Sequence[SSAValue],
    instance: Callable[[Term, int], int],
    iterations: Iterations,
) -> bool:
    """Whether no term says anything of another one; nor do the `ordered` values of instances."""
    seen: dict[tuple[SSAValue, int], object] = {(v, side): None for v in ordered for side in (1, 2)}
    for term, side in terms:
        leaves = Linear(((term, 1),)).leaves()
        source = term if isinstance(term, SSAValue) else (term.numerator, term.divisor)
        for leaf in leaves:
            if seen.setdefault((leaf, instance(leaf, side)), source) != source:
                return False
    return all(
        iterations.splits(term.numerator, term.divisor)
        for term, side in terms
        if isinstance(term, Remainder) and (Floor(term.numerator, term.divisor), side) in terms
    )
