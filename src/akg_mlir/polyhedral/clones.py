"""The tree of fused tiles: extension nodes whose instances are clones with tile coordinates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import islpy as isl

from akg_mlir.polyhedral.chunks import Placement, as_filters
from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import maps_of, union_map, union_set
from akg_mlir.polyhedral.fusion_groups import Group
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.tree import (
    Band,
    Domain,
    Extension,
    Filter,
    Node,
    Sequence,
    pullback,
)

DIM = isl.dim_type


@dataclass(frozen=True, eq=False)
class Clone:
    """`name[t.., i..]`, an instance of `original[i..]` that belongs to tile `t`.

    A root that reads private storage is a clone without tile coordinates. `private` names, per
    position of an access, the storage private to the tile that it goes to.
    """

    name: str
    original: str
    domain: isl.Set
    tile_rank: int
    private: Mapping[int, str] = field(default_factory=dict[int, str])

    @property
    def projection(self) -> isl.UnionMap:
        """Clone instance -> original instance, unrestricted."""
        dims = [f"i{k}" for k in range(self.domain.dim(DIM.set))]
        kept = ", ".join(dims[self.tile_rank :])
        return union_map(f"{{ {self.name}[{', '.join(dims)}] -> {self.original}[{kept}] }}")


@dataclass(frozen=True)
class FusedTree:
    """The tree of a fusion, the clones it executes, and the array behind each private storage."""

    root: Domain
    clones: tuple[Clone, ...]
    storages: Mapping[str, str]


def fused_tree(
    scop: Scop,
    root: Domain,
    groups: Mapping[Group, Placement],
    dims: Mapping[str, tuple[str, ...]],
) -> FusedTree:
    """The tree with every group below its tile band, and the clones it executes.

    Without clones an instance recomputed by several tiles would be scheduled several times; with
    tile coordinates every instance executes once, and the schedule stays a function. Fused and
    dead originals leave the domain. `groups` says what the tiles execute; `dims` has the dimension
    names of every original, in textual order, which the clones keep.
    """
    return _Builder(scop, root, dims).build(groups)


class _Builder:
    def __init__(self, scop: Scop, root: Domain, dims: Mapping[str, tuple[str, ...]]) -> None:
        self.scop, self.root, self.dims = scop, root, dims
        self.taken = {s.name for s in scop.statements}
        self.clones: list[Clone] = []
        self.storages: dict[str, str] = {}

    def build(self, groups: Mapping[Group, Placement]) -> FusedTree:
        filters: list[Filter] = []
        domain = union_set()
        for group, placement in groups.items():
            below = _GroupBuilder(self, group, placement)
            filters.append(Filter(below.node(), filter=below.instances(group.roots, {})))
            domain = domain.union(below.initial())
        child = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
        return FusedTree(Domain(child, domain=domain), tuple(self.clones), self.storages)

    def fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_t"
        self.taken.add(name)
        return name

    def storage(self, array: str) -> str:
        """New private storage for values of an array."""
        name = f"{array}_t"
        while name in self.storages:
            name += "_t"
        self.storages[name] = array
        return name


class _GroupBuilder:
    """The subtree of one group: its roots, and clones of its producers."""

    def __init__(self, builder: _Builder, group: Group, placement: Placement) -> None:
        self.builder, self.group, self.placement = builder, group, placement
        self.storages: dict[str, str] = {}
        self.own = self.clones_of(group.extension, without=placement.sunk)
        self.renamed = {
            n: self.renamed_root(n, cluster)
            for cluster in group.roots
            for n in cluster.names
            if any(name == n for name, _ in group.private)
        }
        builder.clones += self.renamed.values()

    # ------------------------------------------------------------------------------------ clones

    def clones_of(self, extension: isl.UnionMap, without: Collection[str] = ()) -> dict[str, Clone]:
        """A clone of every original that an extension introduces."""
        needed = {m.get_tuple_name(DIM.out): m for m in maps_of(extension)}
        names = [n for n in self.builder.dims if n in needed and n not in without]
        found = {n: self.recomputed(n, needed[n]) for n in names}
        self.builder.clones += found.values()
        return found

    def recomputed(self, original: str, extension: isl.Map) -> Clone:
        name = self.builder.fresh(f"{original}_t")
        instances = extension.domain_map().reverse().flatten_range().range().set_tuple_name(name)
        rank = extension.dim(DIM.in_)
        for k in range(rank):
            instances = instances.set_dim_name(DIM.set, k, f"t{k}")
        for k, dim in enumerate(self.builder.dims[original]):
            instances = instances.set_dim_name(DIM.set, rank + k, dim)
        return Clone(name, original, instances, rank, self.private(original))

    def renamed_root(self, original: str, cluster: Cluster) -> Clone:
        name = self.builder.fresh(f"{original}_t")
        own = cluster.instances.intersect(_universe(self.statement(original).domain))
        executed = self.builder.root.domain.intersect(own)
        instances = isl.Set.from_union_set(executed).set_tuple_name(name)
        return Clone(name, original, instances, 0, self.private(original))

    def statement(self, name: str) -> Statement:
        return self.builder.scop.by_name[name]

    def private(self, original: str) -> dict[int, str]:
        """Position of an access -> its private storage, one storage per array of the group."""
        found: dict[int, str] = {}
        for name, k in sorted(self.group.private):
            if name == original:
                array = self.statement(name).accesses[k].array
                if array not in self.storages:
                    self.storages[array] = self.builder.storage(array)
                found[k] = self.storages[array]
        return found

    # -------------------------------------------------------------------------------------- tree

    def initial(self) -> isl.UnionSet:
        """The instances of the group that the root of the tree has."""
        result = union_set()
        for cluster in self.group.roots:
            result = result.union(self.builder.root.domain.intersect(cluster.instances))
        for name, clone in self.renamed.items():
            result = result.subtract(_universe(self.statement(name).domain))
            result = result.union(isl.UnionSet.from_set(clone.domain))
        return result

    def instances(self, clusters: list[Cluster], own: Mapping[str, Clone]) -> isl.UnionSet:
        """What filters say for these clusters: the spaces of all that executes, the producers
        among it as the clones `own`."""
        result = union_set()
        for cluster, name in ((c, n) for c in clusters for n in c.names):
            clone = own.get(name) or self.renamed.get(name)
            statement = self.statement(name)
            if clone is not None:
                result = result.union(_universe(clone.domain))
            elif any(name in c.names for c in self.group.roots):
                result = result.union(cluster.instances.intersect(_universe(statement.domain)))
        return result

    def to_old(self, clusters: list[Cluster], own: Mapping[str, Clone]) -> isl.UnionPwMultiAff:
        """Executed instance of these clusters -> original instance; the identity for the roots
        that execute as they are."""
        result = union_map()
        for name in (n for c in clusters for n in c.names):
            clone = own.get(name) or self.renamed.get(name)
            if clone is not None:
                result = result.union(clone.projection)
            elif any(name in c.names for c in self.group.roots):
                space = isl.Set.universe(self.statement(name).domain.get_space())
                result = result.union(isl.UnionMap.from_map(space.identity()))
        return isl.UnionPwMultiAff.from_union_map(result)

    def node(self) -> Node | None:
        """The content of the tile band: extension, and the pieces one after the other."""
        band = _shared_band(self.group)
        if band is None:
            return self.group.roots[0].to_node()
        band = replace(
            band,
            schedule=band.schedule.pullback_union_pw_multi_aff(self.to_old(self.group.roots, {})),
        )
        filters: list[Filter] = []
        for piece in self.placement.pieces:
            found = self.filters(piece.cluster, self.own)
            inner = self.placement.inner.get(piece)
            filters += found if inner is None else [self.chunked(f, inner) for f in found]
        return replace(band, child=_content(filters, self.own))

    def filters(self, cluster: Cluster, own: Mapping[str, Clone]) -> list[Filter]:
        """The subtree over what executes; statements that no tile needs leave it."""
        instances = self.instances([cluster], own)
        if instances.is_empty():
            return []
        node = nonempty(pullback(cluster.to_node(), self.to_old([cluster], own)))
        return as_filters(instances, node)

    def chunked(self, piece: Filter, inner: Group) -> Filter:
        """A filter that holds a chunk band, with the producers that go below it."""
        own = self.clones_of(inner.extension)
        filters = [f for c in inner.producers for f in self.filters(c, own)]
        assert piece.child is not None
        filters += as_filters(piece.filter, piece.child.child)
        return replace(piece, child=replace(piece.child, child=_content(filters, own)))


def _content(filters: list[Filter], clones: Mapping[str, Clone]) -> Node | None:
    """What is below a tile band: the filters, and the clones among them introduced."""
    below: Node | None = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    if not clones:
        return below
    extension = union_map()
    for clone in clones.values():
        extension = extension.union(_extension(clone))
    return Extension(below, extension=extension)


def _shared_band(group: Group) -> Band | None:
    """The tile bands of the roots as one band, or None for an untiled cluster."""
    bands = [c.band for c in group.roots if c.band is not None]
    if group.tiles.is_empty() or not bands:
        return None
    schedule = bands[0].schedule
    for band in bands[1:]:
        schedule = schedule.union_add(band.schedule)
    flags = tuple(all(column) for column in zip(*(band.coincident for band in bands)))
    return replace(bands[0], schedule=schedule, coincident=flags)


def _extension(clone: Clone) -> isl.UnionMap:
    """Tile -> clone instances of that tile."""
    dims = [f"i{k}" for k in range(clone.domain.dim(DIM.set))]
    tile = ", ".join(dims[: clone.tile_rank])
    text = f"{{ [{tile}] -> {clone.name}[{', '.join(dims)}] }}"
    return union_map(text).intersect_range(isl.UnionSet.from_set(clone.domain))


def _universe(points: isl.Set) -> isl.UnionSet:
    return isl.UnionSet.from_set(isl.Set.universe(points.get_space()))


def nonempty(node: Node | None) -> Node | None:
    """The subtree without filters that select nothing."""
    if node is None:
        return None
    if isinstance(node, Sequence):
        kept = [f for f in node.filters if not f.filter.is_empty()]
        filters = [Filter(nonempty(f.child), filter=f.filter) for f in kept]
        return filters[0].child if len(filters) == 1 else replace(node, filters=tuple(filters))
    return replace(node, child=nonempty(node.child))
