"""Access maps as subscripts: per dimension of an operand, scaled loops and an offset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.ir import Operation
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)

from akg_mlir.diagnostics import CompileError


@dataclass(frozen=True)
class Subscript:
    """The index `offset + sum over loops of scale * loop` into one dimension of a tensor."""

    offset: int = 0
    scales: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def loop(self) -> int | None:
        """The only loop it depends on; None when there is none or more than one."""
        return next(iter(self.scales)) if len(self.scales) == 1 else None

    @property
    def alone(self) -> int | None:
        """The loop whose index it is as it is; None for any other index."""
        return self.loop if self == along(self.loop or 0) else None

    @property
    def is_window(self) -> bool:
        """Whether it is the sum of two loops: the place of a window and that inside of it."""
        return len(self.scales) == 2 and self.offset == 0 and min(self.scales.values()) > 0

    def largest(self, bounds: Sequence[int]) -> int:
        """The largest index over all iterations."""
        return self.offset + sum(s * (bounds[d] - 1) for d, s in self.scales.items() if s > 0)

    def smallest(self, bounds: Sequence[int]) -> int:
        """The smallest index over all iterations."""
        return self.offset + sum(s * (bounds[d] - 1) for d, s in self.scales.items() if s < 0)

    def plus(self, other: Subscript) -> Subscript:
        """The sum of two."""
        scales = Counter(self.scales)
        for loop, scale in other.scales.items():
            scales[loop] += scale
        return Subscript(self.offset + other.offset, {d: s for d, s in scales.items() if s})

    def times(self, factor: int) -> Subscript:
        """A multiple."""
        scales = {d: s * factor for d, s in self.scales.items() if factor}
        return Subscript(self.offset * factor, scales)


Access = tuple[Subscript, ...]
"""A subscript per dimension of a tensor."""


def along(loop: int) -> Subscript:
    """The index that one loop runs over."""
    return Subscript(0, {loop: 1})


def access_of(map_: AffineMap, op: Operation) -> Access:
    """The subscripts of an access map. Raises CompileError for divisions and symbols."""
    return tuple(_subscript(expr, map_, op) for expr in map_.results)


def _subscript(expr: AffineExpr, map_: AffineMap, op: Operation) -> Subscript:
    match expr:
        case AffineDimExpr(position=position):
            return along(position)
        case AffineConstantExpr(value=value):
            return Subscript(value)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Add, lhs=lhs, rhs=rhs):
            return _subscript(lhs, map_, op).plus(_subscript(rhs, map_, op))
        case AffineBinaryOpExpr(
            kind=AffineBinaryOpKind.Mul, lhs=lhs, rhs=AffineConstantExpr() as n
        ):
            return _subscript(lhs, map_, op).times(n.value)
        case AffineBinaryOpExpr(
            kind=AffineBinaryOpKind.Mul, lhs=AffineConstantExpr() as n, rhs=rhs
        ):
            return _subscript(rhs, map_, op).times(n.value)
        case _:
            raise CompileError(
                f"the access map {map_} is not supported",
                op,
                hint="an index may be a sum of loops times constants, without divisions",
            )


def bounds_of(
    op: Operation, count: int, shapes: Sequence[Sequence[int]], accesses: Sequence[Access]
) -> tuple[int, ...]:
    """The sizes of `count` loops, read from the dimensions that each loop alone runs over.

    Raises CompileError for loops without a size or with two, for dynamic sizes, and for indices
    outside of a tensor.
    """
    sizes: dict[int, int] = {}
    for shape, access in zip(shapes, accesses, strict=True):
        if len(shape) != len(access):
            raise CompileError(
                f"has {len(access)} indices for an operand of rank {len(shape)}",
                op,
                hint="an access map has one result per dimension",
            )
        for size, subscript in zip(shape, access):
            if size < 0:
                raise CompileError("has dynamic sizes", op, hint="shapes must be static")
            loop = subscript.alone
            if loop is not None and sizes.setdefault(loop, size) != size:
                raise CompileError(
                    f"loop d{loop} runs over dimensions of {sizes[loop]} and {size} elements",
                    op,
                    hint="they must have one size",
                )
    missing = sorted(set(range(count)) - set(sizes))
    if missing:
        raise CompileError(
            f"has a loop, d{missing[0]}, that no operand gives a size",
            op,
            hint="some operand must be indexed by the loop alone",
        )
    bounds = tuple(sizes[loop] for loop in range(count))
    for shape, access in zip(shapes, accesses):
        check_inside(op, shape, access, bounds)
    return bounds


def check_inside(
    op: Operation, shape: Sequence[int], access: Access, bounds: Sequence[int]
) -> None:
    """Raise CompileError where an index leaves its dimension."""
    for dim, (size, subscript) in enumerate(zip(shape, access)):
        low, high = subscript.smallest(bounds), subscript.largest(bounds)
        if low < 0 or high >= size:
            raise CompileError(
                f"reads elements {low} to {high} of dimension {dim}, which has {size}",
                op,
                hint="indices must stay inside of their operands",
            )


def split_sizes(subscript: Subscript, size: int, bounds: Sequence[int]) -> list[int] | None:
    """The loops, outermost first, whose mixed-radix number a subscript of several loops is.

    `d0 * 4 + d1`, `d1` of size 4, reads a dimension as if it were two; None for other sums.
    """
    loops = sorted(subscript.scales, key=lambda d: -subscript.scales[d])
    weights = [prod(bounds[d] for d in loops[k + 1 :]) for k in range(len(loops))]
    exact = [subscript.scales[d] for d in loops] == weights
    whole = prod(bounds[d] for d in loops) == size
    return loops if exact and whole and subscript.offset == 0 else None
