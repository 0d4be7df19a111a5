"""Where a tensor's private storage lives: in which scope, and what crosses its border."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import islpy as isl

from akg_mlir.polyhedral.alignment import room
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.scopes import Scope, Use, tile_map

DIM = isl.dim_type
Time = Callable[[], isl.UnionMap]


def settle(
    scope: Scope, uses: list[Use], time: Time | None = None
) -> Iterator[tuple[Scope, list[Use]]]:
    """Split the uses of one tensor inside `scope` into groups that share storage.

    Data that is only read is kept as far inside as its footprint still changes; data that is
    written is kept where all its uses meet, or further inside if no tile there shares an element
    with another. `time` (as in `exposed`) is given for a temporary tensor, none of whose values
    leaves the scope or enters it: it is kept apart where every part that reads it computes it anew.
    """
    direct = [u for u in uses if u.executed.scope is scope]
    inner: dict[Scope, list[Use]] = {}
    for use in uses:
        if use.executed.scope is not scope:
            inner.setdefault(scope.child_towards(use.executed.scope), []).append(use)
    if not any(u.access.is_write for u in uses):
        for child, group in inner.items():
            if varies(scope, child, group):
                yield from settle(child, group, time)
            else:
                direct += group
        if direct:
            yield scope, direct
    elif (
        time is not None
        and not direct
        and len(inner) > 1
        and all(exposed(child, group, time) is None for child, group in inner.items())
    ):
        for child, group in inner.items():
            yield from settle(child, group, time)
    elif direct or len(inner) > 1 or _shares(scope, child := next(iter(inner)), uses):
        yield scope, uses
    else:
        yield from settle(child, uses, time)


def apart(scope: Scope, uses: list[Use], elements: int) -> list[list[Use]]:
    """The uses of a written tensor in parts of which no two touch an element in one tile, if boxes
    around the parts are smaller than one around all of them, rows in whole blocks of so many
    elements."""
    if len({use.executed for use in uses if use.access.is_write}) < 2:
        return [uses]
    parts: list[tuple[isl.Map, list[Use]]] = []
    for use in uses:
        own = use.footprint(scope.dims)
        touched, members, others = own, [use], list[tuple[isl.Map, list[Use]]]()
        for part in parts:
            if part[0].is_disjoint(own):
                others.append(part)
            else:
                touched, members = touched.union(part[0]), [*part[1], *members]
        parts = [*others, (touched, members)]
    if len(parts) < 2:
        return [uses]
    boxes = sum(room(touched, elements) for touched, _ in parts)
    together = room(footprint(uses, scope.dims), elements)
    return [uses] if boxes >= together else [members for _, members in parts]


def footprint(uses: Iterable[Use], dims: int) -> isl.Map:
    """The first `dims` coordinates -> elements, over all uses (of one tensor)."""
    maps = [use.footprint(dims) for use in uses]
    result = maps[0]
    for other in maps[1:]:
        result = result.union(other)
    return result.coalesce()


def varies(scope: Scope, child: Scope, uses: list[Use]) -> bool:
    """Whether tiles of `child` in one tile of `scope` touch different elements."""
    inner = footprint(uses, child.dims)
    outer = _drop_coordinates(child.dims, scope.dims)
    everywhere = outer.intersect_domain(inner.domain()).apply_range(footprint(uses, scope.dims))
    return not inner.is_equal(everywhere)


def _shares(scope: Scope, child: Scope, uses: list[Use]) -> bool:
    """Whether two tiles of `child` in one tile of `scope` share an element that one writes."""
    written = footprint([u for u in uses if u.access.is_write], child.dims)
    pairs = footprint(uses, child.dims).apply_range(written.reverse())
    outer = _drop_coordinates(child.dims, scope.dims)
    pairs = pairs.intersect(outer.apply_range(outer.reverse()))
    return not pairs.is_subset(isl.Map.identity(pairs.get_space()))


def _drop_coordinates(dims: int, kept: int) -> isl.Map:
    names = [f"c{k}" for k in range(dims)]
    return isl.Map(f"{{ [{', '.join(names)}] -> [{', '.join(names[:kept])}] }}", context())


# -------------------------------------------------------------------------------- what comes in


def exposed(scope: Scope, uses: list[Use], time: Time) -> isl.Map | None:
    """Coordinates -> elements that a tile reads before it writes them, or None for no such.

    `time()` (source instance -> time) orders accesses in one item of the scope.
    """
    result: isl.Map | None = None
    writers = [u for u in uses if u.access.is_write]
    for reader in uses:
        if reader.access.is_write:
            continue
        missing = _exposed_to(scope, reader, writers, time)
        if not missing.is_empty():
            result = missing if result is None else result.union(missing)
    return None if result is None else result.coalesce()


def _exposed_to(scope: Scope, reader: Use, writers: list[Use], time: Time) -> isl.Map:
    position = _item_position(scope, reader)
    missing = reader.footprint(scope.dims)
    for writer in writers:
        if _item_position(scope, writer) < position:
            missing = missing.subtract(writer.footprint(scope.dims))
    beside = [w for w in writers if _item_position(scope, w) == position]
    if missing.is_empty() or not beside:
        return missing
    return _not_written_before(scope, reader, beside, time(), missing)


def _item_position(scope: Scope, use: Use) -> int:
    return scope.sequence.filters.index(use.executed.items[scope])


def _not_written_before(
    scope: Scope, reader: Use, writers: list[Use], time: isl.UnionMap, candidates: isl.Map
) -> isl.Map:
    """The candidates that some read instance finds unwritten, instance by instance."""
    reads = _by_element(scope, reader).intersect_domain(candidates.wrap())
    missing = reads
    for writer in writers:
        earlier = _earlier(writer, reader, time)
        missing = missing.subtract(_by_element(scope, writer).apply_range(earlier))
    return missing.domain().unwrap()


def _by_element(scope: Scope, use: Use) -> isl.Map:
    """[coordinates -> element] -> clone instance."""
    tiles = tile_map(use.executed.domain, scope.dims).reverse()
    return tiles.range_product(use.executed.relations[use.k]).reverse()


def _earlier(first: Use, second: Use, time: isl.UnionMap) -> isl.Map:
    """Pairs of clone instances of which the first executes strictly earlier."""
    before, after = _time_of(first, time), _time_of(second, time)
    order = isl.Map.lex_lt(before.get_space().range())
    return before.apply_range(order).apply_range(after.reverse())


def _time_of(use: Use, time: isl.UnionMap) -> isl.Map:
    back = isl.Map.from_multi_aff(use.executed.to_source).intersect_domain(use.executed.domain)
    return isl.Map.from_union_map(isl.UnionMap.from_map(back).apply_range(time))
