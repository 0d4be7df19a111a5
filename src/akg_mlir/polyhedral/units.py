"""Give every statement its own place inside a tile: distribute point bands over statements.

What is below a unit executes a whole box at once. So a statement leaves the loops it shares with
others where no dependence inside the tile forbids it, and keeps above its unit only those loops
that carry a dependence between its own instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.orders import TileOrder, Tiles
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tree_times import prefix

Leaf = Callable[[str], tree.Node]
"""Builds what is below the remaining loops of a statement: its unit and its point band."""


@dataclass(frozen=True)
class _Piece:
    """Part of a tile after distribution: some statements and the subtree that runs them."""

    statements: tuple[str, ...]
    node: tree.Node


@dataclass(frozen=True)
class _Place:
    """Where a node is: `tiles` maps instances to the coordinates that are fixed there, `loops` are
    the bands above it that have no place yet, `used` counts the dimensions of each statement that
    loops of our own fix already."""

    tiles: Tiles
    loops: tuple[tree.Band, ...] = ()
    used: int = 0


def distribute(scop: Scop, root: tree.Domain, leaf: Leaf) -> tree.Domain:
    """The tree with one filter per statement inside every tile, in an order that is legal.

    Tile bands and extensions stay. `leaf` gives the subtree of one statement. Raises
    `tree.TreeError` for an extension that is neither directly below a tile band nor at the root,
    and for a statement of which parts are in several places: filters here take whole statements.
    """
    _refuse_parts(root)
    return _Distributor(scop, root, leaf).run()


def _refuse_parts(root: tree.Domain) -> None:
    places = root.child.filters if isinstance(root.child, tree.Sequence) else ()
    seen: set[str] = set()
    for place in places:
        for name in tree.statement_names(place.filter):
            if name in seen:
                raise tree.TreeError(f"parts of @{name} are in several places: run poly-fuse first")
            seen.add(name)


class _Distributor:
    def __init__(self, scop: Scop, root: tree.Domain, leaf: Leaf) -> None:
        self.scop, self.root, self.leaf = scop, root, leaf
        self.order = TileOrder(scop, root)
        self.textual = {s.name: k for k, s in enumerate(scop.statements)}

    def run(self) -> tree.Domain:
        active = tree.statement_names(self.root.domain)
        content = self.content(self.root, active)
        if isinstance(content, tree.Sequence) and len(content.filters) == 1:
            return replace(self.root, child=content.filters[0].child)
        return replace(self.root, child=content)

    def sequence(self, pieces: list[_Piece]) -> tree.Sequence:
        """One filter per piece."""
        return tree.Sequence(
            filters=tuple(
                tree.Filter(p.node, filter=universe(self.scop, p.statements)) for p in pieces
            )
        )

    def content(self, scope: tree.Node, active: tuple[str, ...]) -> tree.Node:
        """What is below a scope (the root or a tile band): `[extension ->] sequence`."""
        inner = scope.child
        if isinstance(inner, tree.Extension):
            names = (*active, *tree.statement_names(inner.extension.range()))
            return replace(inner, child=self.content(inner, names))
        place = _Place(Tiles(self.tiles(scope) if inner is None else prefix(self.root, inner)))
        return self.sequence(self.pieces(inner, active, place))

    def pieces(
        self, node: tree.Node | None, active: tuple[str, ...], place: _Place
    ) -> list[_Piece]:
        match node:
            case None:
                ordered = sorted(active, key=lambda name: self.textual[name])
                return [self.statement(name, place) for name in ordered]
            case tree.Band() if node.tile is None:
                return self.pieces(node.child, active, replace(place, loops=(*place.loops, node)))
            case tree.Band():
                inner = replace(node, child=self.content(node, active))
                return [_Piece(active, _nest(place.loops, inner))]
            case tree.Sequence():
                return self.filters(node, active, place)
            case tree.Mark() | tree.Context():
                return self.pieces(node.child, active, place)
            case _:
                raise tree.TreeError(f"a {type(node).__name__} node cannot be inside a tile")

    def filters(self, node: tree.Sequence, active: tuple[str, ...], place: _Place) -> list[_Piece]:
        """The filters one after the other, below as few common loops as the order needs."""
        parts: list[tuple[tree.Filter, tuple[str, ...]]] = []
        for child in node.filters:
            selected = tree.statement_names(child.filter)
            parts.append((child, tuple(name for name in active if name in selected)))

        def below(place: _Place) -> list[_Piece]:
            return [p for child, names in parts for p in self.pieces(child.child, names, place)]

        if not place.loops or self.separable([names for _, names in parts], place.tiles):
            return below(place)
        for count in range(1, self.common_dims(active, place) + 1):
            band = self.own_band(active, range(place.used, place.used + count))
            tiles = place.tiles.inside(band.relation)
            if self.order.keeps(
                active, place.tiles, band.relation, strict=False
            ) and self.separable([names for _, names in parts], tiles):
                inner = replace(place, tiles=tiles, used=place.used + count)
                return [_Piece(active, replace(band, child=self.sequence(below(inner))))]
        inner = _Place(Tiles(prefix(self.root, node)), used=place.used)
        return [_Piece(active, _nest(place.loops, self.sequence(below(inner))))]

    def statement(self, name: str, place: _Place) -> _Piece:
        """One statement: loops that carry a dependence of it on itself, then its leaf."""
        node = self.leaf(name)
        bands = self.carrying(name, place)
        return _Piece((name,), _nest(bands, node))

    def carrying(self, name: str, place: _Place) -> tuple[tree.Band, ...]:
        """The fewest loops over dimensions of a statement that order what depends on each other,
        or all loops it has where none do."""
        if not self.order.precedes(name, name, place.tiles):
            return ()
        rank = self.common_dims((name,), _Place(place.tiles))
        for count in range(1, rank + 1):
            for dims in combinations(range(rank), count):
                band = self.own_band((name,), dims)
                if self.order.keeps((name,), place.tiles, band.relation, strict=True):
                    return (band,)
        return tuple(_restricted(band, universe(self.scop, (name,))) for band in place.loops)

    def tiles(self, leaf: tree.Node) -> isl.UnionMap:
        """Instance -> coordinates below a scope without content: all bands are above."""
        if isinstance(leaf, tree.Domain):
            point = isl.UnionSet("{ [] }", context())
            return isl.UnionMap.from_domain_and_range(leaf.domain, point)
        if not isinstance(leaf, tree.Band):
            raise tree.TreeError("an extension has no child")
        return prefix(self.root, leaf).flat_range_product(leaf.relation)

    # ------------------------------------------------------------------------------------- order

    def separable(self, parts: list[tuple[str, ...]], tiles: Tiles) -> bool:
        """Whether no instance of a later part must precede one of an earlier part in its tile."""
        earlier: set[str] = set()
        for later in parts:
            for first in later:
                known = self.order.meeting(first) & earlier
                if any(self.order.precedes(first, second, tiles) for second in known):
                    return False
            earlier |= set(later)
        return True

    def common_dims(self, names: tuple[str, ...], place: _Place) -> int:
        """How many own dimensions every statement has beyond those that are fixed."""
        return min(self.own_rank(name) for name in names) - place.used

    def own_rank(self, name: str) -> int:
        statement = self.scop.by_name[name]
        return self.scop.by_name[statement.clone_of].rank if statement.clone_of else statement.rank

    def own_band(self, names: tuple[str, ...], dims: Iterable[int]) -> tree.Band:
        """Loops over these own dimensions of each statement, counted from its first."""
        entries: list[str] = []
        count = 0
        for dim in dims:
            parts: list[str] = []
            for name in names:
                statement = self.scop.by_name[name]
                all_dims = [f"d{k}" for k in range(statement.rank)]
                chosen = all_dims[statement.rank - self.own_rank(name) + dim]
                parts.append(f"{name}[{', '.join(all_dims)}] -> [({chosen})]")
            entries.append(f"{{ {'; '.join(parts)} }}")
            count += 1
        schedule = isl.MultiUnionPwAff(f"[{', '.join(entries)}]", context())
        return tree.Band(schedule=schedule, coincident=(False,) * count)


# ------------------------------------------------------------------------------------------- trees


def universe(scop: Scop, names: Iterable[str]) -> isl.UnionSet:
    """All instances of these statements, as what a filter says."""
    result = union_set()
    for name in names:
        space = isl.Set.universe(scop.by_name[name].domain.get_space())
        result = result.union(isl.UnionSet.from_set(space))
    return result


def _nest(loops: Iterable[tree.Band], node: tree.Node) -> tree.Node:
    """`node` below the bands."""
    for band in reversed(tuple(loops)):
        node = replace(band, child=node)
    return node


def _restricted(band: tree.Band, instances: isl.UnionSet) -> tree.Band:
    return replace(band, schedule=band.schedule.intersect_domain(instances))
