"""The isl context every compilation shares, with the options that the schedule steps rely on."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache

import islpy as isl


@cache
def context() -> isl.Context:
    """One context per process: isl objects of two contexts must never meet."""
    ctx = isl.Context()
    ctx.set_schedule_serialize_sccs(1)  # isl's own fusion skews; fusing is our decision
    ctx.set_tile_scale_tile_loops(0)  # tile counters: AST generation is 2.5-3x faster
    ctx.set_tile_shift_point_loops(0)
    return ctx


def union_set(text: str = "{ }") -> isl.UnionSet:
    """Parse a union set. Raises `isl.Error` on bad syntax."""
    return isl.UnionSet(text, context())


def union_map(text: str = "{ }") -> isl.UnionMap:
    """Parse a union map. Raises `isl.Error` on bad syntax."""
    return isl.UnionMap(text, context())


def union_of(parts: Iterable[isl.Map | isl.UnionMap]) -> isl.UnionMap:
    """The union of many maps, pair by pair: adding them one by one copies the sum every time."""
    maps = [isl.UnionMap.from_map(p) if isinstance(p, isl.Map) else p for p in parts]
    while len(maps) > 1:
        joined = [a.union(b) for a, b in zip(maps[::2], maps[1::2])]
        maps = joined + maps[len(maps) - len(maps) % 2 :]
    return maps[0] if maps else union_map()


def maps_of(relation: isl.UnionMap) -> Iterator[isl.Map]:
    """The maps of a union map, one per pair of spaces."""
    maps = relation.get_map_list()
    for k in range(maps.n_map()):
        yield maps.get_at(k)


def by_statement(relation: isl.UnionMap) -> dict[str, isl.UnionMap]:
    """The parts of a relation whose domains are instances of one statement each.

    isl goes through all maps of a union to select those of one statement.
    """
    parts: dict[str, list[isl.Map]] = {}
    for part in maps_of(relation):
        parts.setdefault(part.get_tuple_name(isl.dim_type.in_), []).append(part)
    return {name: union_of(maps) for name, maps in parts.items()}


@contextmanager
def operations(limit: int) -> Generator[None]:
    """Let isl do at most so many of its operations inside; it raises `isl.Error` beyond.

    A fuse rather than a clock: the time of one operation varies, the count does not.
    """
    ctx = context()
    ctx.reset_operations()
    ctx.set_max_operations(limit)
    try:
        yield
    finally:
        ctx.set_max_operations(0)
        ctx.reset_operations()
