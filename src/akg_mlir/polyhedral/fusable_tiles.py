"""Chosen tiles that can be fused as planned: the plan sees tiles of single points only.

What a larger tile needs of a producer follows from a single point where index spaces are kept.
Where the instances follow from divisions (flat index spaces), real tiles must be asked.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import replace

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster, clusters_of
from akg_mlir.polyhedral.context import maps_of
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.reservation import read_reservations
from akg_mlir.polyhedral.tile_choice import Tiler
from akg_mlir.polyhedral.tile_plan import Choice, TilePlan
from akg_mlir.polyhedral.tiled_tree import tiled_tree
from akg_mlir.polyhedral.tiling import is_tiled
from akg_mlir.polyhedral.tree import Domain

DIM = isl.dim_type


def choose_fusable(tiler: Tiler) -> tuple[Tiler, TilePlan]:
    """Sizes for every tile space so that the planned producers fuse, and the tiler that chose them.

    A producer that the chosen tiles cannot recompute gets a tile space of its own. Raises what
    `Tiler.choose` raises.
    """
    while True:
        found = tiler.choose()
        refused = _refused(tiler, found)
        if not refused:
            return tiler, found
        tiler = replace(tiler, apart={**tiler.apart, **refused})


def tiles_of(clusters: Seq[Cluster], domain: isl.UnionSet) -> dict[Cluster, isl.UnionMap]:
    """Instance -> tile of every tiled cluster."""
    return {
        c: c.band.relation.intersect_domain(domain.intersect(c.instances))
        for c in clusters
        if c.band is not None and is_tiled(c)
    }


def _refused(tiler: Tiler, found: TilePlan) -> dict[Cluster, str]:
    """The producers that should be fused and would not be, and why."""
    if not any(_divides(choice) for choice in found.choices):
        return {}
    domain = tiler.scop.domain()
    root = tiled_tree(
        Domain(None, domain=domain), tiler.clusters, found.choices, "none", found.reservations
    )
    tiled = clusters_of(root)
    clusters, reservations = read_reservations(tiled)
    fuser = Fuser(tiler.scop, tiler.dependences, tiler.max_redundancy, reservations)
    kept = {
        decision.statements: decision.reason
        for decision in fuser.run(clusters, tiles_of(tiled, domain)).decisions
        if decision.kind == "kept"
    }
    planned = {c for choice in found.choices for c in choice.space.group.producers}
    return {c: kept[c.names] for c in planned if c.names in kept}


def _divides(choice: Choice) -> bool:
    """Whether what a point needs of some producer has divisions."""
    return any(
        piece.dim(DIM.div)
        for relation in maps_of(choice.space.group.extension)
        for piece in relation.get_basic_maps()
    )
