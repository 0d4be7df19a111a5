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
from akg_mlir.polyhedral.context import context, union_map, union_set
from akg_mlir.polyhedral.scop import Access, Scop, Statement

DIM = isl.dim_type

Leaf = Callable[[str], tree.Node]
"""Builds what is below the remaining loops of a statement: its unit and its point band."""


@dataclass(frozen=True)
class _Piece:
    """Part of a tile after distribution: some statements and the subtree that runs them."""

    statements: tuple[str, ...]
    node: tree.Node


def distribute(scop: Scop, root: tree.Domain, leaf: Leaf) -> tree.Domain:
    """The tree with one filter per statement inside every tile, in an order that is legal.

    Tile bands and extensions stay. `leaf` gives the subtree of one statement. Raises
    `tree.TreeError` for an extension that is neither directly below a tile band nor at the root.
    """
    return _Distributor(scop, root, leaf).run()


class _Distributor:
    def __init__(self, scop: Scop, root: tree.Domain, leaf: Leaf) -> None:
        self.scop, self.root, self.leaf = scop, root, leaf
        self.order = {s.name: k for k, s in enumerate(scop.statements)}

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
        return self.sequence(self.pieces(inner, active, [], scope))

    def pieces(
        self,
        node: tree.Node | None,
        active: tuple[str, ...],
        loops: list[tree.Band],
        scope: tree.Node,
    ) -> list[_Piece]:
        """`loops`: the bands between the scope and `node`, not yet placed."""
        match node:
            case None:
                ordered = sorted(active, key=lambda name: self.order[name])
                return [self.statement(name, loops, scope) for name in ordered]
            case tree.Band() if node.tile is None:
                return self.pieces(node.child, active, [*loops, node], scope)
            case tree.Band():
                inner = replace(node, child=self.content(node, active))
                return [_Piece(active, _nest(loops, inner))]
            case tree.Sequence():
                return self.filters(node, active, loops, scope)
            case tree.Mark() | tree.Context():
                return self.pieces(node.child, active, loops, scope)
            case _:
                raise tree.TreeError(f"a {type(node).__name__} node cannot be inside a tile")

    def filters(
        self, node: tree.Sequence, active: tuple[str, ...], loops: list[tree.Band], scope: tree.Node
    ) -> list[_Piece]:
        parts: list[tuple[tree.Filter, tuple[str, ...]]] = []
        for child in node.filters:
            selected = tree.statement_names(child.filter)
            parts.append((child, tuple(name for name in active if name in selected)))
        if loops and len(parts) > 1 and not self.separable([p for _, p in parts], loops, scope):
            inner = [p for child, names in parts for p in self.pieces(child.child, names, [], node)]
            return [_Piece(active, _nest(loops, self.sequence(inner)))]
        return [
            piece
            for child, names in parts
            for piece in self.pieces(child.child, names, loops, scope)
        ]

    def statement(self, name: str, loops: list[tree.Band], scope: tree.Node) -> _Piece:
        """One statement: loops that carry a dependence of it on itself, then its leaf."""
        band = _concatenate(loops, self.scop, (name,)) if loops else None
        carried = [] if band is None else self.carried(name, band, scope)
        node = self.leaf(name)
        if band is not None and carried:
            node = replace(tree.permute_band(band, carried), child=node)
        return _Piece((name,), node)

    # ----------------------------------------------------------------------------- dependences

    def separable(
        self, parts: list[tuple[str, ...]], loops: list[tree.Band], scope: tree.Node
    ) -> bool:
        """Whether no instance of a later part must precede one of an earlier part in its tile."""
        times = _concatenate(loops, self.scop, sum(parts, ())).relation
        tiles = self.tiles(scope)
        for k, later in enumerate(parts):
            for earlier in parts[:k]:
                for first in later:
                    for second in earlier:
                        pairs = self.conflicts(first, second, tiles)
                        if not pairs.is_empty() and not _ordered(pairs, times).is_empty():
                            return False
        return True

    def carried(self, name: str, band: tree.Band, scope: tree.Node) -> list[int]:
        """The fewest members that order every dependence of a statement on itself."""
        conflicts = self.conflicts(name, name, self.tiles(scope))
        if conflicts.is_empty():
            return []
        dependences = _ordered(conflicts, band.relation)
        for count in range(band.members if not dependences.is_empty() else 1):
            for members in combinations(range(band.members), count):
                if _keeps_order(dependences, members):
                    return list(members)
        return list(range(band.members))

    def reduces(self, statement: Statement) -> bool:
        """Whether the statement is the update of a declared reduction."""
        spec = self.scop.by_name[statement.clone_of] if statement.clone_of else statement
        return spec.reduction is not None

    def tiles(self, scope: tree.Node) -> isl.UnionMap:
        """Instance -> tile of the scope."""
        assert scope.child is not None
        return tree.prefix(self.root, scope.child)

    def conflicts(self, first: str, second: str, tiles: isl.UnionMap) -> isl.UnionMap:
        """Pairs of instances of one tile that touch one element, at least one writing it."""
        a, b = self.scop.by_name[first], self.scop.by_name[second]
        result = union_map()
        for x in a.accesses:
            for y in b.accesses:
                if x.array != y.array or not (x.is_write or y.is_write):
                    continue
                if a is b and self.reduces(a) and _is_cell(a, x) and _is_cell(a, y):
                    continue
                pairs = x.relation.apply_range(y.relation.reverse())
                result = result.union(isl.UnionMap.from_map(pairs))
        if result.is_empty():
            return result
        first_tiles = tiles.intersect_domain(result.domain())
        second_tiles = tiles.intersect_domain(result.range())
        return result.intersect(first_tiles.apply_range(second_tiles.reverse()))


