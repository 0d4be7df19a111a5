"""Dependences inside tiles, and whether another order of loops keeps them.

Everything is tested on pairs of times: they are few-dimensional where pairs of instances, related
through skewed loops, can take isl minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import by_statement, context, union_map
from akg_mlir.polyhedral.scop import Access, Scop, Statement
from akg_mlir.polyhedral.tree_times import flat_schedule, range_dims

DIM = isl.dim_type
Lex = Callable[[isl.Space], isl.Map]


@dataclass(frozen=True, eq=False)
class Tiles:
    """Instance -> coordinates of its tile: only pairs with equal ones can be in each other's way,
    since every tile gets storage of its own."""

    relation: isl.UnionMap

    @cached_property
    def of(self) -> dict[str, isl.UnionMap]:
        """By statement."""
        return by_statement(self.relation)

    def inside(self, loops: isl.UnionMap) -> Tiles:
        """The parts of tiles that loops (instance -> counters) tell apart."""
        return Tiles(self.relation.flat_range_product(loops))


class TileOrder:
    """The order in which the instances of a tree execute, and what they conflict on in a tile."""

    def __init__(self, scop: Scop, root: tree.Domain) -> None:
        self.scop = scop
        self.time = by_statement(flat_schedule(root))
        self.length = max(map(range_dims, self.time.values()), default=0)
        self._users = _users(scop, writers=False)
        self._writers = _users(scop, writers=True)

    def meeting(self, name: str) -> set[str]:
        """The statements that touch an array this one touches, at least one of the two writing."""
        return {
            other
            for access in self.scop.by_name[name].accesses
            for other in (self._users if access.is_write else self._writers)[access.array]
        }

    def precedes(self, first: str, second: str, tiles: Tiles) -> bool:
        """Whether some instance of `first` must execute before one of `second` in its tile."""
        pairs = self._pairs(first, second, tiles, self.time)
        return pairs is not None and not self._earlier(pairs).is_empty()

    def keeps(self, names: Sequence[str], tiles: Tiles, key: isl.UnionMap, *, strict: bool) -> bool:
        """Whether executing instances in the order of `key` (instance -> vector) keeps every
        dependence in a tile; instances of one key may depend on each other unless `strict`."""
        keys = by_statement(key)
        place = {name: self.time[name].flat_range_product(keys[name]) for name in names}
        backwards: Lex = isl.Map.lex_ge if strict else isl.Map.lex_gt
        for first in names:
            meeting = self.meeting(first)
            for second in (name for name in names if name in meeting):
                pairs = self._pairs(first, second, tiles, place)
                if pairs is None:
                    continue
                dims = range(self.length, pairs.dim(DIM.in_))
                if not _lex(self._earlier(pairs), dims, backwards).is_empty():
                    return False
        return True

    def _earlier(self, pairs: isl.Map) -> isl.Map:
        return _lex(pairs, range(self.length), isl.Map.lex_lt)

    def _pairs(
        self, first: str, second: str, tiles: Tiles, place: Mapping[str, isl.UnionMap]
    ) -> isl.Map | None:
        conflicts = self._conflicts(first, second, tiles)
        if conflicts.is_empty():
            return None
        times = conflicts.apply_domain(place[first]).apply_range(place[second])
        return isl.Map.from_union_map(times)

    def _conflicts(self, first: str, second: str, tiles: Tiles) -> isl.UnionMap:
        """Pairs of instances of one tile that touch one element, at least one writing it."""
        a, b = self.scop.by_name[first], self.scop.by_name[second]
        result = union_map()
        for x in a.accesses:
            for y in b.accesses:
                if x.array != y.array or not (x.is_write or y.is_write):
                    continue
                if a is b and self._reduces(a) and _is_cell(a, x) and _is_cell(a, y):
                    continue
                pairs = x.relation.apply_range(y.relation.reverse())
                result = result.union(isl.UnionMap.from_map(pairs))
        if result.is_empty() or not {first, second} <= tiles.of.keys():
            return union_map()
        first_tiles = tiles.of[first].intersect_domain(result.domain())
        second_tiles = tiles.of[second].intersect_domain(result.range())
        return result.intersect(first_tiles.apply_range(second_tiles.reverse()))

    def _reduces(self, statement: Statement) -> bool:
        """Whether the statement is the update of a declared reduction."""
        spec = self.scop.by_name[statement.clone_of] if statement.clone_of else statement
        return spec.reduction is not None


def _users(scop: Scop, *, writers: bool) -> dict[str, set[str]]:
    """The statements that touch each array, or write it."""
    users: dict[str, set[str]] = {name: set() for name in scop.arrays}
    for statement in scop.statements:
        for access in statement.writes if writers else statement.accesses:
            users[access.array].add(statement.name)
    return users


def _is_cell(statement: Statement, access: Access) -> bool:
    """Whether the access is to the element that the statement writes."""
    cell = statement.writes[0]
    return access.array == cell.array and access.relation.is_equal(cell.relation)


def _lex(pairs: isl.Map, dims: range, order: Lex) -> isl.Map:
    """The pairs of vectors whose parts `dims` are in a lexicographic order."""
    return pairs.intersect(_ordered(pairs.dim(DIM.in_), dims, order))


@lru_cache(64)
def _ordered(length: int, dims: range, order: Lex) -> isl.Map:
    """All pairs of vectors of a length whose parts `dims` are in a lexicographic order."""
    names = [f"t{k}" for k in range(length)]
    part = ", ".join(names[k] for k in dims)
    project = isl.Map(f"{{ [{', '.join(names)}] -> [{part}] }}", context())
    ordered = order(project.get_space().range())
    return project.apply_range(ordered).apply_range(project.reverse())
