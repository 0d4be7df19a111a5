"""Index values as quasi-affine forms over loop indices, and the intervals they range over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from xdsl.dialects import affine, arith, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import BlockArgument, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineSymExpr,
)

from akg_mlir.dialects.npu import CoreIdOp, cores_of


@dataclass(frozen=True)
class Floor:
    """`floor(numerator / divisor)` with a positive divisor."""

    numerator: Linear
    divisor: int


@dataclass(frozen=True)
class Remainder:
    """`numerator mod divisor` in 0 .. divisor-1, with a positive divisor."""

    numerator: Linear
    divisor: int


Term = SSAValue | Floor | Remainder


@dataclass(frozen=True)
class Linear:
    """`const + sum of coefficient * term`; no term occurs twice and no coefficient is 0."""

    terms: tuple[tuple[Term, int], ...] = ()
    const: int = 0

    def __add__(self, other: Linear) -> Linear:
        total = dict(self.terms)
        for term, coefficient in other.terms:
            total[term] = total.get(term, 0) + coefficient
        return Linear(tuple((t, c) for t, c in total.items() if c), self.const + other.const)

    def __mul__(self, factor: int) -> Linear:
        if factor == 0:
            return Linear()
        return Linear(tuple((t, c * factor) for t, c in self.terms), self.const * factor)

    def floordiv(self, divisor: int) -> Linear:
        """`floor(self / divisor)`, divisor > 0.

        The numerator of what remains has factors from 0 to the divisor, the first of them in the
        lower half: equal values that come about in different ways are equal, or cancel.
        """
        common = gcd(divisor, *(c for _, c in self.terms))
        whole = Linear(tuple((t, c // common) for t, c in self.terms), self.const // common)
        divisor //= common
        result, rest = whole._divided(divisor)
        if not rest.terms:
            return result
        if 2 * rest.terms[0][1] > divisor:  # floor(e / d) = -floor((d - 1 - e) / d)
            more, rest = (rest * -1 + Linear(const=divisor - 1))._divided(divisor)
            return result + (more + Linear(((Floor(rest, divisor), 1),))) * -1
        return result + Linear(((Floor(rest, divisor), 1),))

    def mod(self, divisor: int) -> Linear:
        """`self mod divisor`, divisor > 0."""
        _, rest = self._divided(divisor)
        return Linear(((Remainder(rest, divisor), 1),)) if rest.terms else rest

    def _divided(self, divisor: int) -> tuple[Linear, Linear]:
        """(quotient, rest) with `self = divisor * quotient + rest` and factors of the rest from 0
        to below the divisor."""
        split = [(t, *divmod(c, divisor)) for t, c in self.terms]
        whole, rest = divmod(self.const, divisor)
        return (
            Linear(tuple((t, q) for t, q, _ in split if q), whole),
            Linear(tuple((t, r) for t, _, r in split if r), rest),
        )

    @property
    def is_constant(self) -> bool:
        return not self.terms

    def leaves(self) -> set[SSAValue]:
        """The SSA values the form depends on."""
        found: set[SSAValue] = set()
        for term, _ in self.terms:
            found |= {term} if isinstance(term, SSAValue) else term.numerator.leaves()
        return found


@dataclass(frozen=True)
class Interval:
    """Inclusive bounds; None means unknown in that direction."""

    low: int | None
    high: int | None

    def __add__(self, other: Interval) -> Interval:
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(low, high)

    def __mul__(self, factor: int) -> Interval:
        low = None if self.low is None else self.low * factor
        high = None if self.high is None else self.high * factor
        return Interval(low, high) if factor >= 0 else Interval(high, low)

    def __and__(self, other: Interval) -> Interval:
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Interval(max(lows, default=None), min(highs, default=None))

    def floordiv(self, divisor: int) -> Interval:
        low = None if self.low is None else self.low // divisor
        high = None if self.high is None else self.high // divisor
        return Interval(low, high)


def linear_of(value: SSAValue) -> Linear:
    """`value` over loop indices and values that are not affine in anything (opaque leaves)."""
    op = value.owner
    if isinstance(op, arith.ConstantOp) and isinstance(op.value, IntegerAttr):
        return Linear(const=op.value.value.data)
    if isinstance(op, arith.AddiOp):
        return linear_of(op.lhs) + linear_of(op.rhs)
    if isinstance(op, arith.SubiOp):
        return linear_of(op.lhs) + linear_of(op.rhs) * -1
    if isinstance(op, arith.MuliOp):
        return _product(linear_of(op.lhs), linear_of(op.rhs)) or _leaf(value)
    if isinstance(op, affine.ApplyOp):
        map_ = op.map.data
        inputs = [linear_of(v) for v in op.mapOperands]
        return evaluate(map_.results[0], inputs, map_.num_dims) or _leaf(value)
    return _leaf(value)


def _leaf(value: SSAValue) -> Linear:
    return Linear(((value, 1),))


def _product(lhs: Linear, rhs: Linear) -> Linear | None:
    if rhs.is_constant:
        return lhs * rhs.const
    return rhs * lhs.const if lhs.is_constant else None


def evaluate(expr: AffineExpr, inputs: Sequence[Linear], num_dims: int) -> Linear | None:
    """An affine expression applied to linear inputs (dims, then symbols); None if not affine."""
    match expr:
        case AffineConstantExpr():
            return Linear(const=expr.value)
        case AffineDimExpr():
            return inputs[expr.position]
        case AffineSymExpr():
            return inputs[num_dims + expr.position]
        case AffineBinaryOpExpr():
            lhs = evaluate(expr.lhs, inputs, num_dims)
            rhs = evaluate(expr.rhs, inputs, num_dims)
            return None if lhs is None or rhs is None else _combine(expr.kind, lhs, rhs)
        case _:
            return None


def _combine(kind: AffineBinaryOpKind, lhs: Linear, rhs: Linear) -> Linear | None:
    if kind == AffineBinaryOpKind.Add:
        return lhs + rhs
    if kind == AffineBinaryOpKind.Mul:
        return _product(lhs, rhs)
    if not rhs.is_constant or rhs.const <= 0:
        return None
    if kind == AffineBinaryOpKind.FloorDiv:
        return lhs.floordiv(rhs.const)
    if kind == AffineBinaryOpKind.CeilDiv:
        return (lhs * -1).floordiv(rhs.const) * -1
    return lhs.mod(rhs.const)


Known = Callable[[SSAValue], Interval]
"""The intervals of the values that forms depend on."""


def bounds(form: Linear, known: Known | None = None) -> Interval:
    """The interval `form` ranges over."""
    total = Interval(form.const, form.const)
    for term, coefficient in form.terms:
        total = total + term_bounds(term, known or leaf_bounds) * coefficient
    return total


def term_bounds(term: Term, known: Known) -> Interval:
    """The interval one term ranges over."""
    if isinstance(term, Floor):
        return bounds(term.numerator, known).floordiv(term.divisor)
    if isinstance(term, Remainder):
        inner = bounds(term.numerator, known)
        turn = inner.floordiv(term.divisor)
        if inner.low is not None and inner.high is not None and turn.low == turn.high:
            return Interval(inner.low % term.divisor, inner.high % term.divisor)
        return Interval(0, term.divisor - 1)
    return known(term)


def leaf_bounds(value: SSAValue, known: Known | None = None) -> Interval:
    """The interval of a value that is no form of others, given those of the others."""
    if (loop := loop_of(value)) is not None:
        return _induction_bounds(loop, known)
    if isinstance(value.owner, CoreIdOp):
        return Interval(0, cores_of(value.owner) - 1)
    return extreme_bounds(value, lambda operand: bounds(linear_of(operand), known))


def extreme_bounds(value: SSAValue, known: Known) -> Interval:
    """The interval of a minimum or maximum, given those of its operands; else unknown."""
    op = value.owner
    if not isinstance(op, arith.MinSIOp | arith.MaxSIOp):
        return Interval(None, None)
    pick = min if isinstance(op, arith.MinSIOp) else max
    return _extreme(pick, *(known(operand) for operand in op.operands))


def loop_of(value: SSAValue) -> scf.ForOp | None:
    """The loop with this index."""
    if not isinstance(value, BlockArgument) or value.index:
        return None
    loop = value.block.parent_op()
    return loop if isinstance(loop, scf.ForOp) else None


def _extreme(pick: Callable[[int, int], int], lhs: Interval, rhs: Interval) -> Interval:
    def side(a: int | None, b: int | None, either_bounds: bool) -> int | None:
        if a is not None and b is not None:
            return pick(a, b)
        return (b if a is None else a) if either_bounds else None

    return Interval(
        side(lhs.low, rhs.low, pick is max),
        side(lhs.high, rhs.high, pick is min),
    )


def _induction_bounds(loop: scf.ForOp, known: Known | None) -> Interval:
    first = bounds(linear_of(loop.lb), known)
    ends = bounds(linear_of(loop.ub), known).high
    last = Interval(None, None if ends is None else ends - 1)
    trips = trip_count(loop)
    step = linear_of(loop.step)
    if trips is not None and trips > 0 and step.is_constant:
        last = last & (first + Interval(None, (trips - 1) * step.const))
    return Interval(first.low, last.high)


def trip_count(loop: scf.ForOp) -> int | None:
    """Iterations of the loop if that is a constant."""
    span = linear_of(loop.ub) + linear_of(loop.lb) * -1
    step = linear_of(loop.step)
    if not span.is_constant or not step.is_constant or step.const <= 0:
        return None
    return max(0, -(-span.const // step.const))


def iterates(loop: scf.ForOp) -> bool:
    """Whether the loop certainly iterates, on every core."""
    low, high = linear_of(loop.lb), linear_of(loop.ub)
    ids = [leaf for leaf in _origins(low) | _origins(high) if isinstance(leaf.owner, CoreIdOp)]
    cases: list[dict[SSAValue, int]] = [{}]
    for value in ids:
        assert isinstance(value.owner, CoreIdOp)
        cases = [{**case, value: c} for case in cases for c in range(cores_of(value.owner))]
    return all((bounds(high + low * -1, _fixed(case)).low or 0) > 0 for case in cases)


def _fixed(values: Mapping[SSAValue, int]) -> Known:
    """Intervals where some values are known."""

    def known(value: SSAValue) -> Interval:
        number = values.get(value)
        return leaf_bounds(value, known) if number is None else Interval(number, number)

    return known


def _origins(form: Linear) -> set[SSAValue]:
    """The leaves of a form, and of the operands of those that are minima or maxima."""
    found: set[SSAValue] = set()
    for leaf in form.leaves():
        found.add(leaf)
        if isinstance(leaf.owner, arith.MinSIOp | arith.MaxSIOp):
            for operand in leaf.owner.operands:
                found |= _origins(linear_of(operand))
    return found


def residue(form: Linear, modulus: int) -> int | None:
    """`form mod modulus` if it is the same in all iterations; None if it varies or is unknown."""
    total = form.const
    for term, coefficient in form.terms:
        if coefficient % modulus == 0:
            continue
        loop = loop_of(term) if isinstance(term, SSAValue) else None
        if loop is None:
            return None
        start, step = residue(linear_of(loop.lb), modulus), linear_of(loop.step)
        varies = trip_count(loop) != 1 and (step.const * coefficient) % modulus != 0
        if start is None or not step.is_constant or varies:
            return None
        total += coefficient * start
    return total % modulus
