"""What bands claim about themselves, and later passes trust, recomputed from scratch.

A member is *coincident* when the loop over it may run in parallel: it carries no dependence. A
band is *permutable* when its loops may be interchanged and tiled: no dependence inside it goes
backwards in one member and forwards in another (updates of one declared reduction may).

Memory that all iterations share (gm) must not even be reused between them, unless for the same
value; private memory (a tile's buffers) only has to hold what is read in the iteration that wrote
it, since every core has its own. Before promotion temporaries in gm count as private: promotion
gives every tile its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.conflicts import Conflict, conflicting, equal_members, same_reduction
from akg_mlir.polyhedral.execution_order import DIM, Timed
from akg_mlir.polyhedral.judged_program import Program, Touch
from akg_mlir.polyhedral.tree import Band
from akg_mlir.polyhedral.value_flow import Origin

SHARED_SPACE = "gm"

Allowed = Callable[[Timed, Timed], isl.Map]


@dataclass(frozen=True)
class BrokenClaim:
    """`claim` says in words what is claimed; `conflict` shows why it is not true."""

    claim: str
    conflict: Conflict


def broken_claims(program: Program, computed: Mapping[str, Origin]) -> Iterator[BrokenClaim]:
    """At most one conflict per claim. `computed`: for every read, by key, the instances of
    originals whose values it gets."""
    bands = {id(n): n for timed in program.timed for n in timed.nodes if isinstance(n, Band)}
    for band in bands.values():
        yield from _BandClaims(program, computed, band).broken()
    for name, array in program.scop.arrays.items():
        if array.tile_dims is not None:
            touches = program.by_array.get(name, ())
            conflict = _left_behind(program, touches, array.tile_dims)
            if conflict is not None:
                yield BrokenClaim(f"{name} is private to a tile", conflict)


class _BandClaims:
    def __init__(self, program: Program, computed: Mapping[str, Origin], band: Band) -> None:
        self.program, self.computed, self.band = program, computed, band
        self.arrays: dict[str, list[Touch]] = {}
        self.outside = 0
        for touch in program.touches:
            if band in touch.timed.nodes:
                self.arrays.setdefault(touch.access.array, []).append(touch)
                before = touch.timed.layout[: touch.timed.nodes.index(band)]
                self.outside = sum(position is None for position in before)

    def private(self, array: str) -> bool:
        info = self.program.scop.arrays[array]
        temporary = not info.live_in and not info.live_out
        return info.space != SHARED_SPACE or (temporary and not self.program.copies)

    def broken(self) -> Iterator[BrokenClaim]:
        for start, end in _runs(self.band.coincident):
            conflict = self.carried(start, end)
            if conflict is not None:
                members = " and ".join(str(k) for k in range(start, end))
                yield BrokenClaim(f"member {members} of a band is coincident", conflict)
        if self.band.permutable and self.band.members > 1:
            conflict = self.turned()
            if conflict is not None:
                yield BrokenClaim("a band is permutable", conflict)

    def carried(self, start: int, end: int) -> Conflict | None:
        """A conflict between iterations of the loops over members `start` to `end`."""
        base, inner = self.outside + start, self.outside + end

        def equal(first: Timed, second: Timed) -> isl.Map:
            return equal_members(first, second, inner)

        for array, touches in self.arrays.items():
            if not any(t.is_write for t in touches):
                continue
            if self.private(array):
                conflict = _left_behind(self.program, touches, inner, base)
            elif _one_iteration_each(touches, base, inner):
                conflict = None
            else:
                conflict = self.shared_conflict(touches, base, equal, reductions=True)
            if conflict is not None:
                return conflict
        return None

    def turned(self) -> Conflict | None:
        """A conflict that goes backwards in one member and forwards in another."""
        inner = self.outside + self.band.members

        def comparable(first: Timed, second: Timed) -> isl.Map:
            values = isl.Set.universe(first.outer(inner).get_space().range())
            up = isl.Map.from_domain_and_range(values, values)
            down = up
            for k in range(self.outside, inner):
                up = up.order_le(DIM.in_, k, DIM.out, k)
                down = down.order_ge(DIM.in_, k, DIM.out, k)
            times = first.outer(inner).apply_range(up.union(down))
            return times.apply_range(second.outer(inner).reverse())

        for array, touches in self.arrays.items():
            if not any(t.is_write for t in touches):
                continue
            if (
                self.private(array)
                and _left_behind(self.program, touches, inner, self.outside) is None
            ):
                continue
            if not _one_iteration_each(touches, self.outside, inner):
                conflict = self.shared_conflict(touches, self.outside, comparable, reductions=False)
                if conflict is not None:
                    return conflict
        return None

    def shared_conflict(
        self, touches: list[Touch], base: int, allowed: Allowed, *, reductions: bool
    ) -> Conflict | None:
        for first in touches:
            for second in touches if first.is_write else ():
                if not reductions and same_reduction(self.program, first, second):
                    continue
                pairs = conflicting(first, second)
                pairs = pairs.intersect(equal_members(first.timed, second.timed, base))
                pairs = pairs.subtract(allowed(first.timed, second.timed))
                if not pairs.is_empty():
                    pairs = pairs.subtract(self.same_value(first, second))
                    if not pairs.is_empty():
                        return Conflict(first, second, pairs)
        return None

    def same_value(self, first: Touch, second: Touch) -> isl.Map:
        """Pairs where what `first` writes is the value that `second` writes, or reads from another
        instance of the same original."""
        program = self.program
        own, other = (program.specification(t.statement).name for t in (first, second))
        back = program.to_original(first.statement)
        nothing = isl.Map.empty(conflicting(first, second).get_space())
        if program.is_update(first.statement):
            return nothing
        if second.is_write:
            if own != other:
                return nothing
            return back.apply_range(program.to_original(second.statement).reverse())
        read = self.computed[second.key].sources.get(own)
        if read is None:
            return nothing
        pairs = back.apply_range(read.reverse())
        source = program.origins[second.key].sources.get(first.statement.name)
        return pairs if source is None else pairs.subtract(source.reverse())


def _left_behind(
    program: Program, touches: tuple[Touch, ...] | list[Touch], inner: int, base: int = 0
) -> Conflict | None:
    """A value that an iteration of the `inner` outermost members reads and another one wrote, both
    in one iteration of the `base` outermost."""
    doubtful = [t for t in touches if not t.is_write and program.origins[t.key].shared < inner]
    if not doubtful:
        return None
    array = doubtful[0].access.array
    exact = program.origins | program.accumulated(array)
    for read in doubtful:
        for write in touches:
            relation = exact[read.key].sources.get(write.statement.name)
            if relation is None or not write.is_write:
                continue
            pairs = relation.reverse().intersect_domain(write.timed.instances)
            pairs = pairs.intersect(equal_members(write.timed, read.timed, base))
            pairs = pairs.subtract(equal_members(write.timed, read.timed, inner))
            if not pairs.is_empty():
                return Conflict(write, read, pairs)
    return None


def _one_iteration_each(touches: list[Touch], base: int, inner: int) -> bool:
    """Whether per iteration of the `base` outermost members one iteration of the `inner` outermost
    ones touches an element that is written at all. Quick, and sufficient for no conflict."""
    written: isl.Map | None = None
    touched: isl.Map | None = None
    for touch in touches:
        values = touch.elements.reverse().apply_range(touch.timed.outer(inner))
        values = values.move_dims(DIM.in_, values.dim(DIM.in_), DIM.out, 0, base)
        if touch.is_write:
            written = values if written is None else written.union(values)
        touched = values if touched is None else touched.union(values)
    if written is None or touched is None:
        return True
    return written.is_single_valued() and touched.intersect_domain(written.domain()).is_subset(
        written
    )


def _runs(flags: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Ranges of neighbouring flags that are set."""
    start = 0
    for k, flag in enumerate((*flags, False)):
        if not flag:
            if k > start:
                yield start, k
            start = k + 1
