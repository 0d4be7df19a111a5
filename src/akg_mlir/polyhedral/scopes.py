"""Scopes of private storage, and the statements that execute in them.

Statements are identified by the values of all bands down to their scope: their tile coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.normal_form import has_tile
from akg_mlir.polyhedral.point_bands import member_order
from akg_mlir.polyhedral.scop import Access, Scop, Statement

DIM = isl.dim_type
UNIT_PREFIX = "npu."


@dataclass(eq=False)
class Scope:
    """A tile band or untiled part of a tree in normal form.

    `dims` counts the band members from the root down to and including `node`: the coordinates.
    """

    node: tree.Node
    parent: Scope | None
    dims: int

    @property
    def sequence(self) -> tree.Sequence:
        """The content, below the extension if there is one."""
        inner = self.node.child
        if isinstance(inner, tree.Extension):
            inner = inner.child
        assert isinstance(inner, tree.Sequence)
        return inner

    @property
    def chain(self) -> list[Scope]:
        """This scope and those around it, outermost first."""
        return [*([] if self.parent is None else self.parent.chain), self]

    @property
    def top(self) -> Scope:
        return self.chain[0]

    def encloses(self, other: Scope) -> bool:
        """Whether `other` is this scope or inside it."""
        return self in other.chain

    def child_towards(self, other: Scope) -> Scope:
        """The scope directly inside this one that encloses `other`."""
        return other.chain[other.chain.index(self) + 1]


@dataclass(eq=False)
class Executed:
    """One statement at one place of the tree, renamed to a clone that carries coordinates.

    `domain` is a set of `name[c0, .., i0, ..]`: the coordinates of `scope`, then the dimensions
    of the original. `order` lists the latter as the band below the unit mark does, innermost last.
    `items` gives the filter that holds it in the sequence of each scope around it, `filters` are
    all filters above its unit mark.
    """

    name: str
    source: Statement
    original: Statement
    scope: Scope
    items: dict[Scope, tree.Filter]
    filters: frozenset[tree.Filter]
    unit: str
    domain: isl.Set
    to_source: isl.MultiAff
    order: tuple[int, ...]

    @property
    def reduces(self) -> bool:
        return self.original.reduction is not None

    @cached_property
    def indices(self) -> tuple[tuple[isl.Aff, ...], ...]:
        """Per access of the source: the element, over the dimensions of `domain`."""
        return tuple(
            tuple(i.pullback_multi_aff(self.to_source) for i in a.index)
            for a in self.source.accesses
        )

    @cached_property
    def relations(self) -> tuple[isl.Map, ...]:
        """Per access of the source: instance -> element."""
        back = isl.Map.from_multi_aff(self.to_source).intersect_domain(self.domain)
        return tuple(back.apply_range(a.relation) for a in self.source.accesses)

    @cached_property
    def _footprints(self) -> dict[tuple[int, int], isl.Map]:
        return {}

    def footprint(self, k: int, dims: int) -> isl.Map:
        """The first `dims` coordinates -> elements that the k-th access of the source touches."""
        if (k, dims) not in self._footprints:
            tiles = tile_map(self.domain, dims)
            self._footprints[k, dims] = tiles.apply_range(self.relations[k])
        return self._footprints[k, dims]

    @cached_property
    def lanes(self) -> int | None:
        """The innermost dimension with more than one value in some tile, if there is one."""
        for dim in reversed(self.order):
            if not tile_map(self.domain, self.scope.dims, [dim]).is_single_valued():
                return dim
        return None


@dataclass(frozen=True)
class Use:
    """The k-th access of an executed statement."""

    executed: Executed
    k: int

    @property
    def access(self) -> Access:
        return self.executed.source.accesses[self.k]

    @property
    def index(self) -> tuple[isl.Aff, ...]:
        return self.executed.indices[self.k]

    def footprint(self, dims: int) -> isl.Map:
        """The first `dims` coordinates -> elements."""
        return self.executed.footprint(self.k, dims)


def tile_map(domain: isl.Set, dims: int, kept: list[int] | None = None) -> isl.Map:
    """The first `dims` dimensions -> instance, or only its dimensions `kept`."""
    rank, name = domain.dim(DIM.set), domain.get_tuple_name()
    to_tile = selection(rank, tuple(range(dims))).set_tuple_name(DIM.in_, name)
    tiles = to_tile.intersect_domain(domain).reverse()
    if kept is None:
        return tiles
    return tiles.apply_range(selection(rank, tuple(kept)).set_tuple_name(DIM.in_, name))


@cache
def selection(rank: int, kept: tuple[int, ...]) -> isl.Map:
    """`[d0, ..] -> [d_k for k in kept]` over `rank` dimensions."""
    names = [f"d{k}" for k in range(rank)]
    text = f"{{ [{', '.join(names)}] -> [{', '.join(names[k] for k in kept)}] }}"
    return isl.Map(text, context())


# ------------------------------------------------------------------------------------- collection


def collect(scop: Scop, root: tree.Domain) -> list[Executed]:
    """The statements that execute below unit marks of a tree in normal form, in tree order.

    Raises `tree.TreeError` for a statement without a unit mark, a clone whose leading dimensions
    are not the outer band values, or an instance that executes twice.
    """
    return list(_Collector(scop, root).visit(root, None, 0, _Place({}, frozenset()), {}))


@dataclass(frozen=True)
class _Place:
    """The filters passed on the way to a node: those of scopes, and all."""

    items: dict[Scope, tree.Filter]
    filters: frozenset[tree.Filter]

    def below(self, child: tree.Filter, scope: Scope | None) -> _Place:
        """In a filter, which belongs to the sequence of `scope` unless that is None."""
        items = self.items if scope is None else {**self.items, scope: child}
        return _Place(items, self.filters | {child})


Prefix = dict[str, isl.Map]
"""By statement: its active instances -> the values of the band members above a node."""


class _Collector:
    def __init__(self, scop: Scop, root: tree.Domain) -> None:
        self.scop, self.root = scop, root
        self.names = {s.name for s in scop.statements}
        self.coordinates: dict[Scope, Prefix] = {}

    def visit(
        self, node: tree.Node, scope: Scope | None, dims: int, place: _Place, prefix: Prefix
    ) -> Iterator[Executed]:
        """`dims`: band members above `node`; below a scope only tile bands add to them."""
        if isinstance(node, tree.Mark) and node.name.startswith(UNIT_PREFIX):
            assert scope is not None
            yield from self.unit(node, scope, place, prefix)
            return
        if isinstance(node, tree.Band):
            dims += node.members
        starts = isinstance(node, tree.Band) and node.tile is not None
        if starts or (scope is None and not has_tile(node) and _holds_content(node)):
            scope = Scope(node, scope, dims)
        if node.child is None and not isinstance(node, tree.Sequence):
            raise tree.TreeError("a statement is not below a unit mark")
        prefix = _below(node, prefix)
        if scope is not None and node is scope.sequence:
            self.coordinates[scope] = prefix
        for child in node.children:
            inside = place
            if isinstance(child, tree.Filter):
                of_scope = scope is not None and node is scope.sequence
                inside = place.below(child, scope if of_scope else None)
            yield from self.visit(child, scope, dims, inside, prefix)

    def unit(
        self, mark: tree.Mark, scope: Scope, place: _Place, prefix: Prefix
    ) -> Iterator[Executed]:
        filters = [node for node in tree.walk(mark.child) if isinstance(node, tree.Filter)]
        coordinates = self.coordinates[scope]
        for leaf in filters or [mark]:
            active = _below(leaf, prefix) if isinstance(leaf, tree.Filter) else prefix
            for name in sorted(active):
                source = self.scop.by_name[name]
                instances = active[name].domain().intersect(source.domain)
                tiles = coordinates[name].intersect_domain(instances)
                yield self.executed(source, tiles, scope, place, mark.name, leaf.child)

    def executed(
        self,
        source: Statement,
        tiles: isl.Map,
        scope: Scope,
        place: _Place,
        unit: str,
        band: tree.Node | None,
    ) -> Executed:
        """`tiles`: the instances that execute here -> coordinates of the scope."""
        original = self.scop.by_name[source.clone_of] if source.clone_of else source
        name = self.fresh(source if source.clone_of else original)
        kept = source.rank - original.rank
        clone = _clone_domain(name, tiles, kept)
        to_source = _to_source(name, source, scope.dims, kept, original.rank)
        back = isl.Map.from_multi_aff(to_source).intersect_domain(clone)
        same = back.apply_range(tiles)
        leading = tile_map(clone, scope.dims).reverse()
        if not tiles.is_single_valued() or not same.is_equal(leading):
            raise tree.TreeError(
                f"{source.name} executes several times, or its leading dimensions are not the "
                "values of the bands above it"
            )
        shift = scope.dims - kept
        order = tuple(d + shift for d in member_order(band, source, kept))
        return Executed(
            name,
            source,
            original,
            scope,
            place.items,
            place.filters,
            unit,
            clone.coalesce(),
            to_source,
            order,
        )

    def fresh(self, statement: Statement) -> str:
        """A name for the clone; that of an existing clone is taken over once."""
        if statement.clone_of is not None and statement.name in self.names:
            self.names.discard(statement.name)
            return statement.name
        base = statement.name if statement.clone_of else f"{statement.name}_t"
        name, count = base, 0
        while name in self.names:
            count += 1
            name = f"{base}{count}"
        self.names.add(name)
        return name


def _below(node: tree.Node, prefix: Prefix) -> Prefix:
    """The prefix of the children of a node, from its own. Statement by statement: the union of
    all of them at every node would make collection quadratic."""
    match node:
        case tree.Domain():
            point = isl.Set("{ [] }", context())
            return {
                name: isl.Map.from_domain_and_range(domain, point)
                for name, domain in _by_name(node.domain)
            }
        case tree.Filter():
            return {
                name: prefix[name].intersect_domain(instances)
                for name, instances in _by_name(node.filter)
                if name in prefix
            }
        case tree.Band():
            members = _maps_by_domain(node.relation)
            return {name: p.flat_range_product(members[name]) for name, p in prefix.items()}
        case tree.Extension():
            added = _maps_by_domain(node.extension.reverse())
            joined = {n: m.union(prefix[n]) if n in prefix else m for n, m in added.items()}
            return {**prefix, **joined}
        case _:
            return prefix


def _by_name(instances: isl.UnionSet) -> list[tuple[str, isl.Set]]:
    sets = instances.get_set_list()
    found = [sets.get_at(k) for k in range(sets.n_set())]
    return [(part.get_tuple_name(), part) for part in found]


def _maps_by_domain(relation: isl.UnionMap) -> dict[str, isl.Map]:
    maps = relation.get_map_list()
    found = [maps.get_at(k) for k in range(maps.n_map())]
    return {part.get_tuple_name(DIM.in_): part for part in found}


def _holds_content(node: tree.Node) -> bool:
    """Whether a node without tile bands below it is directly above the content of a part."""
    return isinstance(node, tree.Filter | tree.Domain | tree.Band | tree.Mark | tree.Context)


def _clone_domain(name: str, tiles: isl.Map, kept: int) -> isl.Set:
    """`{ name[c, i] }` from instance -> c, where i are the dimensions after the first `kept`."""
    rank = tiles.dim(DIM.in_)
    names = [f"d{k}" for k in range(rank)]
    own = isl.Map(f"{{ [{', '.join(names)}] -> [{', '.join(names[kept:])}] }}", context())
    own = own.set_tuple_name(DIM.in_, tiles.get_tuple_name(DIM.in_))
    return tiles.flat_range_product(own).range().set_tuple_name(name)


def _to_source(name: str, source: Statement, dims: int, kept: int, rank: int) -> isl.MultiAff:
    """Clone instance -> source instance: the first `kept` coordinates, then the dimensions."""
    own = [f"i{k}" for k in range(rank)]
    coordinates = [f"c{k}" for k in range(dims)]
    if kept > dims:
        raise tree.TreeError(f"{source.name} has more tile coordinates than bands above it")
    target = ", ".join([*coordinates[:kept], *own])
    text = f"{{ {name}[{', '.join([*coordinates, *own])}] -> {source.name}[{target}] }}"
    return isl.MultiAff(text, context())
