"""A schedule tree of clusters for the original statements: isl's scheduler, then our merging."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import islpy as isl

from akg_mlir.polyhedral.clustering import (
    Cluster,
    clusters_of,
    contiguous_innermost,
    merge_clusters,
    to_root,
)
from akg_mlir.polyhedral.context import union_map
from akg_mlir.polyhedral.dependence import Dependences, maps_of
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tree import Domain, TreeError, from_isl

DIM = isl.dim_type


class SchedulingError(Exception):
    """isl found no schedule; the textual order remains."""


def schedule(scop: Scop, dependences: Dependences) -> Domain:
    """Domain over a sequence of clusters, in textual order as far as dependences allow.

    Reduction members come out as members of a permutable band that are not coincident, because
    the order of updates is relaxed in validity and kept in coincidence. Raises `SchedulingError`.
    """
    validity = dependences.validity
    clusters = clusters_of(_serialised(scop, dependences))
    ordered = _textual(clusters, scop, validity)
    merged = merge_clusters(ordered, validity)
    return to_root(scop.domain(), [contiguous_innermost(c, scop) for c in merged])


def _serialised(scop: Scop, dependences: Dependences) -> Domain:
    """isl's schedule with strongly connected components one after the other."""
    constraints = isl.ScheduleConstraints.on_domain(scop.domain())
    constraints = constraints.set_validity(dependences.validity)
    constraints = constraints.set_coincidence(dependences.coincidence)
    for proximity in (dependences.proximity, union_map()):
        try:
            found = constraints.set_proximity(proximity).compute_schedule()
            root = from_isl(found)
        except (isl.Error, TreeError) as error:
            reason = str(error)
            continue
        if isinstance(root, Domain):
            return root
        reason = "the schedule has no domain"
    raise SchedulingError(reason)


def _textual(clusters: Seq[Cluster], scop: Scop, validity: isl.UnionMap) -> list[Cluster]:
    """Topological order of the clusters, the textually first one first where there is a choice."""
    place = {s.name: k for k, s in enumerate(scop.originals)}
    home = {name: c for c in clusters for name in c.names}
    sources: dict[Cluster, set[Cluster]] = {c: set() for c in clusters}
    for part in maps_of(validity):
        source, sink = (home[part.get_tuple_name(side)] for side in (DIM.in_, DIM.out))
        if source is not sink:
            sources[sink].add(source)
    waiting = sorted(clusters, key=lambda c: min(place[n] for n in c.names))
    ordered: list[Cluster] = []
    while waiting:
        ready = next((c for c in waiting if sources[c].isdisjoint(waiting)), None)
        if ready is None:
            raise SchedulingError("the components depend on each other in a circle")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered
