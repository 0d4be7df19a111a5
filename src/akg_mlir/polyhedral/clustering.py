"""Clusters: the statement groups that share an outer band, and conservative merging of them.

A schedule is a sequence of clusters. isl serialises the strongly connected components, so that
fusing is our decision: neighbours merge when their parallel members can be aligned so that every
dependence between them has distance zero, and no parallel member is lost on either side.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral.band_members import permute_band, select_members, split_band
from akg_mlir.polyhedral.context import maps_of, union_of, union_set
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.tree import (
    Band,
    Domain,
    Filter,
    Node,
    Sequence,
    TreeError,
    statement_names,
)

DIM = isl.dim_type


@dataclass(frozen=True, eq=False)
class Cluster:
    """One or more statements below a common outer band (absent when they share no loop).

    `parts` are executed in order inside one iteration of the band.
    """

    parts: tuple[Filter, ...]
    band: Band | None = None

    @property
    def instances(self) -> isl.UnionSet:
        """Universe of the statements' spaces."""
        result = union_set()
        for part in self.parts:
            result = result.union(part.filter)
        return result

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The statements in execution order of the parts."""
        return tuple(n for part in self.parts for n in statement_names(part.filter))

    @property
    def parallel(self) -> tuple[int, ...]:
        """Positions of the coincident members of a permutable outer band."""
        if self.band is None or not self.band.permutable:
            return ()
        return tuple(k for k, c in enumerate(self.band.coincident) if c)

    def to_node(self) -> Node | None:
        """The subtree below the cluster's filter."""
        below = self.parts[0].child if len(self.parts) == 1 else Sequence(filters=self.parts)
        return below if self.band is None else replace(self.band, child=below)

    def to_filter(self) -> Filter:
        """The cluster as one child of the top-level sequence."""
        return Filter(self.to_node(), filter=self.instances)


def clusters_of(root: Domain) -> tuple[Cluster, ...]:
    """The clusters of a tree whose root holds one cluster or a sequence of them."""
    if isinstance(root.child, Sequence):
        return tuple(cluster_of(f) for f in root.child.filters)
    return (cluster_of(Filter(root.child, filter=root.domain.universe())),)


def cluster_of(whole: Filter) -> Cluster:
    """The cluster whose filter this is."""
    instances, node = whole.filter, whole.child
    band = node if isinstance(node, Band) else None
    below = node if band is None else band.child
    if isinstance(below, Sequence) and below.ordered:
        return Cluster(below.filters, band)
    return Cluster((Filter(below, filter=instances),), band)


def to_root(domain: isl.UnionSet, clusters: Seq[Cluster]) -> Domain:
    """The tree that executes the clusters one after the other."""
    if not clusters:
        raise TreeError("a tree has at least one cluster")
    only = clusters[0].to_node()
    if len(clusters) == 1 and not isinstance(only, Sequence):
        return Domain(only, domain=domain)
    # The parts of an only cluster without a band would be read back as clusters of their own.
    filters = tuple(c.to_filter() for c in clusters)
    return Domain(Sequence(filters=filters), domain=domain)


# ----------------------------------------------------------------------------------------- merging


@dataclass(frozen=True)
class Merge:
    """Whether a cluster joined the latest earlier one it depends on; `refusal` says why not."""

    earlier: tuple[str, ...]
    later: tuple[str, ...]
    refusal: str | None


def merge_clusters(
    clusters: Seq[Cluster], dependences: isl.UnionMap
) -> tuple[tuple[Cluster, ...], list[Merge]]:
    """Merge each cluster into the latest earlier one it depends on, where that loses nothing.

    `dependences` is the validity relation between statement instances. Clusters in between are
    independent of the merged one, so moving it up keeps their order.
    """
    merged: list[Cluster] = []
    decisions: list[Merge] = []
    into = _by_sink(dependences)
    home: dict[str, int] = {}
    for cluster in clusters:
        found = [
            (home[m.get_tuple_name(DIM.in_)], m)
            for n in cluster.names
            for m in into.get(n, ())
            if m.get_tuple_name(DIM.in_) in home
        ]
        place = len(merged)
        if found:
            latest = max(position for position, _ in found)
            between = union_of([m for position, m in found if position == latest])
            both = _merge(merged[latest], cluster, between)
            refusal = both if isinstance(both, str) else None
            decisions.append(Merge(merged[latest].names, cluster.names, refusal))
            if isinstance(both, Cluster):
                place = latest
                merged[latest] = both
        if place == len(merged):
            merged.append(cluster)
        home |= dict.fromkeys(cluster.names, place)
    return tuple(merged), decisions


