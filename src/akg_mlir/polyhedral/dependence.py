"""Exact dependences between statement instances, and their relaxation for declared reductions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import islpy as isl

from akg_mlir.polyhedral.context import maps_of, union_map, union_of
from akg_mlir.polyhedral.scop import Access, Scop, Statement, textual_order
from akg_mlir.polyhedral.writes import Writes

DIM = isl.dim_type


@dataclass(frozen=True)
class Dependences:
    """Instance -> later instance relations between original statements.

    `raw`, `war` and `waw` are value-based, without the self-dependences of declared reductions.
    `reduction_self` orders the updates of one cell by one reduction. `reduction_order` is
    memory-based: all updates come after everything that touches the cell before the reduction,
    and before everything that touches it afterwards. A reordered reduction needs that, because
    value-based dependences speak of the first and the last update only. For the usual tensor of a
    reduction (initialised once, in front of everything else) it holds all dependences.
    """

    raw: isl.UnionMap
    war: isl.UnionMap
    waw: isl.UnionMap
    reduction_self: isl.UnionMap
    reduction_order: isl.UnionMap

    @property
    def validity(self) -> isl.UnionMap:
        """What every schedule must respect."""
        plain = self.raw.union(self.war).union(self.waw)
        return plain.union(self.reduction_order).coalesce()

    @property
    def coincidence(self) -> isl.UnionMap:
        """What must have distance zero for a band member to be parallel."""
        return self.validity.union(self.reduction_self)

    @property
    def proximity(self) -> isl.UnionMap:
        """Producer -> consumer pairs worth keeping close."""
        return self.raw


@dataclass(frozen=True)
class _Accessor:
    """What one statement does to one array."""

    statement: Statement
    array: str
    reads: isl.UnionMap
    writes: isl.UnionMap

    @property
    def accesses(self) -> isl.UnionMap:
        return self.reads.union(self.writes)

    @property
    def nest(self) -> int | None:
        """Position of the outermost loop nest in the text, where it is a constant."""
        return self.statement.nest


Analysis = Callable[[tuple[_Accessor, ...]], Dependences]


def analyse(scop: Scop) -> Dependences:
    """Dependences between the original statements, array by array; `raw`, `war` and `waw` are
    value-based."""
    return _by_array(scop, _of_array)


def memory_based(scop: Scop) -> Dependences:
    """All pairs of instances that touch one element, at least one writing: `raw`, `war` and `waw`
    by who writes, without the updates of one reduction among themselves."""
    return _by_array(scop, _all_pairs)


def _by_array(scop: Scop, analysis: Analysis) -> Dependences:
    touched: dict[str, list[Statement]] = {}
    for statement in scop.originals:
        for array in dict.fromkeys(a.array for a in statement.accesses):
            touched.setdefault(array, []).append(statement)
    found: list[Dependences] = []
    for array, statements in touched.items():
        if any(a.array == array for s in statements for a in s.writes):
            accessors = tuple(
                _Accessor(s, array, _to_array(s, array, s.reads), _to_array(s, array, s.writes))
                for s in statements
            )
            found.append(analysis(accessors))
    return Dependences(
        union_of(d.raw for d in found),
        union_of(d.war for d in found),
        union_of(d.waw for d in found),
        union_of(d.reduction_self for d in found),
        union_of(d.reduction_order for d in found),
    )


def _to_array(statement: Statement, array: str, accesses: tuple[Access, ...]) -> isl.UnionMap:
    result = union_map()
    for access in accesses:
        if access.array == array:
            relation = access.relation.intersect_domain(statement.domain)
            result = result.union(isl.UnionMap.from_map(relation))
    return result


def _of_array(accessors: tuple[_Accessor, ...]) -> Dependences:
    reducing = [a for a in accessors if a.statement.reduction and not a.writes.is_empty()]
    if not reducing and (raw := _written_once(accessors)) is not None:
        return Dependences(raw, union_map(), union_map(), union_map(), union_map())
    order = textual_order(a.statement for a in accessors)
    names = {a.statement.name for a in reducing}
    own = union_map()
    for accessor in reducing:
        own = own.union(_in_order(_conflicts(accessor, accessor), order))
    simple = reducing and _initialised_once(accessors, names)
    between = union_map()
    for first, second in combinations(accessors, 2):
        if simple or {first.statement.name, second.statement.name} & names:
            between = between.union(_ordered_conflicts(first, second, order))
    if simple:
        return Dependences(union_map(), union_map(), union_map(), own, between)
    raw, war, waw = (_without_self(r, names) for r in _flow(accessors))
    return Dependences(raw, war, waw, own, between)


def _all_pairs(accessors: tuple[_Accessor, ...]) -> Dependences:
    order = textual_order(a.statement for a in accessors)
    reads, writes = union_of(a.reads for a in accessors), union_of(a.writes for a in accessors)

    def pairs(earlier: isl.UnionMap, later: isl.UnionMap) -> isl.UnionMap:
        return _in_order(earlier.apply_range(later.reverse()), order)

    reducing = [a for a in accessors if a.statement.reduction and not a.writes.is_empty()]
    names = {a.statement.name for a in reducing}
    own = union_of(_in_order(_conflicts(a, a), order) for a in reducing)
    raw, war, waw = pairs(writes, reads), pairs(reads, writes), pairs(writes, writes)
    kept = (_without_self(relation, names) for relation in (raw, war, waw))
    return Dependences(*kept, reduction_self=own, reduction_order=union_map())


def _initialised_once(accessors: tuple[_Accessor, ...], reducing: set[str]) -> bool:
    """Whether the only other writer is one nest before all others, so that the memory-based order
    of all pairs of statements says everything."""
    others = [a for a in accessors if not a.writes.is_empty() and a.statement.name not in reducing]
    nests = [a.nest for a in accessors]
    if len(others) != 1 or others[0].nest is None or None in nests:
        return False
    if not others[0].reads.is_empty():
        return False
    return others[0].writes.is_injective() and all(
        a.nest > others[0].nest for a in accessors if a is not others[0] and a.nest is not None
    )


def _written_once(accessors: tuple[_Accessor, ...]) -> isl.UnionMap | None:
    """Producer -> consumer, if one earlier nest writes every element once; `None` otherwise."""
    writers = [a for a in accessors if not a.writes.is_empty()]
    if len(writers) != 1 or not writers[0].writes.is_injective():
        return None
    writer = writers[0]
    start = writer.nest
    result = union_map()
    for reader in accessors:
        if reader.reads.is_empty():
            continue
        nest = reader.nest
        if start is None or nest is None or nest <= start:
            return None
        result = result.union(writer.writes.apply_range(reader.reads.reverse()))
    return result


def _conflicts(first: _Accessor, second: _Accessor) -> isl.UnionMap:
    """Instances of `first` -> those of `second` that touch one element, at least one writing."""
    return first.writes.apply_range(second.accesses.reverse()).union(
        first.reads.apply_range(second.writes.reverse())
    )


def _ordered_conflicts(first: _Accessor, second: _Accessor, order: isl.UnionMap) -> isl.UnionMap:
    """Conflicting instances of two statements, the earlier one first."""
    if first.nest is not None and second.nest is not None and first.nest != second.nest:
        early, late = (first, second) if first.nest < second.nest else (second, first)
        return _conflicts(early, late)
    pairs = _conflicts(first, second)
    return _in_order(pairs.union(pairs.reverse()), order)


def _in_order(pairs: isl.UnionMap, order: isl.UnionMap) -> isl.UnionMap:
    """The pairs whose first instance comes first in the text."""
    times = order.intersect_domain(pairs.domain().union(pairs.range()))
    return pairs.intersect(times.lex_lt_union_map(times))


def _flow(accessors: tuple[_Accessor, ...]) -> tuple[isl.UnionMap, isl.UnionMap, isl.UnionMap]:
    """Value-based RAW, WAR and WAW: from the last write before an access to it, and from a read to
    the first write after it."""
    statements = [a.statement for a in accessors]
    array = accessors[0].array
    written = Writes.of(statements, array)
    raw, war, waw = (list[isl.UnionMap]() for _ in range(3))
    for statement in statements:
        for access in statement.accesses:
            if access.array != array:
                continue
            last = written.instances(written.last_before(statement, access)).reverse()
            (waw if access.is_write else raw).append(last)
            if not access.is_write:
                war.append(written.instances(written.first_after(statement, access)))
    return union_of(raw), union_of(war), union_of(waw)


def _without_self(relation: isl.UnionMap, names: set[str]) -> isl.UnionMap:
    result = union_map()
    for part in maps_of(relation):
        source = part.get_tuple_name(DIM.in_)
        if source != part.get_tuple_name(DIM.out) or source not in names:
            result = result.union(isl.UnionMap.from_map(part))
    return result
