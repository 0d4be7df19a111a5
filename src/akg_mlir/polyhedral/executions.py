"""What a tile of single points executes: statements as functions of all loops that can be tiled.

The loops are the tile dimensions, then the loops inside a tile: those of split reductions and the
chunks of roots. A producer below several chunk bands is executed once in each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.chunks import Piece, Placement, pieces_of, place
from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import by_statement, context, maps_of, union_map
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_groups import Group
from akg_mlir.polyhedral.fusion_plan import TileSpace, narrowed
from akg_mlir.polyhedral.shared_passes import share_passes
from akg_mlir.polyhedral.tiling import (
    Reduction,
    Split,
    member_ranges,
    split_reductions,
    tile_cluster,
    tile_counters,
)
from akg_mlir.polyhedral.tree import Filter

DIM = isl.dim_type


@dataclass(frozen=True, eq=False)
class InnerLoops:
    """Loops inside a tile: the members of a split reduction, or the chunk members of a root.

    `loops` are their places among all loops of the model; two with the same places have one size
    in common. Those of a contraction may come once more, for L0, inside its tiles for L1: these are
    then `within`, loop by loop.
    """

    owner: Reduction | Cluster
    members: tuple[int, ...]
    extents: tuple[int, ...]
    loops: tuple[int, ...]
    within: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Execution:
    """A statement at one place of a tile: all loops -> instance.

    `region` numbers the chunk band it is below, None in the tile itself; `sunk` says that it is a
    producer which is recomputed there.
    """

    statement: str
    points: isl.Map
    region: int | None = None
    sunk: bool = False


@dataclass(frozen=True, eq=False)
class Interior:
    """A tile space and the loops inside its tiles. `closed` names the updates whose bands take no
    producers (contractions)."""

    space: TileSpace
    inner: tuple[InnerLoops, ...]
    closed: frozenset[str]

    @property
    def reductions(self) -> tuple[tuple[Reduction, InnerLoops], ...]:
        """The split reductions, with their outermost loops."""
        inner = [i for i in self.inner if not i.within]
        return tuple((i.owner, i) for i in inner if isinstance(i.owner, Reduction))

    def below(self, outer: InnerLoops) -> InnerLoops | None:
        """The loops for L0 inside those for L1."""
        return next((i for i in self.inner if i.within == outer.loops), None)

    @property
    def chunks(self) -> dict[Cluster, InnerLoops]:
        """The roots with chunks."""
        return {i.owner: i for i in self.inner if isinstance(i.owner, Cluster)}

    @property
    def has_chunks(self) -> bool:
        """Whether anything but contractions has loops inside the tile."""
        return any(
            isinstance(i.owner, Cluster) or i.owner.update.name not in self.closed
            for i in self.inner
        )


def interior(
    space: TileSpace,
    reductions: Seq[Reduction],
    closed: Collection[str],
    chunked: dict[Cluster, list[int]] | None = None,
    *,
    kinds: Callable[[Reduction | Cluster], object] = lambda owner: owner,
    nested: Collection[str] = (),
) -> Interior:
    """The loops inside tiles of a space; `chunked` has the chunk members of its roots.

    Loops of equal extents whose owners are of one kind have one size, except those of contractions.
    The contractions in `nested` have loops for L1 and for L0.
    """
    inner: list[InnerLoops] = []
    places: dict[tuple[object, tuple[int, ...]], tuple[int, ...]] = {}
    count = len(space.extents)

    def add(owner: Reduction | Cluster, members: Seq[int], extents: Seq[int]) -> None:
        nonlocal count
        alone = isinstance(owner, Reduction) and owner.update.name in closed
        key = owner if alone else kinds(owner), tuple(extents)
        loops = places.setdefault(key, tuple(range(count, count + len(extents))))
        count = max(count, loops[-1] + 1)
        inner.append(InnerLoops(owner, tuple(members), tuple(extents), loops))

    for reduction in reductions:
        add(reduction, range(reduction.band.members), reduction.extents)
        if reduction.update.name in nested:
            outer = inner[-1]
            loops = tuple(range(count, count + len(outer.loops)))
            count += len(loops)
            inner.append(replace(outer, loops=loops, within=outer.loops))
    for cluster, members in (chunked or {}).items():
        assert cluster.band is not None
        ranges = member_ranges(cluster.band, _instances(space, cluster))
        add(cluster, members, [ranges[k][1] - ranges[k][0] + 1 for k in members])
    return Interior(space, tuple(inner), frozenset(closed))


def without_repeated_rows(
    space: TileSpace, updates: Collection[str]
) -> tuple[TileSpace, dict[Cluster, list[int]]]:
    """The space without the tile dimensions along which some `updates` are only repeated, and the
    members of its roots that this leaves for chunks."""
    rows = space.group.extension
    kept = list(range(len(space.extents)))
    for relation in maps_of(rows):
        if relation.get_tuple_name(DIM.out) in updates:
            kept = [k for k in kept if _moves_with(relation, k)]
    smaller = space if len(kept) == len(space.extents) else narrowed(space, kept)
    chunked = {
        root: rest
        for root, members in smaller.members.items()
        if (rest := [k for k in root.parallel if k not in members])
        and not set(root.names) & set(updates)
    }
    return smaller, chunked


def _moves_with(relation: isl.Map, k: int) -> bool:
    """Whether tiles that differ in coordinate `k` alone need different instances."""
    names = [f"t{d}" for d in range(relation.dim(DIM.in_))]
    others = [*names[:k], "s", *names[k + 1 :]]
    same = isl.Map(f"{{ [{', '.join(names)}] -> [{', '.join(others)}] }}", context())
    tiles = relation.domain()
    same = same.intersect_domain(tiles).intersect_range(tiles)
    return not same.apply_range(relation).is_subset(relation)


# -------------------------------------------------------------------------------------- executions


def executions(fuser: Fuser, inside: Interior) -> list[Execution]:
    """Every statement in the order of execution in a tile, at every place where it executes."""
    found = list(_Executions(fuser, inside).run())
    return [e for e in found if not e.points.is_empty()]


class _Executions:
    def __init__(self, fuser: Fuser, inside: Interior) -> None:
        self.fuser, self.inside = fuser, inside
        self.group = inside.space.group
        self.dims = len(inside.space.extents)
        self.total = max((k + 1 for i in inside.inner for k in i.loops), default=self.dims)
        self.home = {r.update.name: i for r, i in inside.reductions}
        self.home |= {
            name: i
            for root, i in inside.chunks.items()
            if not self.is_read(root)
            for name in root.names
        }
        self.tiles = by_statement(self.group.executed)

    def run(self) -> Iterator[Execution]:
        if not self.inside.has_chunks:
            for cluster in self.inside.space.clusters:
                for name in cluster.names:
                    yield self.execution(name, None)
            return
        placement = self.placement()
        for number, piece in enumerate(placement.pieces):
            below = placement.inner.get(piece)
            region = None if piece.chunks is None else number
            if below is None:
                for name in piece.names:
                    yield self.execution(name, region)
                continue
            loops = self.loops_of(piece)
            for producer in below.producers:
                for name in producer.names:
                    found = self.embedded(name, below.extension.reverse(), loops, number)
                    yield replace(found, sunk=True)
            for name in piece.names:
                yield self.embedded(name, below.tiles, loops, number)

    def is_read(self, root: Cluster) -> bool:
        """Whether other statements of the tile read what a root writes: whole rows, then."""
        others = [n for c in self.inside.space.clusters if c is not root for n in c.names]
        return any((s, t) in self.fuser.edges for s in root.names for t in others)

    def placement(self) -> Placement:
        """What executes where when every tile and every chunk is a single point."""
        clusters = {c: c for c in self.inside.space.clusters}
        for cluster in clusters:
            splits = [
                Split(r, (dict.fromkeys(i.members, 1),), r.update.name in self.inside.closed)
                for r, i in self.inside.reductions
                if r.update.name in cluster.names
            ]
            if splits:
                clusters[cluster] = split_reductions(cluster, splits)
        for root, inner in self.inside.chunks.items():
            sizes = dict.fromkeys(inner.members, 1)
            band = tile_cluster(root, root.to_node(), _instances(self.inside.space, root), sizes)
            clusters[root] = Cluster((Filter(band, filter=root.instances),))
        roots = [clusters[root] for root in self.group.roots]
        group = Group(roots, self.group.tiles, self.group.need, self.group.producers)
        group.extension = self.group.extension
        pieces = share_passes(
            self.fuser.scop,
            pieces_of(group, list(clusters.values())),
            self.inside.closed,
            lambda a, b: self.loops_of(a) == self.loops_of(b),
        )
        return place(self.fuser, group, pieces, self.inside.closed)

    def loops_of(self, piece: Piece) -> tuple[int, ...]:
        for inner in self.inside.inner:
            owner = inner.owner
            names = owner.names if isinstance(owner, Cluster) else (owner.update.name,)
            if set(piece.names) & set(names):
                return inner.loops
        raise AssertionError("a chunk band belongs to a root or a reduction")

    def execution(self, name: str, region: int | None) -> Execution:
        """A statement that executes in the tile, or in the band of its own reduction or root."""
        statement = self.fuser.scop.by_name[name]
        domain = isl.UnionSet.from_set(statement.domain)
        coordinates = self.tiles.get(name, union_map()).intersect_domain(domain)
        inner = self.home.get(name)
        if inner is None or coordinates.is_empty():
            return self.embedded(name, coordinates, (), region)
        owner, members = inner.owner, list(inner.members)
        assert owner.band is not None
        if isinstance(owner, Cluster):
            ranges = member_ranges(owner.band, _instances(self.inside.space, owner))
        else:
            ranges = member_ranges(owner.band, domain)
        lows = [ranges[k][0] for k in members]
        values = tile_counters(owner.band, members, [1] * len(members), lows)
        coordinates = coordinates.flat_range_product(values.relation.intersect_domain(domain))
        return self.embedded(name, coordinates, inner.loops, region)

    def embedded(
        self, name: str, coordinates: isl.UnionMap, loops: tuple[int, ...], region: int | None
    ) -> Execution:
        """From instance -> (tile, values of `loops`); the other loops are at zero."""
        domain = isl.UnionSet.from_set(self.fuser.scop.by_name[name].domain)
        own = coordinates.intersect_domain(domain)
        if own.is_empty():
            nothing = isl.Space.create_from_names(context(), in_=["u"], out=["i"])
            return Execution(name, isl.Map.empty(nothing), region)
        tile = [f"t{k}" for k in range(self.dims)]
        chunk = {place: f"c{k}" for k, place in enumerate(loops)}
        there = [*tile, *(chunk.get(k, "0") for k in range(self.dims, self.total))]
        here = [*tile, *chunk.values()]
        embed = union_map(f"{{ [{', '.join(here)}] -> [{', '.join(there)}] }}")
        points = isl.Map.from_union_map(own.apply_range(embed).reverse())
        return Execution(name, points.coalesce(), region)


def _instances(space: TileSpace, cluster: Cluster) -> isl.UnionSet:
    return space.group.tiles.domain().intersect(cluster.instances)
