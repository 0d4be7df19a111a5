"""Chosen tile sizes as a policy and as a schedule tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Sequence as Seq
from dataclasses import replace
from typing import Literal

import islpy as isl

from akg_mlir.polyhedral.band_members import select_members
from akg_mlir.polyhedral.clones import nonempty
from akg_mlir.polyhedral.clustering import Cluster, cluster_of
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.dependence import maps_of
from akg_mlir.polyhedral.policy import Entry, Level, Policy, Tile
from akg_mlir.polyhedral.policy_binding import inner_loops, outer_loops
from akg_mlir.polyhedral.reservation import Reservation, restricted, with_parts
from akg_mlir.polyhedral.tile_plan import Choice
from akg_mlir.polyhedral.tiling import Split, member_ranges, split_reductions, tile_cluster
from akg_mlir.polyhedral.tree import Band, Domain, Filter, Sequence


def policy_of(choices: Seq[Choice], cubes: Collection[str]) -> Policy:
    """The choices in the policy language: parsing it and choosing again gives them back.

    `cubes` names the updates that run on the cube.
    """
    tiles: dict[str, list[list[Tile | None]]] = {}

    def loops(cluster: Cluster, statement: str, level: int = 0) -> list[Tile | None]:
        count = outer_loops(cluster) + inner_loops(cluster, statement)
        levels = tiles.setdefault(statement, [])
        while len(levels) <= level:
            levels.append([None] * count)
        return levels[level]

    for choice in choices:
        for root, members in choice.space.members.items():
            last = root.names[-1]
            specs = loops(root, last)
            for k in choice.banded if members else []:
                buffer = "L0C" if last in cubes else "UB"
                specs[members[k]] = Tile(choice.tile_sizes[k], buffer)
        for root, inner in choice.inside.chunks.items():
            specs = loops(root, root.names[-1], 1)
            for member, size in choice.sizes_of(inner).items():
                specs[member] = Tile(size, "UB")
        for reduction, inner in choice.inside.reductions:
            name = reduction.update.name
            cluster = next(c for c in choice.space.clusters if name in c.names)
            levels = choice.levels_of(inner)
            for level, sizes in enumerate(levels):
                buffer = "UB" if name not in cubes else "L0A" if sizes is levels[-1] else "L1"
                specs = loops(cluster, name, level)
                for member, size in sizes.items():
                    specs[outer_loops(cluster) + member] = Tile(size, buffer)
    return Policy(
        tuple(
            Entry(name, tuple(Level(tuple(level)) for level in levels))
            for name, levels in tiles.items()
        )
    )


Isolation = Literal["loops", "full", "none"]
"""How partial tiles are kept apart from full ones in generated code: every loop is split where
tiles change, only full tiles get loops of their own, or every tile is tested at run time."""


def tiled_tree(
    root: Domain,
    clusters: Seq[Cluster],
    choices: Seq[Choice],
    isolation: Isolation,
    reservations: Seq[Reservation] = (),
) -> Domain:
    """The tree with the chosen tile bands, clusters in their order: of producers with reserved
    parts first the rest, then the parts."""
    rest = {r.whole: r.rest.instances for r in reservations}
    filters: list[Filter] = []
    for cluster in with_parts(clusters, reservations):
        found = _tiled_filter(root, cluster, choices, isolation)
        if cluster in rest:
            found = restricted(cluster_of(found), rest[cluster]).to_filter()
        filters.append(replace(found, child=nonempty(found.child)))
    child = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    return Domain(child, domain=root.domain)


def _tiled_filter(
    root: Domain, cluster: Cluster, choices: Seq[Choice], isolation: Isolation
) -> Filter:
    node = cluster.to_node()
    for choice in choices:
        if cluster not in choice.space.clusters:
            continue
        inside = choice.inside
        splits = [
            Split(r, choice.levels_of(inner), r.update.name in inside.closed)
            for r, inner in inside.reductions
            if r.update.name in cluster.names
        ]
        if splits:
            node = split_reductions(cluster, splits).to_node()
        if cluster in inside.chunks:
            sizes = choice.sizes_of(inside.chunks[cluster])
            node = tile_cluster(cluster, node, root.domain, sizes)
        if cluster in choice.space.members:
            members = choice.space.members[cluster]
            chosen = {members[k]: choice.tile_sizes[k] for k in choice.banded} if members else {}
            band = tile_cluster(cluster, node, root.domain, chosen)
            instances = root.domain.intersect(cluster.instances)
            options = _options(cluster.band, instances, chosen, isolation)
            chunks = choice.chunks if chosen else None
            node = replace(band, options=options, chunks=chunks)
    return Filter(node, filter=cluster.instances)


def _options(
    band: Band | None, instances: isl.UnionSet, sizes: Mapping[int, int], isolation: Isolation
) -> isl.UnionSet | None:
    """The AST options of the tile band of some members of `band`; its coordinates start at zero."""
    if isolation == "loops":
        return None
    if isolation == "none" or band is None or not sizes:
        return union_set("{ atomic[x] }")
    full = _full_tiles(band, instances, sizes)
    nothing = isl.Map.from_domain_and_range(isl.Set("{ [] }", context()), full)
    return isl.UnionSet.from_set(nothing.wrap().set_tuple_name("isolate"))


def _full_tiles(band: Band, instances: isl.UnionSet, sizes: Mapping[int, int]) -> isl.Set:
    """The tiles in which every statement has an instance at every point."""
    ranges = member_ranges(band, instances)
    points = [f"p{k}" for k in sizes]
    tiles = [f"t{k}" for k in sizes]
    inside = " and ".join(
        f"{size} t{k} <= p{k} - ({ranges[k][0]}) < {size} t{k} + {size}"
        for k, size in sizes.items()
    )
    tile = isl.Map(f"{{ [{', '.join(points)}] -> [{', '.join(tiles)}] : {inside} }}", context())
    chosen = select_members(band.schedule, list(sizes)).intersect_domain(instances)
    executed = [m.range() for m in maps_of(isl.UnionMap.from_multi_union_pw_aff(chosen))]
    every = executed[0]
    for other in executed[1:]:
        every = every.union(other)
    used = every.apply(tile)
    full = used
    for one in executed:
        full = full.subtract(used.apply(tile.reverse()).subtract(one).apply(tile))
    return full.coalesce()
