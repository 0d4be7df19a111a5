"""Reverse fusion: which producers are recomputed under which tile band, and what each tile needs.

Only the live-out clusters are tiled. For every producer cluster, from the last to the first, the
instances that one tile needs follow from the tile's own reads:
`extension = tiles^-1 . reads . writes^-1`, iterated until it is closed inside the cluster.
(The reverse strategy of AKG, PLDI 2021 section 4.3.)

The same code serves two granularities: real tiles (`poly-fuse`), and tiles of single points
(`plan`), where it says what would fuse whatever the tile sizes.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, field

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import union_map, union_set
from akg_mlir.polyhedral.counting import count_pairs, count_set
from akg_mlir.polyhedral.dependence import Dependences, maps_of
from akg_mlir.polyhedral.footprint import FootprintError, box
from akg_mlir.polyhedral.scop import Scop

DIM = isl.dim_type


@dataclass(frozen=True)
class Decision:
    """What was decided about one cluster: `fused`, `tiled` (a root), `dead` or `kept`.

    `reason` says why it was not fused. `recomputed` and `original` count instances.
    """

    statements: tuple[str, ...]
    kind: str
    reason: str = ""
    recomputed: int = 0
    original: int = 0


@dataclass(eq=False)
class Group:
    """Clusters that share one tile band, and the producers recomputed below it.

    `tiles` maps root instances to tiles (empty for an untiled cluster), `extension` maps tiles to
    producer instances, `need` maps tiles to all elements read so far (the whole untiled cluster
    counts as one).
    """

    roots: list[Cluster]
    tiles: isl.UnionMap
    need: isl.UnionMap
    producers: list[Cluster] = field(default_factory=list[Cluster])
    extension: isl.UnionMap = field(default_factory=union_map)

    @property
    def names(self) -> set[str]:
        """All statements below the tile band."""
        return {name for c in self.producers + self.roots for name in c.names}


@dataclass(frozen=True)
class FusionResult:
    """Groups in execution order, and a decision for each of the clusters in theirs."""

    groups: tuple[Group, ...]
    decisions: tuple[Decision, ...]
    clusters: tuple[Cluster, ...]

    def inside(self, group: Group) -> list[Cluster]:
        """Roots and producers of a group in the order in which they execute inside a tile."""
        return [c for c in self.clusters if c in group.roots or c in group.producers]


class Fuser:
    """Assigns clusters to groups, from the last cluster to the first."""

    def __init__(
        self, scop: Scop, dependences: Dependences, max_redundancy: float | None = None
    ) -> None:
        """`max_redundancy` limits recomputation (see `limit`); None does not count instances."""
        self.scop = scop
        self.max_redundancy = max_redundancy
        self.validity = dependences.validity
        self.sources = dependences.raw.union(dependences.reduction_order)
        self.reads = scop.accesses(writes=False)
        self.writes = scop.accesses(writes=True)
        self.domain = scop.domain()
        self.edges = {
            (m.get_tuple_name(DIM.in_), m.get_tuple_name(DIM.out)) for m in maps_of(self.validity)
        }
        self.place: dict[Cluster, int] = {}
        self.groups: list[Group] = []
        self.decisions: dict[Cluster, Decision] = {}

    def run(self, clusters: Seq[Cluster], tiles: dict[Cluster, isl.UnionMap]) -> FusionResult:
        """`tiles` has the instance -> tile map of every tiled cluster."""
        self.place = {c: k for k, c in enumerate(clusters)}
        for cluster in reversed(clusters):
            if cluster in tiles:
                self.place_root(cluster, tiles[cluster])
            else:
                self.place_producer(cluster)
        groups = sorted(self.groups, key=lambda g: max(self.place[c] for c in g.roots))
        decisions = tuple(self.decisions[c] for c in clusters)
        return FusionResult(tuple(groups), decisions, tuple(clusters))

    # ------------------------------------------------------------------------------------- roots

    def place_root(self, cluster: Cluster, tiles: isl.UnionMap) -> None:
        """Join the tiled cluster to a group with the same tiles, or open a group.

        A cluster that writes no result was tiled on its own because it fits nowhere else.
        """
        users = self.users(cluster)
        reason = ""
        for group in (users or self.groups) if self.is_live_out(cluster) else ():
            refusal = self.refuses_root(group, cluster, tiles, users)
            if refusal is None:
                group.tiles = group.tiles.union(tiles)
                group.need = group.need.union(self.read_by(tiles)).coalesce()
                group.roots.append(cluster)
                self.decide(cluster, "tiled", "shares the tile band of " + _names(group.roots[0]))
                return
            reason = refusal
        self.open_group(cluster, tiles)
        self.decide(cluster, "tiled", reason if users else "")

    def refuses_root(
        self, group: Group, cluster: Cluster, tiles: isl.UnionMap, users: list[Group]
    ) -> str | None:
        """Why a tiled cluster cannot run below the tile band of a group, or None."""
        if len(users) > 1:
            return "other tile bands use it too"
        if group.tiles.is_empty() or _tile_sizes(cluster) != _tile_sizes(group.roots[0]):
            return "its tiles differ"
        if not tiles.range().is_equal(group.tiles.range()):
            return "its tiles differ"
        own = self.writes.intersect_domain(cluster.instances)
        needed = group.need.apply_range(own.reverse())
        if not needed.is_subset(tiles.reverse()):
            return "a tile needs results of other tiles"
        between = self.validity.intersect_domain(cluster.instances)
        between = between.intersect_range(group.tiles.domain())
        distances = between.apply_domain(tiles).apply_range(group.tiles)
        if not distances.is_subset(tiles.range().identity()):
            return "a dependence joins different tiles"
        return self.overwritten(group, [cluster])

    def open_group(self, cluster: Cluster, tiles: isl.UnionMap) -> Group:
        group = Group([cluster], tiles, self.read_by(tiles))
        self.groups.insert(0, group)
        return group

    def read_by(self, tiles: isl.UnionMap) -> isl.UnionMap:
        """Tile -> element that the tile's own instances read."""
        return tiles.reverse().apply_range(self.reads)

    # --------------------------------------------------------------------------------- producers

    def place_producer(self, cluster: Cluster) -> None:
        """Recompute the cluster below the one tile band that uses it, or leave it alone."""
        users = self.users(cluster)
        needed = [(g, self.extension(g, cluster)) for g in users]
        using = [g for g, e in needed if e is None or not e.is_empty()]
        if not using:
            self.decide(cluster, "dead")
            return
        reason = "several tile bands use it"
        if len(users) == 1:
            group, extension = needed[0]
            if extension is None:
                reason = "a tile needs a chain of its instances that grows with the tile"
            elif group.tiles.is_empty():
                reason = "its user is not tiled"
            else:
                reason = self.refuses_producer(group, cluster, extension)
                if reason is None:
                    self.fuse(group, cluster, extension)
                    return
        self.keep(cluster, reason)

    def keep(self, cluster: Cluster, reason: str) -> None:
        """The producer stays where it is, and its tensor in GM."""
        group = self.open_group(cluster, union_map())
        reads = self.reads.intersect_domain(cluster.instances).range()
        group.need = isl.UnionMap.from_domain_and_range(union_set("{ [0] }"), reads)
        self.decide(cluster, "kept", reason)

    def extension(self, group: Group, cluster: Cluster) -> isl.UnionMap | None:
        """Tile -> instances of the cluster that it needs; None if the chain does not close."""
        writes = self.writes.intersect_domain(cluster.instances)
        reads = self.reads.intersect_domain(cluster.instances)
        need, found = group.need, union_map()
        for _ in range(len(cluster.names) + 2):
            instances = boxed(need.apply_range(writes.reverse()).coalesce(), self.domain)
            if instances.is_subset(found):
                return found
            found = instances
            need = need.union(found.apply_range(reads))
        return None

    def refuses_producer(
        self, group: Group, cluster: Cluster, extension: isl.UnionMap
    ) -> str | None:
        """Why a producer cannot be recomputed in every tile, or None."""
        if self.is_live_out(cluster):
            return "it writes a result of the kernel"
        reason = self.overwritten(group, [], cluster)
        if reason is not None or self.max_redundancy is None:
            return reason
        recomputed, original = self.counts(cluster, extension)
        limit = self.limit(group, original, self.max_redundancy)
        if recomputed > limit:
            return (
                f"it would compute {recomputed} instances instead of {original}, "
                f"more than {limit:.0f}"
            )
        return None

    def limit(self, group: Group, original: int, max_redundancy: float) -> float:
        """Instances that a producer may execute: `max_redundancy` times its own, or with as many
        more as that leaves to the results, so that a small producer (a cast of one row that every
        row needs) is no reason for another pass over GM.
        """
        results = sum(count_set(self.scop.by_name[n].domain) for c in group.roots for n in c.names)
        return original + (max_redundancy - 1) * max(original, results)

    def counts(self, cluster: Cluster, extension: isl.UnionMap) -> tuple[int, int]:
        """Instances over all tiles, and instances of the original program."""
        original = sum(count_set(self.scop.by_name[n].domain) for n in cluster.names)
        return sum(count_pairs(m) for m in maps_of(extension)), original

    def fuse(self, group: Group, cluster: Cluster, extension: isl.UnionMap) -> None:
        group.producers.append(cluster)
        group.extension = group.extension.union(extension)
        group.need = group.need.union(extension.apply_range(self.reads)).coalesce()
        recomputed, original = (
            (0, 0) if self.max_redundancy is None else self.counts(cluster, extension)
        )
        self.decide(cluster, "fused", "", recomputed, original)

    # ------------------------------------------------------------------------------------ shared

    def is_live_out(self, cluster: Cluster) -> bool:
        """Whether the cluster writes a result of the kernel."""
        written = {a.array for n in cluster.names for a in self.scop.by_name[n].writes}
        return bool(written & self.scop.live_out)

    def users(self, cluster: Cluster) -> list[Group]:
        """Groups with a statement that depends on the cluster in any way."""
        return [
            g
            for g in self.groups
            if any((s, t) in self.edges for s in cluster.names for t in g.names)
        ]

    def overwritten(
        self, group: Group, roots: list[Cluster], producer: Cluster | None = None
    ) -> str | None:
        """Why recomputation would read what a tile has overwritten, or None.

        Tiles execute one after the other: a value from outside the tile must not live in an array
        that recomputed instances write, and a recomputed instance must not read an array that
        anything in the tile writes, unless the tile itself has produced the value before.
        """
        producers = {n for c in group.producers for n in c.names}
        producers |= set(producer.names) if producer else set()
        inside = group.names | producers | {n for c in roots for n in c.names}
        written_by = {n: {a.array for a in self.scop.by_name[n].writes} for n in inside}
        recomputed = {a for n in producers for a in written_by[n]}
        anything = {a for n in inside for a in written_by[n]}
        for name in sorted(inside):
            statement = self.scop.by_name[name]
            risky = anything if name in producers else recomputed
            for array in {a.array for a in statement.reads} & risky:
                if not self.produced_inside(name, array, inside):
                    return f"{name} reads {array}, which the tile overwrites"
        return None

    def produced_inside(self, name: str, array: str, inside: set[str]) -> bool:
        """Whether every instance reads an element of `array` that statements `inside` wrote."""
        writers = [n for n in inside if array in {a.array for a in self.scop.by_name[n].writes}]
        domain = isl.UnionSet.from_set(self.scop.by_name[name].domain)
        sources = union_set()
        for writer in writers:
            sources = sources.union(self.scop.domain((self.scop.by_name[writer],)))
        into = self.sources.intersect_domain(sources).intersect_range(domain)
        return domain.is_subset(into.range())

    def decide(
        self, cluster: Cluster, kind: str, reason: str = "", recomputed: int = 0, original: int = 0
    ) -> None:
        self.decisions[cluster] = Decision(cluster.names, kind, reason, recomputed, original)


