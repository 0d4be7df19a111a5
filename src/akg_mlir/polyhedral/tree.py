"""Schedule trees as plain immutable data, lossless to and from isl.

isl's own node interface cannot answer prefix questions below an extension node, nor remove,
reorder or copy subtrees; this mirror can, and isl keeps doing the mathematics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral.context import context, union_map


class TreeError(Exception):
    """A schedule tree that isl cannot represent or that is malformed."""


@dataclass(frozen=True, eq=False)
class Node:
    """Base: `child` is None at a leaf."""

    child: Node | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        return () if self.child is None else (self.child,)


@dataclass(frozen=True, eq=False, kw_only=True)
class Domain(Node):
    domain: isl.UnionSet


@dataclass(frozen=True, eq=False, kw_only=True)
class Context(Node):
    context: isl.Set


@dataclass(frozen=True, eq=False, kw_only=True)
class Band(Node):
    """`tile` is set on a tile band; `options` (isl AST options) are for code generation."""

    schedule: isl.MultiUnionPwAff
    coincident: tuple[bool, ...]
    permutable: bool = False
    tile: tuple[int, ...] | None = None
    options: isl.UnionSet | None = None

    @property
    def members(self) -> int:
        return len(self.coincident)

    @cached_property
    def relation(self) -> isl.UnionMap:
        """Instance -> member values. A band without members maps to the 0-dimensional point."""
        return isl.UnionMap.from_multi_union_pw_aff(self.schedule)


@dataclass(frozen=True, eq=False, kw_only=True)
class Filter(Node):
    filter: isl.UnionSet


@dataclass(frozen=True, eq=False, kw_only=True)
class Extension(Node):
    extension: isl.UnionMap


@dataclass(frozen=True, eq=False, kw_only=True)
class Mark(Node):
    name: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Sequence(Node):
    """Filters in order. `ordered=False` is isl's set node: any order."""

    filters: tuple[Filter, ...]
    ordered: bool = True

    @property
    def children(self) -> tuple[Node, ...]:
        return self.filters


# --------------------------------------------------------------------------------------- queries


def walk(node: Node | None) -> Iterator[Node]:
    """All nodes, parents first."""
    if node is not None:
        yield node
        for child in node.children:
            yield from walk(child)


def statement_names(instances: isl.UnionSet) -> tuple[str, ...]:
    """Tuple names of the spaces of a union set, sorted."""
    sets = instances.get_set_list()
    return tuple(sorted({sets.get_at(k).get_tuple_name() for k in range(sets.n_set())}))


def path_to(root: Node, target: Node) -> list[Node]:
    """Nodes from `root` to `target`, both included. Raises `TreeError` if it is not below."""
    found = _path(root, target)
    if found is None:
        raise TreeError("node is not in the tree")
    return found


def _path(node: Node, target: Node) -> list[Node] | None:
    if node is target:
        return [node]
    for child in node.children:
        below = _path(child, target)
        if below is not None:
            return [node, *below]
    return None


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
    length = max((range_dims(p) for p in parts), default=0)
    result = union_map()
    for part in parts:
        missing = length - range_dims(part)
        for _ in range(missing):
            part = part.flat_range_product(_to_constant(part.domain(), 0))
        result = result.union(part)
    return result


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
        for position, child in enumerate(node.filters):
            active = relation.intersect_domain(child.filter)
            active = active.flat_range_product(_to_constant(active.domain(), position))
            yield from _flat(child.child, active, band_dims)
    else:
        yield from _flat(node.child, relation, band_dims)


def range_dims(relation: isl.UnionMap) -> int:
    """Number of range dimensions (the largest, if the maps differ)."""
    sets = relation.range().get_set_list()
    return max((sets.get_at(k).dim(isl.dim_type.set) for k in range(sets.n_set())), default=0)


# --------------------------------------------------------------------------------------- editing


