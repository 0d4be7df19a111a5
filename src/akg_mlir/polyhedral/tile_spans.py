"""What one tile needs of a chain of loop nests, in closed form.

The reverse strategy asks for every producer which instances one tile needs:
`tiles^-1 . reads . writes^-1` (see `fusion`). Where iteration domains are boxes and accesses are
sums of scaled iterators, these relations are boxes whose sides move with the tile coordinates, and
composing them is arithmetic on intervals. Sides that do not move alike are united to the hull.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

EPSILON = 1e-9


@dataclass(frozen=True)
class Span:
    """One side of a box: `{ sum(slope[d] * t[d]) + x : low <= x <= high }` at tile coordinate `t`.

    `slopes` are pairs of a tile dimension and its slope; a side has at most `whole` values.
    """

    slopes: tuple[tuple[int, float], ...]
    low: float
    high: float
    whole: int

    def length(self, sizes: Mapping[int, int]) -> int:
        """Values in a tile of these sizes."""
        grown = self.high - self.low
        for dim, slope in self.slopes:
            grown += abs(slope) * (sizes[dim] - 1)
        return min(self.whole, floor(grown + EPSILON) + 1)

    def scaled(self, factor: float, whole: int) -> Span:
        """All values times a positive factor."""
        slopes = tuple((dim, slope * factor) for dim, slope in self.slopes)
        return Span(slopes, self.low * factor, self.high * factor, whole)

    def hull(self, other: Span) -> Span:
        """A side that holds both; everything when they move differently."""
        if self.slopes != other.slopes:
            return everything(self.whole)
        return Span(self.slopes, min(self.low, other.low), max(self.high, other.high), self.whole)

    def renamed(self, names: Mapping[int, int]) -> Span:
        """The side over other tile dimensions."""
        slopes = tuple((names.get(dim, dim), slope) for dim, slope in self.slopes)
        return Span(slopes, self.low, self.high, self.whole)


Box = tuple[Span, ...]


def everything(whole: int) -> Span:
    """A side that every tile needs whole."""
    return Span((), 0, whole - 1, whole)


def hull(boxes: Sequence[Box]) -> Box:
    """A box that holds all of them."""
    result = boxes[0]
    for box in boxes[1:]:
        result = tuple(one.hull(other) for one, other in zip(result, box))
    return result


def volume(box: Box, sizes: Mapping[int, int]) -> int:
    """Points of a box in a tile of these sizes."""
    result = 1
    for span in box:
        result *= span.length(sizes)
    return result


def moving(box: Box) -> set[int]:
    """The tile dimensions that a box moves with."""
    return {dim for span in box for dim, _ in span.slopes}


@dataclass(frozen=True)
class Expression:
    """`sum(factor * iterator) + offset`: one subscript; no terms for a broadcast dimension."""

    terms: tuple[tuple[int, int], ...]
    offset: int = 0


Access = tuple[Expression, ...]


@dataclass(frozen=True)
class Nest:
    """A loop nest: its box of iterations, its result's access and its operands' ones.

    `coarse` iterators always run whole. `streamed` iterators may run in parts where the operand
    comes from outside of the tile. `None` for an operand that takes no storage (a constant).
    """

    bounds: tuple[int, ...]
    write: Access
    reads: tuple[Access | None, ...]
    coarse: frozenset[int] = frozenset()
    streamed: frozenset[int] = frozenset()

    def instances(self, need: Box) -> Box:
        """The iterations that compute a box of the result."""
        sides = [everything(bound) for bound in self.bounds]
        for span, expression in zip(need, self.write):
            if not expression.terms:
                continue
            iterator, factor = max(expression.terms, key=lambda term: term[1])
            if iterator not in self.coarse:
                sides[iterator] = span.scaled(1 / factor, self.bounds[iterator])
        return tuple(sides)

    def written(self, instances: Box, shape: Sequence[int]) -> Box:
        """The box of the result that iterations write."""
        return tuple(_value(e, instances, whole) for e, whole in zip(self.write, shape))

    def read(self, k: int, instances: Box, shape: Sequence[int]) -> Box:
        """The box of operand `k` that iterations read."""
        access = self.reads[k]
        assert access is not None
        return tuple(_value(e, instances, whole) for e, whole in zip(access, shape))

    def parts(self, instances: Box) -> Box:
        """The iterations with every streamed iterator at a single value."""
        return tuple(
            Span((), 0, 0, span.whole) if k in self.streamed else span
            for k, span in enumerate(instances)
        )


def _value(expression: Expression, instances: Box, whole: int) -> Span:
    """The values of a subscript."""
    if whole == 1:
        return everything(1)
    slopes: dict[int, float] = {}
    low = high = float(expression.offset)
    for iterator, factor in expression.terms:
        span = instances[iterator]
        ends = factor * span.low, factor * span.high
        low, high = low + min(ends), high + max(ends)
        for dim, slope in span.slopes:
            slopes[dim] = slopes.get(dim, 0) + factor * slope
    return Span(tuple(sorted(slopes.items())), low, high, whole)