def _is_cell(statement: Statement, access: Access) -> bool:
    """Whether the access is to the element that the statement writes."""
    cell = statement.writes[0]
    return access.array == cell.array and access.relation.is_equal(cell.relation)


def _ordered(pairs: isl.UnionMap, times: isl.UnionMap) -> isl.Map:
    """The times of those pairs whose first instance is strictly earlier.

    Pairs of times are few-dimensional; the same test on pairs of instances takes isl minutes.
    """
    timed = isl.Map.from_union_map(pairs.apply_domain(times).apply_range(times))
    return timed.intersect(isl.Map.lex_lt(timed.get_space().range()))


def _keeps_order(dependences: isl.Map, members: tuple[int, ...]) -> bool:
    """Whether these members of the time alone order every pair strictly."""
    names = [f"t{k}" for k in range(dependences.dim(DIM.in_))]
    kept = ", ".join(names[k] for k in members)
    project = isl.Map(f"{{ [{', '.join(names)}] -> [{kept}] }}", context())
    timed = dependences.apply_domain(project).apply_range(project)
    return timed.intersect(isl.Map.lex_ge(timed.get_space().range())).is_empty()


# ------------------------------------------------------------------------------------------- trees


def universe(scop: Scop, names: Iterable[str]) -> isl.UnionSet:
    """All instances of these statements, as what a filter says."""
    result = union_set()
    for name in names:
        space = isl.Set.universe(scop.by_name[name].domain.get_space())
        result = result.union(isl.UnionSet.from_set(space))
    return result


def _nest(loops: list[tree.Band], node: tree.Node) -> tree.Node:
    """`node` below the bands."""
    for band in reversed(loops):
        node = replace(band, child=node)
    return node


def _concatenate(loops: list[tree.Band], scop: Scop, names: tuple[str, ...]) -> tree.Band:
    """The bands as one, restricted to some statements; it has no child."""
    domain = universe(scop, names)
    schedule = loops[0].schedule.intersect_domain(domain)
    for band in loops[1:]:
        schedule = schedule.flat_range_product(band.schedule.intersect_domain(domain))
    coincident = tuple(flag for band in loops for flag in band.coincident)
    return tree.Band(schedule=schedule, coincident=coincident)


