"""Reverse fusion: which producers are recomputed under which tile bands, and what each tile needs.

Only the live-out clusters are tiled. For every producer cluster, from the last to the first, the
instances that one tile needs follow from the tile's own reads:
`extension = tiles^-1 . reads . writes^-1`, iterated until it is closed inside the cluster.
(The reverse strategy of AKG, PLDI 2021 section 4.3.)

The same code serves two granularities: real tiles (`poly-fuse`), and tiles of single points
(`plan`), where it says what would fuse whatever the tile sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import replace

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import (
    by_statement,
    maps_of,
    operations,
    union_map,
    union_of,
    union_set,
)
from akg_mlir.polyhedral.copies import refuses_copies
from akg_mlir.polyhedral.counting import count_union
from akg_mlir.polyhedral.dependence import Dependences
from akg_mlir.polyhedral.fusion_groups import Decision, FusionResult, Group, Use
from akg_mlir.polyhedral.hull import boxed
from akg_mlir.polyhedral.origins import Origins
from akg_mlir.polyhedral.private_storage import private_arrays, privatise
from akg_mlir.polyhedral.reservation import Reservation, with_parts
from akg_mlir.polyhedral.scop import Scop

DIM = isl.dim_type
ONCE = 1.25
"""How often an instance is executed at most where tiles divide a statement among them: tiles at the
end of a matrix compute whole fractals."""
OPERATIONS = 100_000
"""isl operations that the instances of one statement may take: a tenth of a second, as a rule."""


class Fuser:
    """Assigns clusters to groups, from the last cluster to the first."""

    def __init__(
        self,
        scop: Scop,
        dependences: Dependences,
        max_redundancy: float | None = None,
        reservations: Seq[Reservation] = (),
    ) -> None:
        """`max_redundancy` limits recomputation (see `limit`); None does not count instances.

        `reservations` name the producers that are recomputed though a part of each is a result.
        """
        self.scop = scop
        self.max_redundancy = max_redundancy
        self.reservations = {r.whole: r for r in reservations}
        self.parts = {part: r for r in reservations for part in r.parts}
        self.validity = dependences.validity
        self.origins = Origins(scop)
        self.reads = scop.accesses(writes=False)
        self.writes = scop.accesses(writes=True)
        self.reads_of, self.writes_of = by_statement(self.reads), by_statement(self.writes)
        self.domain = scop.domain()
        self.edges = {
            (m.get_tuple_name(DIM.in_), m.get_tuple_name(DIM.out)) for m in maps_of(self.validity)
        }
        self.place: dict[Cluster, int] = {}
        self.refused: dict[Cluster, str] = {}
        self.groups: list[Group] = []
        self.decisions: dict[Cluster, Decision] = {}

    def run(self, clusters: Seq[Cluster], tiles: dict[Cluster, isl.UnionMap]) -> FusionResult:
        """`tiles` has the instance -> tile map of every tiled cluster and reserved part.

        What shares an array is known when every cluster has its place. A producer that would
        destroy what others need is refused, and all are placed again.
        """
        clusters = with_parts(clusters, list(self.reservations.values()))
        self.place = {c: k for k, c in enumerate(clusters)}
        self.place |= {r.rest: self.place[r.whole] for r in self.reservations.values()}
        self.assign(clusters, tiles)
        while refused := privatise(self.scop, self.origins, self.groups, self.place):
            self.refused |= refused
            self.groups, self.decisions = [], {}
            self.assign(clusters, tiles)
        groups = sorted(self.groups, key=self.time)
        decisions = tuple(
            replace(self.decisions[c], private=private_arrays(self.scop, groups, c))
            for c in clusters
        )
        kept = {c for group in groups for c in group.roots}
        executed = [
            r.rest if (r := self.reservations.get(c)) and r.rest in kept else c for c in clusters
        ]
        return FusionResult(tuple(groups), decisions, tuple(executed))

    def assign(self, clusters: Seq[Cluster], tiles: dict[Cluster, isl.UnionMap]) -> None:
        """Give every cluster its place, whatever else is in the arrays they write."""
        for cluster in reversed(clusters):
            if cluster in tiles:
                self.place_root(cluster, tiles[cluster])
            else:
                self.place_producer(cluster)

    def time(self, group: Group) -> int:
        """Groups execute in this order."""
        return group.time(self.place)

    # ------------------------------------------------------------------------------------- roots

    def place_root(self, cluster: Cluster, tiles: isl.UnionMap) -> None:
        """Join the tiled cluster to a group with the same tiles, or open a group.

        A cluster that writes no result was tiled on its own because it fits nowhere else.
        """
        if cluster in self.parts:
            self.open_group(cluster, tiles)
            original = self.scop.count(cluster.names)
            count = count_union(self.domain.intersect(cluster.instances))
            self.decisions[cluster] = Decision(cluster.names, "reserved", "", count, original)
            return
        users = self.users(cluster)
        reason = ""
        for group in (users or self.groups) if self.is_live_out(cluster) else ():
            refusal = self.refuses_root(group, cluster, tiles, users)
            if refusal is None:
                tiles = self.agreed(cluster, tiles)
                group.tiles = group.tiles.union(tiles)
                group.need = group.need.union(self.read_by(tiles)).coalesce()
                group.roots.append(cluster)
                self.decide(cluster, "joined", "shares the tile band of " + _names(group.roots[0]))
                return
            reason = refusal
        self.open_group(cluster, tiles)
        self.decide(cluster, "tiled", reason if users else "")

    def agreed(self, cluster: Cluster, tiles: isl.UnionMap) -> isl.UnionMap:
        """The tiles of a root that may join a group; here as they were given."""
        return tiles

    def refuses_root(
        self, group: Group, cluster: Cluster, tiles: isl.UnionMap, users: list[Group]
    ) -> str | None:
        """Why a tiled cluster cannot run below the tile band of a group, or None."""
        if len(users) > 1:
            return "other tile bands use it too"
        if self.overtakes(group, cluster):
            return "a tile band in between touches the same arrays"
        if group.tiles.is_empty() or _tile_sizes(cluster) != _tile_sizes(group.roots[0]):
            return "its tiles differ"
        if not tiles.range().is_equal(group.tiles.range()):
            return "its tiles differ"
        own = _accesses(cluster, self.writes_of)
        needed = group.need.apply_range(own.reverse())
        if not needed.is_subset(tiles.reverse()):
            return "a tile needs results of other tiles"
        between = self.validity.intersect_domain(cluster.instances)
        between = between.intersect_range(group.tiles.domain())
        distances = between.apply_domain(tiles).apply_range(group.tiles)
        if not distances.is_subset(tiles.range().identity()):
            return "a dependence joins different tiles"
        return None

    def overtakes(self, group: Group, cluster: Cluster) -> bool:
        """Whether the cluster, below the tile band of a group, would run after something that
        follows it in the program and touches its arrays. (Dependences alone do not say so: they
        may go through clusters that are removed.)"""
        own = [a for n in cluster.names for a in self.scop.by_name[n].accesses]
        written = {a.array for a in own if a.is_write}
        touched = {a.array for a in own}
        for other in self.groups:
            if self.time(other) >= self.time(group):
                continue
            for name in other.names:
                for access in self.scop.by_name[name].accesses:
                    if access.array in (touched if access.is_write else written):
                        return True
        return False

    def open_group(self, cluster: Cluster, tiles: isl.UnionMap) -> Group:
        group = Group([cluster], tiles, self.read_by(tiles))
        self.groups.insert(0, group)
        return group

    def read_by(self, tiles: isl.UnionMap) -> isl.UnionMap:
        """Tile -> element that the tile's own instances read."""
        return tiles.reverse().apply_range(self.reads)

    # --------------------------------------------------------------------------------- producers

    def place_producer(self, cluster: Cluster) -> None:
        """Recompute the cluster below the tile bands that use it, or leave it alone."""
        needed = [(g, self.extension(g, cluster)) for g in self.users(cluster)]
        using: list[Use] = []
        reason: str | None = None
        for group, extension in needed:
            if extension is None:
                reason = "a tile needs too long a chain or too wild a set of its instances"
            elif not extension.is_empty():
                using.append(Use(group, extension))
        if not using and reason is None:
            self.decide(cluster, "dead")
            return
        for use in using:
            reason = reason or self.refuses_producer(cluster, use)
        reservation = self.reservations.get(cluster)
        parts = [use.extension.range() for use in using]
        if reservation is not None:
            parts.append(reservation.instances)
        if reason is None and len(parts) > 1:
            reason = refuses_copies(self.scop, cluster.names, parts)
        if reason is None:
            self.fuse(cluster, using)
        else:
            self.keep(cluster, reason)

    def keep(self, cluster: Cluster, reason: str) -> None:
        """The producer stays where it is, and its tensor in GM."""
        self.decide(cluster, "kept", reason)
        if cluster in self.reservations:
            cluster = self.reservations[cluster].rest
        group = self.open_group(cluster, union_map())
        reads = _accesses(cluster, self.reads_of).range()
        group.need = isl.UnionMap.from_domain_and_range(union_set("{ [0] }"), reads)

    def extension(self, group: Group, cluster: Cluster) -> isl.UnionMap | None:
        """Tile -> instances of the cluster that it needs; None if the chain does not close, or
        if isl would take too long to say (a producer of flattened index spaces)."""
        try:
            with operations(OPERATIONS * len(cluster.names)):
                return self.exact_extension(group, cluster)
        except isl.Error:
            return None

    def exact_extension(self, group: Group, cluster: Cluster) -> isl.UnionMap | None:
        """`extension`, however long it takes."""
        writes, reads = (_accesses(cluster, of) for of in (self.writes_of, self.reads_of))
        need, found = group.need, union_map()
        for _ in range(len(cluster.names) + 2):
            instances = boxed(need.apply_range(writes.reverse()).coalesce(), self.domain)
            if instances.is_subset(found):
                return found
            found = instances
            need = need.union(found.apply_range(reads))
        return None

    def refuses_producer(self, cluster: Cluster, use: Use) -> str | None:
        """Why a producer cannot be recomputed in every tile of a group, or None."""
        if use.group.tiles.is_empty():
            return "its user is not tiled"
        if self.is_live_out(cluster):
            return "it writes a result of the kernel"
        if cluster in self.refused:
            return self.refused[cluster]
        if self.max_redundancy is None:
            return None
        try:
            with operations(OPERATIONS * len(cluster.names)):
                recomputed, original = use.executed, self.scop.count(cluster.names)
        except isl.Error:
            return "its instances are too wild a set to count"
        if cluster in self.reservations:
            recomputed += self.reservations[cluster].count
        limit = self.limit(use.group, cluster, original, self.max_redundancy)
        if recomputed > limit:
            return (
                f"it would compute {recomputed} instances instead of {original}, "
                f"more than {limit:.0f}"
            )
        return None

    def limit(self, group: Group, cluster: Cluster, original: int, max_redundancy: float) -> float:
        """Instances that a producer may execute: `max_redundancy` times its own, or with as many
        more of each of its statements as that leaves to what tiles divide among them (results, and
        producers computed `ONCE`), so that a small producer (a cast of one row that every row
        needs, a factor of a product) is no reason for another pass over GM.
        """
        made = [self.decisions[c] for c in group.producers]
        divided = sum(d.original for d in made if d.recomputed <= ONCE * d.original)
        divided += sum(self.scop.count(root.names) for root in group.roots)
        return original + (max_redundancy - 1) * max(original, divided * len(cluster.names))

    def fuse(self, cluster: Cluster, using: list[Use]) -> None:
        recomputed = original = 0
        for use in using:
            group = use.group
            group.producers.append(cluster)
            group.extension = group.extension.union(use.extension)
            group.need = group.need.union(use.extension.apply_range(self.reads)).coalesce()
            if self.max_redundancy is not None:
                recomputed, original = recomputed + use.executed, self.scop.count(cluster.names)
        self.decisions[cluster] = Decision(
            cluster.names, "fused", "", recomputed, original, len(using)
        )

    # ------------------------------------------------------------------------------------ shared

    def is_live_out(self, cluster: Cluster) -> bool:
        """Whether a value that the cluster writes is a result of the kernel, and nobody else
        writes it for the cluster."""
        if cluster in self.reservations:
            return False
        for array in {a.array for n in cluster.names for a in self.scop.by_name[n].writes}:
            if array not in self.scop.live_out:
                continue
            if self.origins.accessors(array, writes=True) <= set(cluster.names):
                return True
            if not self.origins.survivors(array).intersect(cluster.instances).is_empty():
                return True
        return False

    def users(self, cluster: Cluster) -> list[Group]:
        """Groups with a statement that depends on the cluster in any way, reserved parts of it
        aside: they need nothing of the rest."""
        parts = self.reservations[cluster].parts if cluster in self.reservations else ()
        return [
            g
            for g in self.groups
            if g.roots[0] not in parts
            and any((s, t) in self.edges for s in cluster.names for t in g.names)
        ]

    def decide(self, cluster: Cluster, kind: str, reason: str = "") -> None:
        self.decisions[cluster] = Decision(cluster.names, kind, reason)


def _accesses(cluster: Cluster, by_name: Mapping[str, isl.UnionMap]) -> isl.UnionMap:
    """What the instances of a cluster read or write."""
    parts = [by_name[name] for name in cluster.names if name in by_name]
    return union_of(parts).intersect_domain(cluster.instances)


def _tile_sizes(cluster: Cluster) -> tuple[int, ...] | None:
    return None if cluster.band is None else cluster.band.tile


def _names(cluster: Cluster) -> str:
    return "{" + ", ".join(cluster.names) + "}"