def _by_sink(dependences: isl.UnionMap) -> dict[str, list[isl.Map]]:
    result: dict[str, list[isl.Map]] = {}
    for part in maps_of(dependences):
        result.setdefault(part.get_tuple_name(DIM.out), []).append(part)
    return result


def _merge(a: Cluster, b: Cluster, between: isl.UnionMap) -> Cluster | str:
    """Both below the parallel members they share, or why that loses something."""
    if len(a.parallel) != len(b.parallel):
        return f"{len(a.parallel)} parallel dimensions against {len(b.parallel)}"
    pairs = _aligned(a, b, between)
    if len(pairs) != len(a.parallel):
        return f"{len(a.parallel) - len(pairs)} parallel dimensions carry a dependence between them"
    outer_a, parts_a = _expose(a, [i for i, _ in pairs])
    outer_b, parts_b = _expose(b, [j for _, j in pairs])
    if outer_a is None or outer_b is None:
        return Cluster((*parts_a, *parts_b))
    band = replace(outer_a, schedule=outer_a.schedule.union_add(outer_b.schedule), child=None)
    return Cluster((*parts_a, *parts_b), band)


def _aligned(a: Cluster, b: Cluster, between: isl.UnionMap) -> list[tuple[int, int]]:
    """Parallel members of `a` and `b` between which every dependence has distance zero."""
    pairs: list[tuple[int, int]] = []
    if a.band is None or b.band is None:
        return pairs
    sources = a.band.schedule.intersect_domain(between.domain().universe())
    sinks = b.band.schedule.intersect_domain(between.range().universe())
    for i in a.parallel:
        for j in b.parallel:
            if j in (other for _, other in pairs):
                continue
            member = select_members(sources, [i]).union_add(select_members(sinks, [j]))
            if between.is_subset(between.eq_at_multi_union_pw_aff(member)):
                pairs.append((i, j))
                break
    return pairs


def _expose(cluster: Cluster, members: list[int]) -> tuple[Band | None, tuple[Filter, ...]]:
    """The chosen members as outer band; what else the band had stays around all parts: they may
    depend on each other from one of its iterations to the next."""
    if cluster.band is None or not members:
        node = cluster.to_node()
        if isinstance(node, Sequence):
            return None, node.filters
        return None, (Filter(node, filter=cluster.instances),)
    if members == list(range(cluster.band.members)):
        return cluster.band, cluster.parts
    rest = [k for k in range(cluster.band.members) if k not in members]
    ordered = permute_band(cluster.band, members + rest)
    below = cluster.parts[0].child if len(cluster.parts) == 1 else Sequence(filters=cluster.parts)
    parts = cluster.parts
    if rest:
        whole = split_band(replace(ordered, child=below), len(members))
        assert isinstance(whole, Band)
        parts = (Filter(whole.child, filter=cluster.instances),)
    outer = split_band(replace(ordered, child=None), len(members))
    assert isinstance(outer, Band)
    return replace(outer, child=None), parts


# ------------------------------------------------------------------------------------ member order


def contiguous_innermost(cluster: Cluster, scop: Scop) -> Cluster:
    """Order the parallel members as the last statement's output array has its dimensions.

    Members that are not parallel stay behind them, in their own order. Permuting a permutable band
    is always legal.
    """
    if cluster.band is None or not cluster.band.permutable or cluster.band.members < 2:
        return cluster
    last = scop.by_name[cluster.names[-1]]
    depth = {k: _deepest_index(cluster.band, k, last) for k in cluster.parallel}
    ordered = sorted(cluster.parallel, key=lambda k: depth[k])
    rest = [k for k in range(cluster.band.members) if k not in depth]
    return replace(cluster, band=permute_band(cluster.band, ordered + rest))


def _deepest_index(band: Band, member: int, statement: Statement) -> int:
    """The last index of the written array that moves with the member, or -1."""
    time = band_relation(band, [member], statement)
    dims = [d for d in range(statement.rank) if time.involves_dims(DIM.in_, d, 1)]
    written = statement.writes[-1].relation
    rank = written.dim(DIM.out)
    for index in reversed(range(rank)):
        alone = written.project_out(DIM.out, index + 1, rank - index - 1)
        alone = alone.project_out(DIM.out, 0, index)
        if any(alone.involves_dims(DIM.in_, d, 1) for d in dims):
            return index
    return -1


def band_relation(band: Band, members: list[int], statement: Statement) -> isl.Map:
    """One statement's instances -> values of some members."""
    chosen = select_members(band.schedule, members)
    own = chosen.intersect_domain(
        isl.UnionSet.from_set(isl.Set.universe(statement.domain.get_space()))
    )
    return isl.Map.from_union_map(isl.UnionMap.from_multi_union_pw_aff(own))
