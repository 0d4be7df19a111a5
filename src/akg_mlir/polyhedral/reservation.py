"""Partial coverage: producers of which only a part must exist outside the tiles that use them.

Some values of such a producer are results of the kernel, the others are replaced before it ends.
The reserved instances, closed under what they read of their own cluster, keep a place of their own
and write to GM; the tiles recompute privately what they need. In the tree the producer is then
several clusters over disjoint instances of the same statements: the tiled ones are reserved, the
other is the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import union_set
from akg_mlir.polyhedral.counting import count_union
from akg_mlir.polyhedral.origins import Origins
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tiling import is_tiled
from akg_mlir.polyhedral.tree import statement_names

DIM = isl.dim_type
MOST_PARTS = 4
"""Reserved boxes of one producer, as many as a frame has: each is a tile band of its own."""


@dataclass(frozen=True, eq=False)
class Reservation:
    """A producer as a whole, its reserved parts, and the rest of it: disjoint instances."""

    whole: Cluster
    parts: tuple[Cluster, ...]
    rest: Cluster

    @property
    def instances(self) -> isl.UnionSet:
        """All reserved instances."""
        result = union_set()
        for part in self.parts:
            result = result.union(part.instances)
        return result

    @property
    def count(self) -> int:
        """Number of reserved instances."""
        return count_union(self.instances)


def with_parts(clusters: Iterable[Cluster], reservations: Seq[Reservation]) -> list[Cluster]:
    """The clusters with the reserved parts behind their producers."""
    parts = {r.whole: r.parts for r in reservations}
    return [c for cluster in clusters for c in (cluster, *parts.get(cluster, ()))]


def restricted(cluster: Cluster, instances: isl.UnionSet) -> Cluster:
    """The cluster over some of its instances."""
    parts = tuple(replace(p, filter=p.filter.intersect(instances)) for p in cluster.parts)
    return replace(cluster, parts=parts)


def read_reservations(clusters: Seq[Cluster]) -> tuple[list[Cluster], list[Reservation]]:
    """The clusters of a tree with producers whole again in place of the rest, and what their
    tiled parts reserve."""
    result: list[Cluster] = []
    found: list[Reservation] = []
    for cluster in clusters:
        same = [c for c in clusters if set(c.names) & set(cluster.names)]
        if len(same) == 1:
            result.append(cluster)
        if len(same) == 1 or is_tiled(cluster):
            continue
        parts = tuple(replace(p, filter=p.filter.universe()) for p in cluster.parts)
        whole = replace(cluster, parts=parts)
        found.append(Reservation(whole, tuple(c for c in same if is_tiled(c)), cluster))
        result.append(whole)
    return result, found


def reserve(
    scop: Scop, origins: Origins, validity: isl.UnionMap, cluster: Cluster
) -> Reservation | None:
    """What a producer of results reserves; None if that is all of it, or no few boxes."""
    names = set(cluster.names)
    written = {a.array for n in names for a in scop.by_name[n].writes} & set(scop.live_out)
    if all(origins.accessors(a, writes=True) <= names for a in written):
        return None
    kept = _closed(scop, origins, cluster, written)
    if kept is None:
        return None
    boxes = _boxes(kept)
    if not boxes:
        return None
    rest = scop.domain().intersect(cluster.instances).subtract(kept).coalesce()
    if statement_names(rest) != tuple(sorted(names)) or not _independent([*boxes, rest], validity):
        return None
    return Reservation(
        cluster, tuple(restricted(cluster, box) for box in boxes), restricted(cluster, rest)
    )


def _closed(
    scop: Scop, origins: Origins, cluster: Cluster, results: Iterable[str]
) -> isl.UnionSet | None:
    """The instances that write what survives in the `results`, and all that these need of the
    cluster; None if the chain does not end."""
    statements = tuple(scop.by_name[n] for n in cluster.names)
    reads, writes = (scop.accesses(statements, writes=w) for w in (False, True))
    domain = scop.domain(statements)
    elements, found = union_set(), union_set()
    for array in results:
        survivors = origins.survivors(array).intersect(cluster.instances)
        elements = elements.union(survivors.apply(writes))
    for _ in range(len(statements) + 2):
        instances = elements.apply(writes.reverse()).intersect(domain).coalesce()
        if instances.is_subset(found):
            return found
        found = instances
        elements = elements.union(found.apply(reads))
    return None


def _boxes(kept: isl.UnionSet) -> list[isl.UnionSet] | None:
    """Disjoint parts of the reserved instances, each convex; None if there are too many.

    Several statements of a cluster share its band: they stay together, in one part.
    """
    sets = kept.get_set_list()
    found = [sets.get_at(k).make_disjoint().coalesce() for k in range(sets.n_set())]
    pieces = [s.get_basic_sets() for s in found]
    most = MOST_PARTS if len(found) == 1 else 1
    if any(len(p) > most or any(b.dim(DIM.div) for b in p) for p in pieces):
        return None
    if len(found) > 1:
        return [kept]
    return [isl.UnionSet.from_set(isl.Set.from_basic_set(b)) for b in pieces[0]]


def _independent(parts: Seq[isl.UnionSet], validity: isl.UnionMap) -> bool:
    """Whether the parts may execute in any order."""
    return not any(
        not validity.intersect_domain(a).intersect_range(b).is_empty()
        for a in parts
        for b in parts
        if a is not b
    )
