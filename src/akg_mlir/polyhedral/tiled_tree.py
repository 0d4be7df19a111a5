"""Chosen tile sizes as a policy and as a schedule tree."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Seq

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.policy import Entry, Level, Policy, Tile
from akg_mlir.polyhedral.policy_binding import inner_loops, outer_loops
from akg_mlir.polyhedral.tile_choice import Choice
from akg_mlir.polyhedral.tiling import Split, split_reductions, tile_cluster
from akg_mlir.polyhedral.tree import Domain, Filter, Sequence


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
            specs = loops(cluster, name)
            for member, size in choice.sizes_of(inner).items():
                buffer = "L0A" if name in cubes else "UB"
                specs[outer_loops(cluster) + member] = Tile(size, buffer)
    return Policy(
        tuple(
            Entry(name, tuple(Level(tuple(level)) for level in levels))
            for name, levels in tiles.items()
        )
    )


def tiled_tree(root: Domain, clusters: Seq[Cluster], choices: Seq[Choice]) -> Domain:
    """The tree with the chosen tile bands, clusters in their order."""
    filters = [_tiled_filter(root, cluster, choices) for cluster in clusters]
    child = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    return Domain(child, domain=root.domain)


def _tiled_filter(root: Domain, cluster: Cluster, choices: Seq[Choice]) -> Filter:
    node = cluster.to_node()
    for choice in choices:
        if cluster not in choice.space.clusters:
            continue
        inside = choice.inside
        splits = [
            Split(r, (choice.sizes_of(inner),), r.update.name in inside.closed)
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
            node = tile_cluster(cluster, node, root.domain, chosen)
    return Filter(node, filter=cluster.instances)