def point_band(scop: Scop, statement: Statement) -> tree.Band | None:
    """The band of a statement's own dimensions, the one that walks memory best innermost.

    Leading tile coordinates of a clone are no members. None for a statement without dimensions.
    """
    spec = scop.by_name[statement.clone_of] if statement.clone_of else statement
    order = contiguous_last(statement, spec.rank)
    if not order:
        return None
    dims = [f"i{k}" for k in range(statement.rank)]
    instance = f"{statement.name}[{', '.join(dims)}]"
    entries = ", ".join(f"{{ {instance} -> [({dims[k]})] }}" for k in order)
    reduced = spec.reduction is not None
    cell = statement.writes[0].relation if statement.writes else None
    coincident = tuple(not (reduced and cell and stride(cell, k) == 0) for k in order)
    schedule = isl.MultiUnionPwAff(f"[{entries}]", context())
    return tree.Band(schedule=schedule, coincident=coincident, permutable=True)


# ------------------------------------------------------------------------- innermost dimension


def contiguous_last(statement: Statement, rank: int) -> list[int]:
    """The trailing `rank` dimensions of a statement, the one that walks memory best at the end.

    A reference walks along a dimension with stride 1, stays in place (broadcast), or jumps. The
    last dimension is the one with the fewest jumps, then the most unit strides, writes first;
    dimensions with one value are never chosen. The others keep their order.
    """
    first = statement.rank - rank
    dims = list(range(first, statement.rank))
    domain = statement.domain
    wide = [d for d in dims if not domain.dim_max_val(d).eq(domain.dim_min_val(d))]
    if not wide:
        return dims
    best = max(wide, key=lambda d: (_walk_score(statement, d), d))
    return [d for d in dims if d != best] + [best]


def _walk_score(statement: Statement, dim: int) -> tuple[int, int, int]:
    strides = [(stride(a.relation, dim), a.is_write) for a in statement.accesses]
    jumps = sum(1 + is_write for s, is_write in strides if s is None)
    writes = sum(1 for s, is_write in strides if s == 1 and is_write)
    return -jumps, writes, sum(1 for s, _ in strides if s == 1)


def stride(relation: isl.Map, dim: int) -> int | None:
    """How a reference moves along a dimension: 0 stays, 1 to the next element, None jumps."""
    indices = index_expressions(relation)
    moving = [k for k, index in enumerate(indices) if index.involves_dims(DIM.in_, dim, 1)]
    if not moving:
        return 0
    if moving != [len(indices) - 1]:
        return None
    step = isl.Aff.var_on_domain(indices[-1].get_domain_local_space(), DIM.set, dim)
    return None if indices[-1].sub(step).involves_dims(DIM.in_, dim, 1) else 1


def index_expressions(relation: isl.Map) -> list[isl.Aff]:
    """The element an access touches, one expression per dimension of the array.

    Raises `tree.TreeError` if the access is not one quasi-affine function.
    """
    function = isl.PwMultiAff.from_map(relation).coalesce()
    if not function.isa_multi_aff():
        raise tree.TreeError(f"an access is not one quasi-affine function: {relation}")
    return [function.get_pw_aff(k).as_aff() for k in range(relation.dim(DIM.out))]


def dimension_of(expression: isl.Aff) -> int | None:
    """The dimension an expression is, or None if it is anything else."""
    space = expression.get_domain_local_space()
    for dim in range(space.dim(DIM.set)):
        if expression.plain_is_equal(isl.Aff.var_on_domain(space, DIM.set, dim)):
            return dim
    return None


def member_order(band: tree.Node | None, statement: Statement, first: int) -> list[int]:
    """The dimensions of a statement from `first` on as a point band lists them, the innermost
    last. Those that are no member of the band come first."""
    listed: list[int] = []
    if isinstance(band, tree.Band):
        space = statement.domain.get_space().from_domain().add_dims(DIM.out, 1)
        for k in range(band.members):
            member = band.schedule.get_at(k).extract_pw_aff(space)
            dim = dimension_of(member.as_aff()) if member.isa_aff() else None
            if dim is not None and dim >= first and dim not in listed:
                listed.append(dim)
    return [*(d for d in range(first, statement.rank) if d not in listed), *listed]
