"""Index values over the numbers of iterations: the form in which two places compare.

In a *numbered* form the index of a loop stands for the number of its iteration, counted from 0:
`first + step * number` has taken its place, and remainders are differences. What a loop adds then
no longer depends on the loops around it: numbers that belong to one value come together, and those
of different loops vary independently wherever loops iterate a constant number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xdsl.dialects import arith, scf
from xdsl.ir import Block, SSAValue

from akg_mlir.dialects.npu import CoreIdOp
from akg_mlir.passes.npu.memory.linear import (
    Floor,
    Interval,
    Linear,
    Remainder,
    Term,
    bounds,
    extreme_bounds,
    leaf_bounds,
    linear_of,
    loop_of,
    term_bounds,
)


@dataclass(frozen=True)
class Range:
    """`count` values from `first`; not `exact` if a term may have only some of these."""

    first: int
    count: int
    exact: bool


@dataclass
class Iterations:
    """What is known of a kernel's index values, asked once: good while these stay as they are."""

    _numbered: dict[SSAValue, Linear] = field(default_factory=dict[SSAValue, Linear])
    _intervals: dict[SSAValue, Interval] = field(default_factory=dict[SSAValue, Interval])
    _values: dict[SSAValue, Interval] = field(default_factory=dict[SSAValue, Interval])
    _trips: dict[scf.ForOp, int | None] = field(default_factory=dict[scf.ForOp, int | None])
    _around: dict[SSAValue, frozenset[scf.ForOp]] = field(
        default_factory=dict[SSAValue, frozenset[scf.ForOp]]
    )

    def number(self, form: Linear) -> Linear:
        """The numbered form."""
        total = Linear(const=form.const)
        for term, coefficient in form.terms:
            total = total + self._number_term(term) * coefficient
        return total

    def _number_term(self, term: Term) -> Linear:
        if isinstance(term, SSAValue):
            if term not in self._numbered:
                self._numbered[term] = self._number_leaf(term)
            return self._numbered[term]
        inner = self.number(term.numerator)
        quotient = inner.floordiv(term.divisor)
        return quotient if isinstance(term, Floor) else inner + quotient * -term.divisor

    def _number_leaf(self, value: SSAValue) -> Linear:
        loop, leaf = loop_of(value), Linear(((value, 1),))
        return leaf if loop is None else self.number(linear_of(loop.lb)) + leaf * unit(loop)

    def span(self, loop: scf.ForOp) -> Linear:
        """Last minus first bound of a loop, numbered."""
        return self.number(linear_of(loop.ub) + linear_of(loop.lb) * -1)

    def trips(self, loop: scf.ForOp) -> int | None:
        """Iterations of a loop if that is a constant."""
        if loop not in self._trips:
            span, step = self.span(loop), linear_of(loop.step)
            known = span.is_constant and step.is_constant and step.const > 0
            self._trips[loop] = max(0, -(-span.const // step.const)) if known else None
        return self._trips[loop]

    def interval(self, value: SSAValue) -> Interval:
        """The values of a leaf of numbered forms."""
        if value not in self._intervals:
            self._intervals[value] = self._interval(value)
        return self._intervals[value]

    def _interval(self, value: SSAValue) -> Interval:
        if (loop := loop_of(value)) is not None:
            return Interval(0, self._last(loop))
        if isinstance(value.owner, CoreIdOp):
            return leaf_bounds(value)
        return extreme_bounds(value, lambda side: self.bounds(self.number(linear_of(side))))

    def _last(self, loop: scf.ForOp) -> int | None:
        """The number of the last iteration at most; -1 if there is none."""
        if (trips := self.trips(loop)) is not None:
            return trips - 1
        spans = (bounds(cap, self.interval).high for cap in self._caps(self.span(loop)))
        known = [span for span in spans if span is not None]
        return max(-1, (min(known) - 1) // unit(loop)) if known else None

    def _caps(self, form: Linear) -> Iterator[Linear]:
        """Forms that are all at least as great: a minimum is at most each of its operands."""
        for term, factor in form.terms:
            if caps := self._term_caps(term, 1 if factor > 0 else -1):
                rest = form + Linear(((term, -factor),))
                for cap in caps:
                    yield from self._caps(rest + cap * abs(factor))
                return
        yield form

    def _term_caps(self, term: Term, sign: int) -> list[Linear]:
        """Forms that are at least `sign * term`, from the operands of extremes in it."""
        if isinstance(term, SSAValue):
            if not isinstance(term.owner, arith.MinSIOp if sign > 0 else arith.MaxSIOp):
                return []
            return [self.number(linear_of(operand)) * sign for operand in term.owner.operands]
        inner = term.numerator * sign
        caps = list(self._caps(inner))
        if caps == [inner]:
            return []
        return [(cap * sign).floordiv(term.divisor) * sign for cap in caps]

    def bounds(self, form: Linear) -> Interval:
        """The interval a numbered form ranges over."""
        factors: Factors = {(term, 0): factor for term, factor in form.terms}
        const = form.const + fold(factors, lambda term, side: side)
        folded = Linear(tuple((term, f) for (term, _), f in factors.items()), const)
        return bounds(form, self.interval) & bounds(folded, self.interval)

    def value_bounds(self, form: Linear) -> Interval:
        """The interval of a form that is not numbered: closer where the last of several tiles ends
        early."""
        return bounds(form, self._value) & self.bounds(self.number(form))

    def _value(self, value: SSAValue) -> Interval:
        if value not in self._values:
            self._values[value] = leaf_bounds(value, self._value)
        return self._values[value]

    def range(self, term: Term) -> Range | None:
        """The values of a term of numbered forms; None if they have no bounds."""
        interval = term_bounds(term, self.interval)
        if interval.low is None or interval.high is None:
            return None
        count = interval.high - interval.low + 1
        return Range(interval.low, count, count == 1 or self._takes_all(term))

    def _takes_all(self, term: Term) -> bool:
        """Whether a term has every value of its interval."""
        if isinstance(term, SSAValue):
            loop = loop_of(term)
            if loop is None:
                return isinstance(term.owner, CoreIdOp)
            return self.trips(loop) is not None
        if len(term.numerator.terms) != 1:
            return False
        ((inner, factor),) = term.numerator.terms
        found = self.range(inner) if isinstance(inner, SSAValue) else None
        if found is None or not found.exact:
            return False
        if isinstance(term, Floor):
            return 0 < factor <= term.divisor
        return factor == 1 and found.count >= term.divisor

    def splits(self, form: Linear, divisor: int) -> bool:
        """Whether quotient and remainder of a form take all pairs of their values."""
        if form.const or len(form.terms) != 1:
            return False
        ((term, factor),) = form.terms
        found = self.range(term) if factor == 1 and isinstance(term, SSAValue) else None
        return found is not None and found.exact and found.first == found.count % divisor == 0

    def around(self, term: Term) -> frozenset[scf.ForOp]:
        """The loops that a term may vary with."""
        if not isinstance(term, SSAValue):
            return self._around_all(term.numerator)
        if term not in self._around:
            self._around[term] = self._around_leaf(term)
        return self._around[term]

    def _around_all(self, form: Linear) -> frozenset[scf.ForOp]:
        return frozenset(loop for term, _ in form.terms for loop in self.around(term))

    def _around_leaf(self, value: SSAValue) -> frozenset[scf.ForOp]:
        if (loop := loop_of(value)) is not None:
            return frozenset((loop,))
        if isinstance(value.owner, CoreIdOp):
            return frozenset()
        if isinstance(value.owner, arith.MinSIOp | arith.MaxSIOp):
            sides = (self._around_all(self.number(linear_of(v))) for v in value.owner.operands)
            return frozenset[scf.ForOp]().union(*sides)
        return frozenset(_loops_around(value))


def unit(loop: scf.ForOp) -> int:
    """The step of a loop; 1 where that is not known, so that the numbers have gaps."""
    step = linear_of(loop.step)
    return step.const if step.is_constant and step.const > 0 else 1


def _loops_around(value: SSAValue) -> Iterator[scf.ForOp]:
    owner = value.owner
    block = owner if isinstance(owner, Block) else owner.parent
    while block is not None:
        parent = block.parent_op()
        if isinstance(parent, scf.ForOp):
            yield parent
        block = None if parent is None else parent.parent


Factors = dict[tuple[Term, int], int]
"""A sum of terms of two instances: (term, instance) and what it is multiplied by."""


def fold(factors: Factors, instance: Callable[[Term, int], int]) -> int:
    """Write multiples of a form n beside one of floor(n / d) as those of n mod d, which varies
    apart from the floor. Returns what becomes a constant.

    `instance` says which instance of a term goes with that of another term that contains it.
    """
    const = 0
    floors = [(t, side) for t, side in factors if isinstance(t, Floor)]
    for term, side in sorted(floors, key=lambda entry: _depth(entry[0])):
        numerator = term.numerator
        keys = [((part, instance(part, side)), factor) for part, factor in numerator.terms]
        multiples = {divmod(factors.get(key, 0), factor) for key, factor in keys}
        times, rest = multiples.pop()
        if multiples or rest or not times:
            continue
        for key, _ in keys:
            del factors[key]
        factors[Remainder(numerator, term.divisor), side] = times
        factors[term, side] += times * term.divisor
        const -= times * numerator.const
    return const


def _depth(term: Term) -> int:
    """Floors inside each other."""
    if isinstance(term, SSAValue):
        return 0
    return 1 + max(_depth(part) for part, _ in term.numerator.terms)
