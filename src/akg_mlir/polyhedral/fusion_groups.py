"""What reverse fusion decides: groups of clusters below one tile band, and a decision for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import maps_of, union_map
from akg_mlir.polyhedral.counting import count_pairs
from akg_mlir.polyhedral.origins import AccessKey


@dataclass(frozen=True)
class Decision:
    """What was decided about one cluster: `fused`, `tiled` (a root), `joined` (a root below the
    tile band of another), `reserved` (a part that stays in GM while tiles recompute what they need
    of the producer), `dead` or `kept`.

    `reason` says why it was not fused. `recomputed` and `original` count instances, `bands` the
    tile bands it was fused into, `private` the arrays its values leave for tile-private storage.
    """

    statements: tuple[str, ...]
    kind: str
    reason: str = ""
    recomputed: int = 0
    original: int = 0
    bands: int = 0
    private: tuple[str, ...] = ()


@dataclass(eq=False)
class Group:
    """Clusters that share one tile band, and the producers recomputed below it.

    `tiles` maps root instances to tiles (empty for an untiled cluster), `extension` maps tiles to
    producer instances, `need` maps tiles to all elements read so far (the whole untiled cluster
    counts as one). `private` are the accesses that go to storage private to the tile.
    """

    roots: list[Cluster]
    tiles: isl.UnionMap
    need: isl.UnionMap
    producers: list[Cluster] = field(default_factory=list[Cluster])
    extension: isl.UnionMap = field(default_factory=union_map)
    private: frozenset[AccessKey] = frozenset()

    @property
    def names(self) -> set[str]:
        """All statements below the tile band."""
        return {name for c in self.producers + self.roots for name in c.names}

    @property
    def executed(self) -> isl.UnionMap:
        """Instance -> tiles that execute it, for roots and producers."""
        return self.tiles.union(self.extension.reverse())

    def time(self, place: Mapping[Cluster, int]) -> int:
        """Groups execute in this order: at the place of their last root."""
        return max(place[cluster] for cluster in self.roots)


@dataclass(frozen=True, eq=False)
class Use:
    """A group that uses a producer, with what its tiles need of it (tile -> instances)."""

    group: Group
    extension: isl.UnionMap

    @cached_property
    def executed(self) -> int:
        """Instances that are executed over all tiles. Raises `isl.Error` as `count_pairs` does."""
        return sum(count_pairs(relation) for relation in maps_of(self.extension))


@dataclass(frozen=True)
class FusionResult:
    """Groups in execution order, and a decision for each of the clusters in theirs."""

    groups: tuple[Group, ...]
    decisions: tuple[Decision, ...]
    clusters: tuple[Cluster, ...]

    def inside(self, group: Group) -> list[Cluster]:
        """Roots and producers of a group in the order in which they execute inside a tile."""
        return [c for c in self.clusters if c in group.roots or c in group.producers]
