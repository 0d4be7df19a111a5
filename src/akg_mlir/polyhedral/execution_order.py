"""When instances execute: the judge's own reading of schedule trees and of the textual order.

Below a unit mark the instances of a tile execute as one box, in no order: bands there contribute
nothing to time. A sequence there still orders the boxes of its filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.scop import Statement
from akg_mlir.polyhedral.tree import (
    Band,
    Context,
    Domain,
    Extension,
    Filter,
    Mark,
    Node,
    Sequence,
)

DIM = isl.dim_type
UNIT_MARK_PREFIX = "npu."


class OrderError(Exception):
    """A tree that does not say when its instances execute."""


@dataclass(frozen=True)
class Timed:
    """The instances of a statement that one leaf executes.

    `layout` has one entry per dimension of time: the place in a sequence, or None for a band
    member. `members`: instance -> values of the band members, from the outside in. `nodes`: the
    sequence or band of each entry (empty for the textual order).
    """

    name: str
    instances: isl.Set
    members: isl.Map
    layout: tuple[int | None, ...]
    nodes: tuple[Node, ...] = ()

    def time(self, length: int) -> isl.Map:
        """Instance -> time, padded with zeros to `length` dimensions."""
        result = self.members
        for k, position in enumerate(self.layout):
            if position is not None:
                result = result.insert_dims(DIM.out, k, 1)
                result = result.fix_val(DIM.out, k, isl.Val(position, context()))
        for k in range(len(self.layout), length):
            result = result.add_dims(DIM.out, 1).fix_val(DIM.out, k, isl.Val(0, context()))
        return result

    def outer(self, count: int) -> isl.Map:
        """Instance -> values of the `count` outermost band members."""
        return self.members.project_out(DIM.out, count, self.members.dim(DIM.out) - count)


def textual(statement: Statement) -> Timed:
    """The time of an original statement, by its `order`."""
    order = statement.order
    assert order is not None
    values = [order.plain_get_val_if_fixed(DIM.out, k) for k in range(order.dim(DIM.out))]
    layout = tuple(v.to_python() if v.is_int() else None for v in values)
    members = order.intersect_domain(statement.domain)
    for k in reversed(range(len(layout))):
        if layout[k] is not None:
            members = members.project_out(DIM.out, k, 1)
    return Timed(statement.name, statement.domain, members, layout)


def of_tree(root: Domain) -> list[Timed]:
    """All leaves of a tree. Raises `OrderError`."""
    return [t for t in _below(root, {}, False) if not t.instances.is_empty()]


def _below(node: Node | None, active: Mapping[str, Timed], boxed: bool) -> Iterator[Timed]:
    match node:
        case None:
            yield from active.values()
            return
        case Domain():
            active = {s.get_tuple_name(): _unscheduled(s) for s in sets_of(node.domain)}
        case Filter():
            active = _selected(active, node.filter)
        case Extension():
            if boxed:
                raise OrderError("an extension below a unit mark: its instances have no tile")
            active = {**active, **_introduced(active, node.extension)}
        case Band():
            active = {name: _scheduled(timed, node, boxed) for name, timed in active.items()}
        case Sequence():
            for position, child in enumerate(node.filters):
                selected = _selected(active, child.filter)
                placed = {
                    name: replace(t, layout=(*t.layout, position), nodes=(*t.nodes, node))
                    for name, t in selected.items()
                }
                yield from _below(child.child, placed, boxed)
            return
        case Mark():
            boxed = boxed or node.name.startswith(UNIT_MARK_PREFIX)
        case Context():
            pass
        case _:
            raise OrderError(f"a {type(node).__name__} node in the schedule tree")
    yield from _below(node.child, active, boxed)


def _unscheduled(instances: isl.Set) -> Timed:
    point = isl.Set("{ [] }", context())
    members = isl.Map.from_domain_and_range(instances, point)
    return Timed(instances.get_tuple_name(), instances, members, ())


def _selected(active: Mapping[str, Timed], chosen: isl.UnionSet) -> dict[str, Timed]:
    parts = {(s.get_tuple_name(), s.dim(DIM.set)): s for s in sets_of(chosen)}
    result: dict[str, Timed] = {}
    for name, timed in active.items():
        part = parts.get((name, timed.instances.dim(DIM.set)))
        if part is None or part.plain_is_empty():
            continue
        result[name] = timed if part.plain_is_universe() else _restricted(timed, part)
    return result


def _restricted(timed: Timed, part: isl.Set) -> Timed:
    return replace(
        timed,
        instances=timed.instances.intersect(part),
        members=timed.members.intersect_domain(part),
    )


def _scheduled(timed: Timed, band: Band, boxed: bool) -> Timed:
    values = band.schedule.extract_multi_pw_aff(timed.instances.get_space())
    if band.members == 0:
        return timed
    relation = isl.Map.from_multi_pw_aff(values)
    if boxed:
        scheduled = relation.domain()
        return timed if scheduled.plain_is_universe() else _restricted(timed, scheduled)
    members = timed.members.flat_range_product(relation)
    scheduled = relation.domain()
    if not scheduled.plain_is_universe():
        timed = _restricted(timed, scheduled)
    return replace(
        timed,
        members=members,
        layout=(*timed.layout, *[None] * band.members),
        nodes=(*timed.nodes, *[band] * band.members),
    )


def _introduced(active: Mapping[str, Timed], extension: isl.UnionMap) -> dict[str, Timed]:
    """The instances of an extension, at the tiles that the instances above it reach."""
    layouts = {t.layout: t for t in active.values()}
    if len(layouts) != 1:
        raise OrderError("an extension below several places, or below none")
    above = next(iter(layouts.values()))
    reached = union_set()
    for timed in active.values():
        reached = reached.union(isl.UnionSet.from_set(timed.members.range()))
    count = above.members.dim(DIM.out)
    result: dict[str, Timed] = {}
    for relation in maps_of(extension):
        name = relation.get_tuple_name(DIM.out)
        if relation.dim(DIM.in_) != count:
            raise OrderError(
                f"the extension that introduces {name} has {relation.dim(DIM.in_)} outer "
                f"dimensions, the bands above it have {count} members"
            )
        if name in active:
            raise OrderError(f"an extension introduces {name}, which is already active there")
        members = relation.reverse().intersect_range(isl.Set.from_union_set(reached))
        result[name] = Timed(name, members.domain(), members, above.layout, above.nodes)
    return result


def sets_of(points: isl.UnionSet) -> Iterator[isl.Set]:
    """The sets of a union set, one per space."""
    sets = points.get_set_list()
    for k in range(sets.n_set()):
        yield sets.get_at(k)


def maps_of(relation: isl.UnionMap) -> Iterator[isl.Map]:
    """The maps of a union map, one per pair of spaces."""
    maps = relation.get_map_list()
    for k in range(maps.n_map()):
        yield maps.get_at(k)
