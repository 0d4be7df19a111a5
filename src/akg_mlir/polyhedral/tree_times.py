"""When instances of a schedule tree execute: the bands above a node, and time vectors."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq

import islpy as isl

from akg_mlir.polyhedral.context import by_statement, context, union_map, union_of
from akg_mlir.polyhedral.tree import (
    Band,
    Domain,
    Extension,
    Filter,
    Node,
    Sequence,
    path_to,
    statement_names,
)


def _to_point(domain: isl.UnionSet) -> isl.UnionMap:
    return isl.UnionMap.from_domain_and_range(domain, isl.UnionSet("{ [] }", context()))


def _to_constant(domain: isl.UnionSet, value: int) -> isl.UnionMap:
    return isl.UnionMap.from_domain_and_range(domain, isl.UnionSet(f"{{ [{value}] }}", context()))


def prefix(root: Node, target: Node) -> isl.UnionMap:
    """Active instance -> values of the band members above `target`."""
    return prefix_of(path_to(root, target)[:-1])


def prefix_of(path: Seq[Node]) -> isl.UnionMap:
    """Active instance below a path from the root -> values of the band members in it.

    Works across extension nodes; multi-valued where instances are recomputed without clones.
    """
    relation = union_map()
    for node, selected in zip(path, _selected_below(path)):
        if isinstance(node, Domain):
            domain = node.domain if selected is None else selected.intersect(node.domain)
            relation = _to_point(domain)
        elif isinstance(node, Filter):
            relation = relation.intersect_domain(node.filter)
        elif isinstance(node, Band):
            relation = relation.flat_range_product(node.relation)
        elif isinstance(node, Extension):
            extension = node.extension
            if selected is not None:
                extension = extension.intersect_range(selected)
            relation = relation.union(extension.reverse())
    return relation


def _selected_below(path: Seq[Node]) -> list[isl.UnionSet | None]:
    """For each node the instances that all filters below it select: what is not in them need not
    be looked at. Filters near the target hold few statements of many."""
    result: list[isl.UnionSet | None] = []
    selected: isl.UnionSet | None = None
    for node in reversed(path):
        result.append(selected)
        if isinstance(node, Filter):
            selected = node.filter if selected is None else selected.intersect(node.filter)
    return result[::-1]


def flat_schedule(root: Node) -> isl.UnionMap:
    """Instance -> time vector including sequence positions, all padded to one length."""
    parts = list(_flat(root, union_map(), ()))
    lengths = [range_dims(part) for part in parts]
    length = max(lengths, default=0)
    for k, part in enumerate(parts):
        for _ in range(length - lengths[k]):
            part = part.flat_range_product(_to_constant(part.domain(), 0))
        parts[k] = part
    return union_of(parts)


def _flat(
    node: Node | None, relation: isl.UnionMap, band_dims: tuple[int, ...]
) -> Iterator[isl.UnionMap]:
    """`band_dims`: the positions in the time vector that are band members, not sequence ones."""
    if node is None:
        yield relation
    elif isinstance(node, Domain):
        yield from _flat(node.child, _to_point(node.domain), ())
    elif isinstance(node, Filter):
        yield from _flat(node.child, relation.intersect_domain(node.filter), band_dims)
    elif isinstance(node, Band):
        start = range_dims(relation)
        dims = (*band_dims, *range(start, start + node.members))
        yield from _flat(node.child, relation.flat_range_product(node.relation), dims)
    elif isinstance(node, Extension):
        total = range_dims(relation)
        names = [f"t{k}" for k in range(total)]
        pick = ", ".join(names[k] for k in band_dims)
        project = union_map(f"{{ [{', '.join(names)}] -> [{pick}] }}")
        times = project.intersect_domain(relation.range()).apply_range(node.extension)
        yield from _flat(node.child, relation.union(times.reverse()), band_dims)
    elif isinstance(node, Sequence):
        by_name = by_statement(relation)
        for position, child in enumerate(node.filters):
            names = [name for name in statement_names(child.filter) if name in by_name]
            active = union_of(by_name[name] for name in names).intersect_domain(child.filter)
            active = active.flat_range_product(_to_constant(active.domain(), position))
            yield from _flat(child.child, active, band_dims)
    else:
        yield from _flat(node.child, relation, band_dims)


def range_dims(relation: isl.UnionMap) -> int:
    """Number of range dimensions (the largest, if the maps differ)."""
    sets = relation.range().get_set_list()
    return max((sets.get_at(k).dim(isl.dim_type.set) for k in range(sets.n_set())), default=0)
