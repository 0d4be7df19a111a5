"""The schedule tree after promotion: over clones and copies instead of the input's statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.buffers import DMA, Promotion
from akg_mlir.polyhedral.context import context, union_map, union_set
from akg_mlir.polyhedral.normal_form import has_tile
from akg_mlir.polyhedral.scopes import UNIT_PREFIX, Executed, Scope, tile_map

DIM = isl.dim_type


def promoted_tree(promotion: Promotion) -> tree.Domain:
    """The tree of a promotion: clones in place of statements, copies in the extensions."""
    return _Builder(promotion).run()


class _Builder:
    def __init__(self, promotion: Promotion) -> None:
        self.promotion = promotion
        self.scopes: dict[tree.Node, Scope] = {}
        for executed in (*promotion.clones, *promotion.copies):
            for scope in executed.scope.chain:
                self.scopes[scope.node] = scope
        root = promotion.root
        self.in_domain = set(tree.statement_names(root.domain))

    def run(self) -> tree.Domain:
        clones = self.promotion.clones
        initial = [e for e in clones if e.source.name in self.in_domain]
        child = self.build(self.promotion.root, 0, clones)
        domain = _union([e.domain for e in initial])
        assert child is not None
        return tree.Domain(child, domain=domain)

    def build(self, node: tree.Node, dims: int, below: Iterable[Executed]) -> tree.Node | None:
        """The new child of `node`. `dims`: coordinates above it; `below`: the clones in it."""
        below = tuple(below)
        scope = self.scopes.get(node)
        child = node.child
        if scope is not None:
            return self.content(scope, below)
        if child is None:
            return None
        return self.node(child, dims, below)

    def node(self, node: tree.Node, dims: int, below: tuple[Executed, ...]) -> tree.Node:
        match node:
            case tree.Sequence():
                filters = tuple(
                    tree.Filter(self.build(f, dims, inside), filter=self.active(f, inside))
                    for f in node.filters
                    if (inside := tuple(e for e in below if f in e.filters))
                )
                return replace(node, filters=filters)
            case tree.Mark() if node.name.startswith(UNIT_PREFIX):
                return self.unit(node, below)
            case tree.Band() if has_tile(node):
                schedule = self.coordinates(node, dims, below)
                inner = self.build(node, dims + node.members, below)
                return replace(node, schedule=schedule, child=inner)
            case tree.Band():
                return replace(_pulled_back(node, below), child=self.build(node, dims, below))
            case _:
                return replace(node, child=self.build(node, dims, below))

    def content(self, scope: Scope, below: tuple[Executed, ...]) -> tree.Node:
        """The sequence of a scope with its copies, below an extension that introduces them."""
        insertions = self.promotion.insertions
        filters: list[tree.Filter] = []
        copies: list[Executed] = []
        for item in scope.sequence.filters:
            before = [c for c in insertions.before.get(item, []) if c.scope is scope]
            after = [c for c in insertions.after.get(item, []) if c.scope is scope]
            inside = tuple(e for e in below if e.items[scope] is item)
            filters += [_copy_filter(c) for c in before]
            if inside:
                inner = self.build(item, scope.dims, inside)
                filters.append(tree.Filter(inner, filter=self.active(item, inside)))
            filters += [_copy_filter(c) for c in after]
            copies += [*before, *after]
        sequence = replace(scope.sequence, filters=tuple(filters))
        introduced = [*copies]
        if isinstance(scope.node.child, tree.Extension):
            names = set(tree.statement_names(scope.node.child.extension.range()))
            introduced += [e for e in below if e.source.name in names]
        if not introduced:
            return sequence
        extension = union_map()
        for executed in introduced:
            tiles = tile_map(executed.domain, scope.dims)
            extension = extension.union(isl.UnionMap.from_map(tiles))
        return tree.Extension(sequence, extension=extension.coalesce())

    def unit(self, mark: tree.Mark, below: tuple[Executed, ...]) -> tree.Mark:
        demoted = any(e in self.promotion.demoted for e in below)
        name = f"{UNIT_PREFIX}scalar" if demoted else mark.name
        return tree.Mark(_points(mark.child, below), name=name)

    def active(self, child: tree.Filter, inside: tuple[Executed, ...]) -> isl.UnionSet:
        """The instances a filter selects: what no extension below it introduces."""
        introduced: set[str] = set()
        for node in tree.walk(child):
            if isinstance(node, tree.Extension):
                introduced |= set(tree.statement_names(node.extension.range()))
        return _universes(e for e in inside if e.source.name not in introduced)

    def coordinates(
        self, band: tree.Band, dims: int, below: tuple[Executed, ...]
    ) -> isl.MultiUnionPwAff:
        """The members of an outer band are coordinates of the clones."""
        introduced = {
            name
            for node in tree.walk(band)
            if isinstance(node, tree.Extension)
            for name in tree.statement_names(node.extension.range())
        }
        active = [e for e in below if e.source.name not in introduced]
        return _members([(e, list(range(dims, dims + band.members))) for e in active])


def _points(node: tree.Node | None, below: tuple[Executed, ...]) -> tree.Node | None:
    """What is below a unit mark: point bands, for several statements a sequence."""
    match node:
        case None:
            return None
        case tree.Sequence():
            filters: list[tree.Filter] = []
            for child in node.filters:
                names = tree.statement_names(child.filter)
                inside = tuple(e for e in below if e.source.name in names)
                selected = _universes(inside)
                filters.append(tree.Filter(_points(child.child, inside), filter=selected))
            return replace(node, filters=tuple(filters))
        case tree.Band():
            return replace(_pulled_back(node, below), child=_points(node.child, below))
        case _:
            raise tree.TreeError(f"a {type(node).__name__} node below a unit mark")


def _pulled_back(band: tree.Band, below: tuple[Executed, ...]) -> tree.Band:
    """A band over the clones instead of their sources."""
    schedule: isl.MultiUnionPwAff | None = None
    for executed in below:
        back = isl.UnionPwMultiAff.from_multi_aff(executed.to_source)
        part = band.schedule.pullback_union_pw_multi_aff(back)
        schedule = part if schedule is None else schedule.union_add(part)
    assert schedule is not None
    return replace(band, schedule=schedule)


def _members(chosen: list[tuple[Executed, list[int]]]) -> isl.MultiUnionPwAff:
    """One member per listed dimension of each statement."""
    entries: list[str] = []
    for k in range(len(chosen[0][1])):
        parts: list[str] = []
        for executed, members in chosen:
            names = [f"d{j}" for j in range(executed.domain.dim(DIM.set))]
            instance = f"{executed.name}[{', '.join(names)}]"
            parts.append(f"{instance} -> [({names[members[k]]})]")
        entries.append(f"{{ {'; '.join(parts)} }}")
    return isl.MultiUnionPwAff(f"[{', '.join(entries)}]", context())


def _copy_filter(copy: Executed) -> tree.Filter:
    dims = list(copy.order)
    band: tree.Node | None = None
    if dims:
        schedule = _members([(copy, dims)])
        coincident = (True,) * len(dims)
        band = tree.Band(schedule=schedule, coincident=coincident, permutable=True)
    return tree.Filter(tree.Mark(band, name=DMA), filter=_universes([copy]))


def _universes(executed: Iterable[Executed]) -> isl.UnionSet:
    return _union([isl.Set.universe(e.domain.get_space()) for e in executed])


def _union(sets: Iterable[isl.Set]) -> isl.UnionSet:
    result = union_set()
    for part in sets:
        result = result.union(isl.UnionSet.from_set(part))
    return result
