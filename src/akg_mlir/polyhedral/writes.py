"""Which write comes last before an access in the program text, and which first after it.

A search in time: of the times at which an element is written, the greatest before that of the
access, or the least after it. Not by isl's flow analysis, which loses instances, or fails, where
subscripts divide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.context import union_map, union_of
from akg_mlir.polyhedral.scop import Access, Statement

DIM = isl.dim_type


@dataclass(frozen=True)
class Writes:
    """All writes of one array: `times` from an element to when it is written (None if never), and
    `writers` from a time to the instance that writes then."""

    times: isl.Map | None
    writers: isl.UnionMap

    @staticmethod
    def of(originals: Iterable[Statement], array: str) -> Writes:
        """The writes of an array by statements of the program text."""
        times: isl.Map | None = None
        writers: list[isl.Map] = []
        for statement in originals:
            accesses = [a for a in statement.writes if a.array == array]
            for access in accesses:
                more = access.relation.reverse().apply_range(_time(statement))
                times = more if times is None else times.union(more)
            if accesses:
                writers.append(_time(statement).reverse())
        return Writes(times, union_of(writers))

    def last_before(self, statement: Statement, access: Access) -> isl.Map | None:
        """Instance -> times of the last writes, before it, of the elements it accesses."""
        found = self._of_each(statement, access, isl.Map.lex_gt)
        return None if found is None else found.lexmax().domain_factor_domain().coalesce()

    def first_after(self, statement: Statement, access: Access) -> isl.Map | None:
        """Instance -> times of the first writes, after it, of the elements it reads. Not of those
        that it writes itself: it reads before it writes."""
        found = self._of_each(statement, access, isl.Map.lex_le)
        if found is None:
            return None
        times = found.lexmin().domain_factor_domain()
        return times.subtract(_time(statement)).coalesce()

    def unwritten_before(self, statement: Statement, access: Access) -> isl.Set:
        """The instances that access an element which nothing wrote before."""
        touched = access.relation.intersect_domain(statement.domain)
        found = self._of_each(statement, access, isl.Map.lex_gt)
        if found is None:
            return touched.domain()
        return touched.wrap().subtract(found.domain()).unwrap().domain().coalesce()

    def surviving(self) -> isl.UnionSet:
        """The instances whose values are in the array when the program ends."""
        if self.times is None:
            return self.writers.range()
        last = self.times.lexmax().range()
        return isl.UnionSet.from_set(last).apply(self.writers)

    def instances(self, times: isl.Map | None) -> isl.UnionMap:
        """Instance -> writing instances, of instance -> times of writes."""
        if times is None:
            return union_map()
        return isl.UnionMap.from_map(times).apply_range(self.writers)

    def _of_each(
        self, statement: Statement, access: Access, order: Callable[[isl.Space], isl.Map]
    ) -> isl.Map | None:
        """(Instance -> element) -> times of writes of the element in an order with the instance."""
        if self.times is None:
            return None
        touched = access.relation.intersect_domain(statement.domain)
        own = touched.domain_map().apply_range(_time(statement))
        allowed = own.apply_range(order(own.get_space().range()))
        return touched.range_map().apply_range(self.times).intersect(allowed)


def _time(statement: Statement) -> isl.Map:
    """Instance -> time in the program text."""
    assert statement.order is not None
    return statement.order.intersect_domain(statement.domain)
