"""Which accesses of fused groups go to storage private to a tile, and who cannot fuse for it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.fusion_groups import Group
from akg_mlir.polyhedral.origins import Origins
from akg_mlir.polyhedral.privatisation import Conflict, TileContent, private_accesses
from akg_mlir.polyhedral.scop import Scop

Place = Mapping[Cluster, int]
"""The place of each cluster in the program."""


def privatise(scop: Scop, origins: Origins, groups: Seq[Group], place: Place) -> dict[Cluster, str]:
    """Find the private accesses of every group.

    If the producers of a group cannot have them: those that must stay where they are, and why.
    """
    for group in groups:
        if not group.producers:
            continue
        try:
            group.private = private_accesses(scop, origins, _content(group, groups))
        except Conflict as conflict:
            return _refused(group, conflict.statements, str(conflict))
    for group in groups:
        for cluster in group.producers:
            reason = _overtaken(scop, groups, place, group, cluster)
            if reason is not None:
                return _refused(group, set(cluster.names), reason)
    return {}


def _refused(group: Group, statements: set[str], reason: str) -> dict[Cluster, str]:
    """The producers of a group that hold these statements."""
    refused = {c: reason for c in group.producers if statements & set(c.names)}
    assert refused, "roots alone do not conflict"
    return refused


def _content(group: Group, groups: Seq[Group]) -> TileContent:
    others = [other.names for other in groups if other is not group]
    return TileContent(
        group.tiles.reverse(),
        group.extension,
        {n for c in group.roots for n in c.names},
        {n for c in group.producers for n in c.names},
        set[str]().union(*others),
    )


def _overtaken(
    scop: Scop, groups: Seq[Group], place: Place, group: Group, cluster: Cluster
) -> str | None:
    """Why the cluster's inputs are gone when the tiles of a group run, or None.

    A group that runs earlier must not store to an array that the cluster reads, when it holds
    statements that come after the cluster in the program.
    """
    inputs = {
        a.array
        for n in cluster.names
        for k, a in enumerate(scop.by_name[n].accesses)
        if not a.is_write and (n, k) not in group.private
    }
    for other in groups:
        if other is group or other.time(place) >= group.time(place):
            continue
        later = [c for c in other.roots + other.producers if place[c] > place[cluster]]
        for name in sorted(n for c in later for n in c.names):
            for k, access in enumerate(scop.by_name[name].accesses):
                stored = access.is_write and (name, k) not in other.private
                if stored and access.array in inputs:
                    return f"{name} overwrites {access.array} before the tiles that use it run"
    return None


def private_arrays(scop: Scop, groups: Seq[Group], cluster: Cluster) -> tuple[str, ...]:
    """The arrays that the values of a fused cluster leave for private storage."""
    found = {
        scop.by_name[name].accesses[k].array
        for group in groups
        if cluster in group.producers
        for name, k in group.private
        if name in cluster.names and scop.by_name[name].accesses[k].is_write
    }
    return tuple(sorted(found))
