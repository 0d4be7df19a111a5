"""What would fuse, before any tile size is known."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from itertools import combinations

import islpy as isl

from akg_mlir.polyhedral.band_members import select_members
from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import context, union_map
from akg_mlir.polyhedral.copies import refuses_copies
from akg_mlir.polyhedral.dependence import Dependences
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_groups import Decision, FusionResult, Group
from akg_mlir.polyhedral.reservation import Reservation, reserve, with_parts
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tiling import member_ranges
from akg_mlir.polyhedral.tree_times import range_dims

DIM = isl.dim_type


@dataclass(frozen=True, eq=False)
class TileSpace:
    """A group whose tiles are single points, with the loops that its roots can be tiled by.

    `members[root]` are positions in the root's outer band, one per tile dimension; `extents` are
    the lengths of the tile dimensions. Tile coordinates start at zero. `clusters` are the roots
    and producers in execution order, `partial` the producers with reserved parts elsewhere.
    """

    group: Group
    members: dict[Cluster, list[int]]
    extents: list[int]
    clusters: tuple[Cluster, ...]
    partial: frozenset[Cluster] = frozenset()

    @property
    def named(self) -> list[Cluster]:
        """The clusters that a tile policy may speak of here; where a producer has reserved parts,
        it speaks of these."""
        return [c for c in self.clusters if c not in self.partial]


@dataclass(frozen=True)
class FusionPlan:
    """The tile spaces in execution order, and the decision about every cluster.

    `reservations` are the producers that are recomputed though a part of each is a result;
    `united` says whether some space is the union of several.
    """

    spaces: tuple[TileSpace, ...]
    reservations: tuple[Reservation, ...]
    decisions: tuple[Decision, ...]
    united: bool


def plan(
    scop: Scop,
    dependences: Dependences,
    clusters: Seq[Cluster],
    apart: Collection[Cluster] = (),
    *,
    unite: bool = True,
    partial: bool = True,
) -> FusionPlan:
    """Group the clusters around those that write results of the kernel.

    Clusters in `apart` get tiles of their own, as do producers that cannot be recomputed. With
    `unite`, tile bands that would each compute the same become one where their tiles allow; with
    `partial`, a producer is recomputed also where a part of it is a result and stays.
    """
    planner, result = _planned(scop, dependences, clusters, apart, unite, ())
    found = _reservations(planner, result, apart) if partial else []
    refused: dict[tuple[str, ...], str] = {}
    while found:
        planner, result = _planned(scop, dependences, clusters, apart, unite, found)
        kinds = {d.statements: d for d in result.decisions if d.kind != "reserved"}
        failed = [r for r in found if kinds[r.whole.names].kind not in ("fused", "dead")]
        if not failed:
            break
        refused |= {r.whole.names: kinds[r.whole.names].reason for r in failed}
        found = [r for r in found if r not in failed]
        if not found:
            planner, result = _planned(scop, dependences, clusters, apart, unite, ())
    spaces = tuple(
        TileSpace(
            group,
            {root: planner.members[root] for root in group.roots},
            planner.extents(group),
            tuple(result.inside(group)),
            frozenset(r.whole for r in found),
        )
        for group in result.groups
    )
    decisions = tuple(
        replace(d, reason=refused.get(d.statements) or d.reason) for d in result.decisions
    )
    return FusionPlan(spaces, tuple(found), decisions, planner.united)


def _planned(
    scop: Scop,
    dependences: Dependences,
    clusters: Seq[Cluster],
    apart: Collection[Cluster],
    unite: bool,
    reservations: Seq[Reservation],
) -> tuple[_Planner, FusionResult]:
    """A plan with these reservations: their parts are roots, the producers are not."""
    planner = _Planner(scop, dependences, unite, reservations)
    roots = {
        c: planner.unit_tiles(c)
        for c in with_parts(clusters, reservations)
        if c in apart or planner.is_live_out(c)
    }
    return planner, planner.run(clusters, roots)


def _reservations(
    planner: _Planner, result: FusionResult, apart: Collection[Cluster]
) -> list[Reservation]:
    """What could be reserved of the producers that have tile bands of their own because some of
    their values are results."""
    found: list[Reservation] = []
    for cluster, decision in zip(result.clusters, result.decisions):
        if decision.kind != "tiled" or cluster in apart or not planner.users(cluster):
            continue
        if planner.is_live_out(cluster):
            reservation = reserve(planner.scop, planner.origins, planner.validity, cluster)
            found += [] if reservation is None else [reservation]
    return found


class _Planner(Fuser):
    """A fuser whose tiles are points: roots give up tile dimensions to share a tile band."""

    def __init__(
        self,
        scop: Scop,
        dependences: Dependences,
        unite: bool,
        reservations: Seq[Reservation],
    ) -> None:
        super().__init__(scop, dependences, reservations=reservations)
        self.members: dict[Cluster, list[int]] = {}
        self.may_unite, self.united = unite, False

    def unit_tiles(self, cluster: Cluster) -> isl.UnionMap:
        """Instance -> values of the parallel members, counted from zero."""
        self.members[cluster] = list(cluster.parallel)
        return self.values(cluster, self.members[cluster])

    def values(self, cluster: Cluster, members: list[int]) -> isl.UnionMap:
        instances = self.domain.intersect(cluster.instances)
        if cluster.band is None or not members:
            return isl.UnionMap.from_domain_and_range(instances, isl.UnionSet("{ [0] }", context()))
        ranges = member_ranges(cluster.band, instances)
        lows = ", ".join(str(ranges[k][0]) for k in members)
        schedule = select_members(cluster.band.schedule, members).intersect_domain(instances)
        origin = isl.MultiVal(f"{{ [{lows}] }}", context())
        schedule = schedule.sub(isl.MultiUnionPwAff.multi_val_on_domain(instances, origin))
        return isl.UnionMap.from_multi_union_pw_aff(schedule)

    def assign(self, clusters: Seq[Cluster], tiles: dict[Cluster, isl.UnionMap]) -> None:
        for cluster in tiles:
            self.members[cluster] = list(cluster.parallel)
        self.united = False
        super().assign(clusters, tiles)

    def extents(self, group: Group) -> list[int]:
        tiles = isl.Set.from_union_set(group.tiles.range())
        return [int(tiles.dim_max_val(k).to_python()) + 1 for k in range(tiles.dim(DIM.set))]

    def keep(self, cluster: Cluster, reason: str) -> None:
        """A producer that is not fused is tiled on its own."""
        self.open_group(cluster, self.unit_tiles(cluster))
        self.decide(cluster, "tiled", reason)

    def refuses_root(
        self, group: Group, cluster: Cluster, tiles: isl.UnionMap, users: list[Group]
    ) -> str | None:
        reason = super().refuses_root(group, cluster, tiles, users)
        if reason is None or users != [group]:
            return reason
        pairs = self.aligned(group, cluster)
        if not pairs or not group.roots[0].parallel:
            return reason
        mine = [self.members[cluster][i] for i, _ in pairs]
        kept = [k for _, k in pairs]
        narrow = _projected(group, kept)
        tiles = self.values(cluster, mine)
        if super().refuses_root(narrow, cluster, tiles, users) is not None:
            return reason
        group.tiles, group.need, group.extension = narrow.tiles, narrow.need, narrow.extension
        for root in group.roots:
            self.members[root] = [self.members[root][k] for k in kept]
        self.members[cluster] = mine
        return None

    def agreed(self, cluster: Cluster, tiles: isl.UnionMap) -> isl.UnionMap:
        """Tiles of the dimensions that are left after agreeing with a group."""
        return self.values(cluster, self.members[cluster])

    # ------------------------------------------------------------------------- several tile bands

    def place_producer(self, cluster: Cluster) -> None:
        """Tile bands that would each repeat the producer become one, where their tiles allow."""
        while self.unite_users(cluster):
            pass
        super().place_producer(cluster)

    def unite_users(self, cluster: Cluster) -> bool:
        """Unite two groups that need the cluster and should not both compute it."""
        users = self.users(cluster)
        if len(users) < 2 or cluster in self.refused or not self.may_unite:
            return False
        extensions = [self.extension(group, cluster) for group in users]
        parts = [e.range() for e in extensions if e is not None]
        if refuses_copies(self.scop, cluster.names, parts) is None:
            return False
        return any(self.unite(a, b, cluster) for a, b in combinations(users, 2))

    def unite(self, a: Group, b: Group, cluster: Cluster) -> bool:
        """Replace two groups by one on the tile dimensions along which they need the same of a
        cluster, if that is legal."""
        roots = a.roots + b.roots
        if a.tiles.is_empty() or b.tiles.is_empty() or not all(self.members[r] for r in roots):
            return False
        if any(root in self.parts for root in roots):
            return False
        pairs = self.shared_dimensions(a, b, cluster)
        if not pairs:
            return False
        first, second = (_projected(g, [pair[n] for pair in pairs]) for n, g in enumerate((a, b)))
        if not first.tiles.range().is_equal(second.tiles.range()):
            return False
        if not self.may_interleave(first, second):
            return False
        for n, group in enumerate((a, b)):
            for root in group.roots:
                self.members[root] = [self.members[root][pair[n]] for pair in pairs]
        united = Group(
            roots,
            first.tiles.union(second.tiles),
            first.need.union(second.need).coalesce(),
            list(dict.fromkeys(first.producers + second.producers)),
            first.extension.union(second.extension).coalesce(),
        )
        self.groups = [united, *(g for g in self.groups if g is not a and g is not b)]
        self.united = True
        return True

    def shared_dimensions(self, a: Group, b: Group, cluster: Cluster) -> list[tuple[int, int]]:
        """Pairs of tile dimensions that are the same loop of the cluster."""
        self.members[cluster] = list(cluster.parallel)
        first, second = (dict(self.aligned(group, cluster)) for group in (a, b))
        return [(first[member], second[member]) for member in first if member in second]

    def may_interleave(self, a: Group, b: Group) -> bool:
        """Whether tiles of two groups may run alternately: nothing that needs them runs between
        them, as both run where the later one does."""
        names = a.names | b.names
        for other in self.groups:
            if other.roots[0] in (*a.roots, *b.roots) or self.time(other) > max(
                self.time(a), self.time(b)
            ):
                continue
            if any((s, t) in self.edges for s in names for t in other.names):
                return False
        tiles = a.tiles.union(b.tiles)
        for one, two in ((a, b), (b, a)):
            own = self.writes.intersect_domain(two.tiles.domain())
            if not one.need.apply_range(own.reverse()).is_subset(two.tiles.reverse()):
                return False
        between = self.validity.intersect_domain(tiles.domain()).intersect_range(tiles.domain())
        distances = between.apply_domain(tiles).apply_range(tiles)
        return bool(distances.is_subset(tiles.range().identity()))

    def aligned(self, group: Group, cluster: Cluster) -> list[tuple[int, int]]:
        """Pairs of a parallel member of the cluster and a tile dimension of equal value.

        Equal wherever a tile of the group needs an instance of the cluster.
        """
        writes = self.writes.intersect_domain(cluster.instances)
        needed = group.need.apply_range(writes.reverse())
        dims = range_dims(group.tiles)
        pairs: list[tuple[int, int]] = []
        for i, member in enumerate(self.members[cluster]):
            value = needed.apply_range(self.values(cluster, [member]))
            for k in range(dims):
                if k not in (used for _, used in pairs) and value.is_subset(_pick(dims, [k])):
                    pairs.append((i, k))
                    break
        return sorted(pairs, key=lambda pair: pair[1])


def narrowed(space: TileSpace, kept: Seq[int]) -> TileSpace:
    """The space with tiles that differ in the other dimensions united."""
    chosen = list(kept)
    group = _projected(space.group, chosen)
    members = {root: [m[k] for k in chosen] for root, m in space.members.items()}
    extents = [space.extents[k] for k in chosen] or [1]
    return TileSpace(group, members, extents, space.clusters, space.partial)


def _pick(dims: int, kept: list[int]) -> isl.UnionMap:
    """Tile -> its chosen coordinates, or a zero for none."""
    names = [f"t{k}" for k in range(dims)]
    chosen = ", ".join(names[k] for k in kept) or "0"
    return union_map(f"{{ [{', '.join(names)}] -> [{chosen}] }}")


def _projected(group: Group, kept: list[int]) -> Group:
    """The group with tiles that differ in the other dimensions united."""
    pick = _pick(range_dims(group.tiles), kept)
    return Group(
        list(group.roots),
        group.tiles.apply_range(pick),
        group.need.apply_domain(pick).coalesce(),
        list(group.producers),
        group.extension.apply_domain(pick).coalesce(),
    )