def rewrite(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rebuild bottom-up: `change` sees every node with its children already rebuilt."""
    if isinstance(node, Sequence):
        filters: list[Filter] = []
        for old in node.filters:
            new = rewrite(old, change)
            if not isinstance(new, Filter):
                raise TreeError("a sequence holds filters")
            filters.append(new)
        return change(replace(node, filters=tuple(filters)))
    if node.child is not None:
        node = replace(node, child=rewrite(node.child, change))
    return change(node)


def replace_node(root: Node, target: Node, new: Node) -> Node:
    """`root` with the subtree `target` replaced."""
    path = path_to(root, target)
    for parent in reversed(path[:-1]):
        old = target
        if isinstance(parent, Sequence):
            kids = tuple(new if f is old else f for f in parent.filters)
            new = replace(parent, filters=_filters(kids))
        else:
            new = replace(parent, child=new)
        target = parent
    return new


def _filters(nodes: tuple[Node, ...]) -> tuple[Filter, ...]:
    if not all(isinstance(n, Filter) for n in nodes):
        raise TreeError("a sequence holds filters")
    return tuple(n for n in nodes if isinstance(n, Filter))


def select_members(schedule: isl.MultiUnionPwAff, members: list[int]) -> isl.MultiUnionPwAff:
    """The partial schedule made of these members, in this order."""
    space = schedule.get_space()
    space = space.drop_dims(isl.dim_type.set, 0, space.dim(isl.dim_type.set))
    space = space.add_dims(isl.dim_type.set, len(members))
    parts = schedule.get_list()
    chosen = isl.UnionPwAffList.alloc(context(), len(members))
    for k in members:
        chosen = chosen.add(parts.get_at(k))
    return isl.MultiUnionPwAff.from_union_pw_aff_list(space, chosen)


def split_band(band: Band, outer: int) -> Node | None:
    """A band of the first `outer` members over a band of the rest; empty bands vanish."""
    inner: Node | None = band.child
    if outer < band.members:
        rest = list(range(outer, band.members))
        inner = replace(
            band,
            schedule=select_members(band.schedule, rest),
            coincident=band.coincident[outer:],
            tile=None if band.tile is None else band.tile[outer:],
        )
    if outer == 0:
        return inner
    first = list(range(outer))
    return replace(
        band,
        schedule=select_members(band.schedule, first),
        coincident=band.coincident[:outer],
        tile=None if band.tile is None else band.tile[:outer],
        child=inner,
    )


def permute_band(band: Band, members: list[int]) -> Band:
    """The band with its members in another order. The caller proves that it is legal."""
    return replace(
        band,
        schedule=select_members(band.schedule, members),
        coincident=tuple(band.coincident[k] for k in members),
        tile=None if band.tile is None else tuple(band.tile[k] for k in members),
    )


def pullback(node: Node | None, to_old: isl.UnionPwMultiAff) -> Node | None:
    """The subtree over new instances, where `to_old` maps each new instance to its old one."""
    if node is None:
        return None
    child = pullback(node.child, to_old)
    if isinstance(node, Filter):
        return Filter(child, filter=node.filter.preimage_union_pw_multi_aff(to_old))
    if isinstance(node, Band):
        return replace(
            node, schedule=node.schedule.pullback_union_pw_multi_aff(to_old), child=child
        )
    if isinstance(node, Sequence):
        filters = _filters(tuple(n for f in node.filters if (n := pullback(f, to_old))))
        return replace(node, filters=filters)
    if isinstance(node, Mark):
        return replace(node, child=child)
    raise TreeError(f"cannot pull back a {type(node).__name__} node")


# ----------------------------------------------------------------------------------- isl and back


def to_isl(root: Node) -> isl.Schedule:
    """The tree as an isl schedule, for AST generation."""
    return isl.Schedule.read_from_str(context(), to_yaml(root))


def to_yaml(node: Node) -> str:
    """isl's flow-style YAML; leaves below marks and extensions are spelled out (isl's reader
    rejects what its printer writes there)."""

    def quote(obj: object) -> str:
        return f'"{obj}"'

    below = "" if node.child is None else f", child: {to_yaml(node.child)}"
    match node:
        case Sequence():
            kids = ", ".join(to_yaml(f) for f in node.filters)
            return f"{{ {'sequence' if node.ordered else 'set'}: [ {kids} ] }}"
        case Domain():
            return f"{{ domain: {quote(node.domain)}{below} }}"
        case Context():
            return f"{{ context: {quote(node.context)}{below or ', child: { leaf }'} }}"
        case Filter():
            return f"{{ filter: {quote(node.filter)}{below} }}"
        case Mark():
            return f"{{ mark: {quote(node.name)}{below or ', child: { leaf }'} }}"
        case Extension():
            return f"{{ extension: {quote(node.extension)}{below or ', child: { leaf }'} }}"
        case Band():
            flags = ", permutable: 1" if node.permutable else ""
            if any(node.coincident):
                flags += f", coincident: [ {', '.join(str(int(c)) for c in node.coincident)} ]"
            if node.options is not None:
                flags += f", options: {quote(node.options)}"
            return f"{{ schedule: {quote(node.schedule)}{flags}{below} }}"
        case _:
            raise TreeError(f"cannot print a {type(node).__name__} node")


def from_isl(source: isl.Schedule | isl.ScheduleNode) -> Node:
    """The tree of an isl schedule (or of a node and what is below it)."""
    node = source.get_root() if isinstance(source, isl.Schedule) else source
    result = _from_isl(node)
    if result is None:
        raise TreeError("a schedule cannot be a leaf")
    return result


def _from_isl(node: isl.ScheduleNode) -> Node | None:
    kind = isl.schedule_node_type(node.get_type())
    types = isl.schedule_node_type
    if kind == types.leaf:
        return None
    if kind in (types.sequence, types.set):
        parts = tuple(from_isl(node.child(k)) for k in range(node.n_children()))
        return Sequence(filters=_filters(parts), ordered=kind == types.sequence)
    child = _from_isl(node.child(0)) if node.n_children() else None
    if kind == types.domain:
        return Domain(child, domain=node.domain_get_domain())
    if kind == types.context:
        return Context(child, context=node.context_get_context())
    if kind == types.filter:
        return Filter(child, filter=node.filter_get_filter())
    if kind == types.mark:
        return Mark(child, name=str(node.mark_get_id().name))
    if kind == types.extension:
        return Extension(child, extension=node.extension_get_extension())
    if kind == types.band:
        members = node.band_n_member()
        return Band(
            child,
            schedule=node.band_get_partial_schedule(),
            permutable=bool(node.band_get_permutable()),
            coincident=tuple(bool(node.band_member_get_coincident(k)) for k in range(members)),
        )
    raise TreeError(f"cannot represent isl node type {kind}")
