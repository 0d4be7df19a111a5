"""Pairs of instances that touch one element, of which a tree must say which comes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import islpy as isl

from akg_mlir.polyhedral.execution_order import DIM, Timed
from akg_mlir.polyhedral.judged_program import Program, Touch
from akg_mlir.polyhedral.tree import Sequence


@dataclass(frozen=True)
class Conflict:
    """Two touches of one array and the pairs of instances (`first` -> `second`) that conflict.
    `first` writes."""

    first: Touch
    second: Touch
    pairs: isl.Map


def unordered_conflicts(program: Program) -> Iterator[Conflict]:
    """Conflicting instances that the tree leaves unordered: at one time below a leaf (so also
    within one box of a unit), or in two children of a `set` node."""
    for touches in program.by_array.values():
        if not any(t.is_write for t in touches):
            continue
        for first, second in combinations_with_replacement(touches, 2):
            if not first.is_write:
                first, second = second, first
            if not first.is_write or same_reduction(program, first, second):
                continue
            members = _unordered_within(first.timed, second.timed)
            if members is None:
                continue
            pairs = _unordered_pairs(first, second, members)
            if pairs is not None:
                yield Conflict(first, second, pairs)


def same_reduction(program: Program, first: Touch, second: Touch) -> bool:
    """Whether both are updates of one declared reduction, in the cell that it accumulates into."""
    return (
        program.is_update(first.statement)
        and program.specification(first.statement) is program.specification(second.statement)
        and (second.is_write or program.accumulates(second))
    )


def conflicting(first: Touch, second: Touch) -> isl.Map:
    """All pairs of instances that touch one element."""
    return first.elements.apply_range(second.elements.reverse())


def equal_members(first: Timed, second: Timed, count: int) -> isl.Map:
    """Pairs of instances with equal values of the `count` outermost band members."""
    return first.outer(count).apply_range(second.outer(count).reverse())


def _unordered_within(first: Timed, second: Timed) -> int | None:
    """So many band members, if equal, leave two leaves unordered; None if they never do."""
    for k, (own, other) in enumerate(zip(first.layout, second.layout)):
        if own != other:
            node = first.nodes[k]
            if isinstance(node, Sequence) and node.ordered:
                return None
            return sum(position is None for position in first.layout[:k])
    return first.members.dim(DIM.out)


def _unordered_pairs(first: Touch, second: Touch, members: int) -> isl.Map | None:
    """Different instances that touch one element at equal values of the members, if any."""
    cells = _cells(first, members)
    if first is second:
        if cells.is_injective():
            return None
        pairs = cells.apply_range(cells.reverse())
    else:
        pairs = cells.apply_range(_cells(second, members).reverse())
    if first.timed is second.timed:
        pairs = pairs.subtract(first.timed.instances.identity())
    return None if pairs.is_empty() else pairs


def _cells(touch: Touch, members: int) -> isl.Map:
    """Instance -> values of the outermost band members, and element."""
    elements = touch.elements.reset_tuple_id(DIM.out)
    return touch.timed.outer(members).flat_range_product(elements)
