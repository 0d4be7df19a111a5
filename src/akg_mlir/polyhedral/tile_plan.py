"""What choosing tiles gives: sizes for every tile space, and what was decided about producers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.executions import InnerLoops, Interior
from akg_mlir.polyhedral.fusion_plan import Decision, TileSpace
from akg_mlir.polyhedral.reservation import Reservation
from akg_mlir.polyhedral.tile_cost import Estimate
from akg_mlir.polyhedral.tile_search import Search
from akg_mlir.polyhedral.tiling import Reduction


class DoesNotFit(Exception):
    """No tile, or not the tile asked for, fits in a memory. `advice` says what would."""

    def __init__(
        self, statements: tuple[str, ...], memory: str, need: int, limit: int, advice: str
    ) -> None:
        self.memory, self.need, self.limit, self.advice = memory, need, limit, advice
        names = ", ".join(statements)
        super().__init__(
            f"a tile of {{{names}}} needs {need} bytes of {memory.upper()}, the limit is {limit}"
        )


@dataclass(frozen=True, eq=False)
class Choice:
    """Sizes for one tile space: one per loop of its model, tile dimensions first.

    `limits` are the bytes of every memory that they could have used.
    """

    inside: Interior
    estimate: Estimate
    search: Search
    limits: Mapping[str, int]

    @property
    def space(self) -> TileSpace:
        return self.inside.space

    @property
    def tile_sizes(self) -> tuple[int, ...]:
        """One per tile dimension; the extent where the dimension stays whole."""
        return self.estimate.sizes[: len(self.space.extents)]

    @property
    def banded(self) -> list[int]:
        """The tile dimensions that get a tile counter: those really split, or the first."""
        split = [k for k, s in enumerate(self.tile_sizes) if s < self.space.extents[k]]
        return split or [0]

    @property
    def band(self) -> tuple[tuple[int, int], ...]:
        """Extent and tile size of every dimension that gets a tile counter."""
        pairs = list(zip(self.space.extents, self.tile_sizes))
        return tuple(pairs[k] for k in self.banded)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Tiles of a core along each of these, where the estimate depends on it."""
        chunks = self.estimate.chunks
        return tuple(chunks[k] for k in self.banded) if chunks else None

    def sizes_of(self, inner: InnerLoops) -> dict[int, int]:
        """Sizes by member, for those that get a counter.

        Of a reduction these are the members really split, or the first; of a root all chunk
        members, since which they are says how the row is cut.
        """
        sizes = [self.estimate.sizes[k] for k in inner.loops]
        chosen = list(range(len(sizes)))
        if isinstance(inner.owner, Reduction):
            chosen = [k for k in chosen if sizes[k] < inner.extents[k]] or [0]
        return {inner.members[k]: sizes[k] for k in chosen}

    def levels_of(self, outer: InnerLoops) -> tuple[dict[int, int], ...]:
        """Sizes by member for the bands of a split reduction, outermost first."""
        inner, sizes = self.inside.below(outer), self.estimate.sizes
        levels = (self.sizes_of(outer),)
        if inner is None:
            return levels
        places = zip(inner.members, inner.loops, inner.within)
        below = {m: sizes[k] for m, k, around in places if sizes[k] < sizes[around]}
        return (*levels, below) if below else levels


@dataclass(frozen=True)
class Apart:
    """A producer that gets a tile space of its own, and why."""

    cluster: Cluster
    reason: str


@dataclass(frozen=True)
class TilePlan:
    """Choices in execution order, and what was decided about every cluster.

    `reservations` are the producers that are recomputed though a part of each is a result;
    `united` says whether some tile space is the union of several that use one cluster.
    """

    choices: tuple[Choice, ...]
    reservations: tuple[Reservation, ...]
    decisions: tuple[Decision, ...]
    united: bool

    @property
    def close(self) -> list[TilePlan]:
        """This plan and those with close choices for the only tile space."""
        if len(self.choices) != 1:
            return [self]
        (choice,) = self.choices
        close = [replace(choice, estimate=other) for other in choice.search.close]
        return [self, *(replace(self, choices=(other,)) for other in close)]

    @property
    def cycles(self) -> float:
        """Estimated time of all tiles."""
        return sum(choice.estimate.cycles for choice in self.choices)


def explained(whole: TilePlan, partial: TilePlan) -> TilePlan:
    """The plan that computes producers whole, with the reason why it does."""
    names = {r.whole.names for r in partial.reservations}
    more = f"{partial.cycles - whole.cycles:.0f} cycles more"
    reason = f"tile bands for the part that is a result would take {more}"
    decisions = (replace(d, reason=reason) if d.statements in names else d for d in whole.decisions)
    return replace(whole, decisions=tuple(decisions))
