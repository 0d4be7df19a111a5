"""Tile bands: a band of tile counters over a band of points, and the k tiles of contractions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.band_members import select_members
from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.tree import Band, Filter, Node, Sequence, statement_names

DIM = isl.dim_type


@dataclass(frozen=True, eq=False)
class Reduction:
    """An update statement of a cluster whose own loops can be tiled above the cluster's points.

    `first` and `last` are the positions of the initialisation and the update among the cluster's
    parts, `band` is the update's own band of reduction members.
    """

    update: Statement
    first: int
    last: int
    band: Band

    @property
    def extents(self) -> list[int]:
        """Length of each member of the band."""
        ranges = member_ranges(self.band, isl.UnionSet.from_set(self.update.domain))
        return [high - low + 1 for low, high in ranges]


def find_reductions(scop: Scop, cluster: Cluster, updates: Collection[str]) -> list[Reduction]:
    """Those of the `updates` whose initialisation directly precedes them in the cluster.

    The initialisation is the only other statement of the cluster that touches the cell before the
    update. All loops of a declared reduction may be interchanged (no dependence between its own
    instances is kept), so its members may move above the loops it shares with the others.
    """
    names = [statement_names(part.filter) for part in cluster.parts]
    found: list[Reduction] = []
    for last, part in enumerate(cluster.parts):
        if len(names[last]) != 1 or names[last][0] not in updates or last == 0:
            continue
        update = scop.by_name[names[last][0]]
        before = names[last - 1]
        if update.reduction is None or not isinstance(part.child, Band) or len(before) != 1:
            continue
        cell = update.writes[0].array
        init = scop.by_name[before[0]]
        if {a.array for a in init.writes} == {cell} and part.child.child is None:
            found.append(Reduction(update, last - 1, last, part.child))
    return found


def member_ranges(band: Band, instances: isl.UnionSet) -> list[tuple[int, int]]:
    """Least and greatest value of each member over the instances."""
    result: list[tuple[int, int]] = []
    for k in range(band.members):
        values = select_members(band.schedule, [k]).intersect_domain(instances)
        times = isl.Set.from_union_set(isl.UnionMap.from_multi_union_pw_aff(values).range())
        result.append((_integer(times.dim_min_val(0)), _integer(times.dim_max_val(0))))
    return result


def _integer(value: isl.Val) -> int:
    return int(value.to_python())


def tile_counters(band: Band, members: list[int], sizes: list[int], lows: list[int]) -> Band:
    """The band of tile counters `floor((member - low) / size)` of the chosen members."""
    schedule = select_members(band.schedule, members)
    if any(lows):
        origin = isl.MultiUnionPwAff.multi_val_on_domain(
            schedule.domain().universe(), _values(lows)
        )
        schedule = schedule.sub(origin)
    schedule = schedule.scale_down_multi_val(_values(sizes)).floor()
    return replace(
        band,
        schedule=schedule,
        coincident=tuple(band.coincident[k] for k in members),
        tile=tuple(sizes),
        child=None,
    )


def _values(numbers: list[int]) -> isl.MultiVal:
    return isl.MultiVal(f"{{ [{', '.join(map(str, numbers))}] }}", context())


def tile_cluster(
    cluster: Cluster, below: Node | None, domain: isl.UnionSet, sizes: Mapping[int, int]
) -> Band:
    """A tile band of some members of the cluster's outer band over `below`.

    `sizes` maps positions in the outer band to tile sizes in schedule units; without any, all
    instances are in one tile.
    """
    if cluster.band is None or not sizes:
        return replace(_single_tile(cluster.instances), child=below)
    ranges = member_ranges(cluster.band, domain.intersect(cluster.instances))
    members = list(sizes)
    lows = [ranges[k][0] for k in members]
    return replace(tile_counters(cluster.band, members, list(sizes.values()), lows), child=below)


def _single_tile(instances: isl.UnionSet) -> Band:
    zero = isl.MultiUnionPwAff.multi_val_on_domain(instances, _values([0]))
    return Band(schedule=zero, coincident=(True,), permutable=True, tile=(1,))


def is_tiled(cluster: Cluster) -> bool:
    """Whether the cluster's outer band is a band of tiles (and not one of reduction tiles)."""
    return (
        cluster.band is not None and cluster.band.tile is not None and any(cluster.band.coincident)
    )


@dataclass(frozen=True, eq=False)
class Split:
    """How a reduction is tiled: sizes by member, one mapping per level, outermost first.

    `with_init` puts the initialisation below the band too, into the first tile.
    """

    reduction: Reduction
    levels: tuple[Mapping[int, int], ...]
    with_init: bool


def split_reductions(cluster: Cluster, splits: Iterable[Split]) -> Cluster:
    """The cluster without a band of its own, its reductions below tile bands over their members.

    Result: the parts in their order, those of a reduction below its bands of tiles, all with their
    own copy of the cluster's point band. Legal because dependences between parts have distance zero
    on the cluster's parallel members, and the initialisation belongs to the first tile.
    """
    parts, start = cluster.parts, 0
    filters: list[Filter] = []

    def segment(count: int, split: Split | None) -> None:
        nonlocal start
        chosen, start = parts[start : start + count], start + count
        if not chosen:
            return
        instances = union_set()
        for part in chosen:
            instances = instances.union(part.filter)
        node: Node | None = _point_node(cluster, chosen, instances)
        for sizes in reversed(split.levels if split else ()):
            assert split is not None
            init = chosen[0] if split.with_init else None
            node = replace(_reduction_tiles(split.reduction, init, sizes), child=node)
        filters.append(Filter(node, filter=instances))

    for split in sorted(splits, key=lambda s: s.reduction.last):
        begin = split.reduction.first if split.with_init else split.reduction.last
        segment(begin - start, None)
        segment(split.reduction.last + 1 - begin, split)
    segment(len(parts) - start, None)
    return Cluster(tuple(filters))


def _point_node(
    cluster: Cluster, segment: tuple[Filter, ...], instances: isl.UnionSet
) -> Node | None:
    below = segment[0].child if len(segment) == 1 else Sequence(filters=segment)
    if cluster.band is None:
        return below
    return replace(
        cluster.band, schedule=cluster.band.schedule.intersect_domain(instances), child=below
    )


def _reduction_tiles(reduction: Reduction, init: Filter | None, sizes: Mapping[int, int]) -> Band:
    update = isl.UnionSet.from_set(reduction.update.domain)
    ranges = member_ranges(reduction.band, update)
    members = list(sizes)
    lows = [ranges[k][0] for k in members]
    tiles = tile_counters(reduction.band, members, list(sizes.values()), lows)
    if init is None:
        return tiles
    zero = isl.MultiUnionPwAff.multi_val_on_domain(init.filter, _values([0] * len(members)))
    return replace(tiles, schedule=tiles.schedule.union_add(zero))
