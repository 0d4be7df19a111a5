"""The tree of fused tiles: extension nodes whose instances are clones with tile coordinates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import union_map, union_set
from akg_mlir.polyhedral.dependence import maps_of
from akg_mlir.polyhedral.fusion import FusionResult, Group
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
    """`name[t.., i..]`, an instance of `original[i..]` that belongs to tile `t`."""

    name: str
    original: str
    domain: isl.Set
    tile_rank: int

    @property
    def projection(self) -> isl.UnionMap:
        """Clone instance -> original instance, unrestricted."""
        dims = [f"i{k}" for k in range(self.domain.dim(DIM.set))]
        kept = ", ".join(dims[self.tile_rank :])
        return union_map(f"{{ {self.name}[{', '.join(dims)}] -> {self.original}[{kept}] }}")


def fused_tree(
    root: Domain, result: FusionResult, taken: Collection[str], dims: Mapping[str, tuple[str, ...]]
) -> tuple[Domain, list[Clone]]:
    """The tree with every group below its tile band, and the clones it executes.

    Without clones an instance recomputed by several tiles would be scheduled several times; with
    tile coordinates every instance executes once, and the schedule stays a function. Fused and
    dead originals leave the domain. `taken` are names that clones must not get; `dims` has the
    dimension names of every original, in textual order, which the clones keep.
    """
    clones: list[Clone] = []
    filters: list[Filter] = []
    domain = union_set()
    for group in result.groups:
        roots = union_set()
        for cluster in group.roots:
            roots = roots.union(cluster.instances)
        node = _group_node(group, result.inside(group), taken, dims, clones)
        filters.append(Filter(node, filter=roots))
        domain = domain.union(root.domain.intersect(roots))
    child = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    return Domain(child, domain=domain), clones


def _group_node(
    group: Group,
    clusters: list[Cluster],
    taken: Collection[str],
    dims: Mapping[str, tuple[str, ...]],
    clones: list[Clone],
) -> Node | None:
    band = _shared_band(group)
    if band is None:
        return group.roots[0].to_node()
    needed = {m.get_tuple_name(DIM.out): m for m in maps_of(group.extension)}
    own = {n: _clone(needed[n], taken, dims[n]) for n in dims if n in needed}
    clones += own.values()
    filters: list[Filter] = []
    for cluster in clusters:
        if cluster in group.roots:
            filters += _filters(cluster.instances, replace(cluster, band=None).to_node())
        else:
            filters += _pulled(cluster, [own[n] for n in cluster.names if n in own])
    below: Node | None = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    if own:
        extension = union_map()
        for clone in own.values():
            extension = extension.union(_extension(clone))
        below = Extension(below, extension=extension)
    return replace(band, child=below)


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


def _filters(instances: isl.UnionSet, node: Node | None) -> list[Filter]:
    """The node as filters of an enclosing sequence."""
    if isinstance(node, Sequence) and node.ordered:
        return list(node.filters)
    return [Filter(node, filter=instances)]


def _clone(extension: isl.Map, taken: Collection[str], dims: tuple[str, ...]) -> Clone:
    original = extension.get_tuple_name(DIM.out)
    name = f"{original}_t"
    while name in taken:
        name += "_t"
    instances = extension.domain_map().reverse().flatten_range().range().set_tuple_name(name)
    rank = extension.dim(DIM.in_)
    for k in range(rank):
        instances = instances.set_dim_name(DIM.set, k, f"t{k}")
    for k, dim in enumerate(dims):
        instances = instances.set_dim_name(DIM.set, rank + k, dim)
    return Clone(name, original, instances, rank)


def _extension(clone: Clone) -> isl.UnionMap:
    """Tile -> clone instances of that tile."""
    dims = [f"i{k}" for k in range(clone.domain.dim(DIM.set))]
    tile = ", ".join(dims[: clone.tile_rank])
    text = f"{{ [{tile}] -> {clone.name}[{', '.join(dims)}] }}"
    return union_map(text).intersect_range(isl.UnionSet.from_set(clone.domain))


def _pulled(cluster: Cluster, clones: list[Clone]) -> list[Filter]:
    """The cluster's subtree over its clones; statements that no tile needs leave it."""
    to_old, instances = union_map(), union_set()
    for clone in clones:
        to_old = to_old.union(clone.projection)
        universe = isl.Set.universe(clone.domain.get_space())
        instances = instances.union(isl.UnionSet.from_set(universe))
    node = _nonempty(pullback(cluster.to_node(), isl.UnionPwMultiAff.from_union_map(to_old)))
    return _filters(instances, node)


def _nonempty(node: Node | None) -> Node | None:
    """The subtree without filters that select nothing."""
    if node is None:
        return None
    if isinstance(node, Sequence):
        kept = [f for f in node.filters if not f.filter.is_empty()]
        filters = [Filter(_nonempty(f.child), filter=f.filter) for f in kept]
        return filters[0].child if len(filters) == 1 else replace(node, filters=tuple(filters))
    return replace(node, child=_nonempty(node.child))