def _tile_sizes(cluster: Cluster) -> tuple[int, ...] | None:
    return None if cluster.band is None else cluster.band.tile


def _names(cluster: Cluster) -> str:
    return "{" + ", ".join(cluster.names) + "}"


def boxed(extension: isl.UnionMap, domain: isl.UnionSet) -> isl.UnionMap:
    """The extension with relations that are no single box replaced by one, where that is small.

    Relations with divisions or of several pieces make slow code and tiles that no unit can do at
    once. More instances than needed are always legal; the box must at most double a tile.
    """
    result = union_map()
    for relation in maps_of(extension):
        result = result.union(isl.UnionMap.from_map(_boxed(relation, domain)))
    return result


def _boxed(relation: isl.Map, domain: isl.UnionSet) -> isl.Map:
    pieces = relation.get_basic_maps()
    if len(pieces) == 1 and pieces[0].dim(DIM.div) == 0:
        return relation
    try:
        hull = box(relation).relation(relation)
    except FootprintError:
        return relation
    instances = isl.Set.from_union_set(
        domain.intersect(isl.UnionSet.from_set(isl.Set.universe(relation.get_space().range())))
    )
    hull = hull.intersect_range(instances)
    tile = isl.Set.from_point(relation.domain().sample_point())
    exact = count_set(relation.intersect_domain(tile).range())
    return hull if count_set(hull.intersect_domain(tile).range()) <= 2 * exact else relation
