"""Scopes of private storage, and the statements that execute in them.

Statements are identified by the values of all bands down to their scope: their tile coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.normal_form import has_tile
from akg_mlir.polyhedral.point_bands import index_expressions, member_order
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
            tuple(i.pullback_multi_aff(self.to_source) for i in index_expressions(a.relation))
            for a in self.source.accesses
        )

    @cached_property
    def relations(self) -> tuple[isl.Map, ...]:
        """Per access of the source: instance -> element."""
        back = isl.Map.from_multi_aff(self.to_source).intersect_domain(self.domain)
        return tuple(back.apply_range(a.relation) for a in self.source.accesses)

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
        tiles = tile_map(self.executed.domain, dims)
        return tiles.apply_range(self.executed.relations[self.k])


def tile_map(domain: isl.Set, dims: int, kept: list[int] | None = None) -> isl.Map:
    """The first `dims` dimensions -> instance, or only its dimensions `kept`."""
    names = [f"d{k}" for k in range(domain.dim(DIM.set))]
    instance = f"{domain.get_tuple_name()}[{', '.join(names)}]"
    to_tile = isl.Map(f"{{ {instance} -> [{', '.join(names[:dims])}] }}", context())
    tiles = to_tile.intersect_domain(domain).reverse()
    if kept is None:
        return tiles
    pick = f"[{', '.join(names[k] for k in kept)}]"
    return tiles.apply_range(isl.Map(f"{{ {instance} -> {pick} }}", context()))


# ------------------------------------------------------------------------------------- collection


def collect(scop: Scop, root: tree.Domain) -> list[Executed]:
    """The statements that execute below unit marks of a tree in normal form, in tree order.

    Raises `tree.TreeError` for a statement without a unit mark, a clone whose leading dimensions
    are not the outer band values, or an instance that executes twice.
    """
    return list(_Collector(scop, root).visit(root, None, 0, _Place({}, frozenset())))


@dataclass(frozen=True)
class _Place:
    """The filters passed on the way to a node: those of scopes, and all."""

    items: dict[Scope, tree.Filter]
    filters: frozenset[tree.Filter]

    def below(self, child: tree.Filter, scope: Scope | None) -> _Place:
        """In a filter, which belongs to the sequence of `scope` unless that is None."""
        items = self.items if scope is None else {**self.items, scope: child}
        return _Place(items, self.filters | {child})


class _Collector:
    def __init__(self, scop: Scop, root: tree.Domain) -> None:
        self.scop, self.root = scop, root
        self.names = {s.name for s in scop.statements}

    def visit(
        self, node: tree.Node, scope: Scope | None, dims: int, place: _Place
    ) -> Iterator[Executed]:
        """`dims`: band members above `node`; below a scope only tile bands add to them."""
        if isinstance(node, tree.Mark) and node.name.startswith(UNIT_PREFIX):
            assert scope is not None
            yield from self.unit(node, scope, place)
            return
        if isinstance(node, tree.Band):
            dims += node.members
        starts = isinstance(node, tree.Band) and node.tile is not None
        if starts or (scope is None and not has_tile(node) and _holds_content(node)):
            scope = Scope(node, scope, dims)
        if node.child is None and not isinstance(node, tree.Sequence):
            raise tree.TreeError("a statement is not below a unit mark")
        for child in node.children:
            inside = place
            if isinstance(child, tree.Filter):
                of_scope = scope is not None and node is scope.sequence
                inside = place.below(child, scope if of_scope else None)
            yield from self.visit(child, scope, dims, inside)

    def unit(self, mark: tree.Mark, scope: Scope, place: _Place) -> Iterator[Executed]:
        below = [node for node in tree.walk(mark.child) if isinstance(node, tree.Filter)]
        leaves: list[tree.Node] = [f.child or f for f in below] if below else [mark]
        coordinates = tree.prefix(self.root, scope.sequence)
        for leaf in leaves:
            active = tree.prefix(self.root, leaf).domain()
            if isinstance(leaf, tree.Filter):
                active = active.intersect(leaf.filter)
            for name in tree.statement_names(active):
                source = self.scop.by_name[name]
                band = leaf.child if leaf is mark else leaf
                yield self.executed(source, active, coordinates, scope, place, mark.name, band)

    def executed(
        self,
        source: Statement,
        active: isl.UnionSet,
        coordinates: isl.UnionMap,
        scope: Scope,
        place: _Place,
        unit: str,
        band: tree.Node | None,
    ) -> Executed:
        original = self.scop.by_name[source.clone_of] if source.clone_of else source
        instances = active.intersect(isl.UnionSet.from_set(source.domain))
        tiles = isl.Map.from_union_map(coordinates.intersect_domain(instances))
        name = self.fresh(source if source.clone_of else original)
        kept = source.rank - original.rank
        clone = _clone_domain(name, tiles, kept)
        to_source = _to_source(name, source, scope.dims, kept, original.rank)
        back = isl.Map.from_multi_aff(to_source).intersect_domain(clone)
        same = isl.Map.from_union_map(isl.UnionMap.from_map(back).apply_range(coordinates))
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
