"""Tile sizes for every tile space of a program: from a policy where it speaks, else searched."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from functools import cached_property

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.dependence import Dependences
from akg_mlir.polyhedral.executions import InnerLoops, Interior, interior, without_repeated_rows
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_plan import Decision, TileSpace, narrowed, plan
from akg_mlir.polyhedral.policy import Policy, PolicyError, Tile
from akg_mlir.polyhedral.policy_binding import Levels, bind, check_nested, outer_loops
from akg_mlir.polyhedral.reservation import Reservation
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_cost import Estimate, Machine, Search, search
from akg_mlir.polyhedral.tile_model import Kernel, TileModel, build_model
from akg_mlir.polyhedral.tiling import Reduction

HALF = 0.5
"""Share of a memory that a tile may need, so that two tiles are on chip at a time."""
ONCE = 1.01
"""Instances per original up to which a reduction counts as computed once."""


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
    def cycles(self) -> float:
        """Estimated time of all tiles."""
        return sum(choice.estimate.cycles for choice in self.choices)


@dataclass(frozen=True, eq=False)
class Tiler:
    """Everything that choosing depends on. `reductions` are the updates that could be split,
    `apart` the producers that fuse into no tile, and why."""

    kernel: Kernel
    dependences: Dependences
    clusters: Seq[Cluster]
    reductions: Mapping[str, Reduction]
    machine: Machine
    max_redundancy: float
    policy: Policy | None = None
    apart: Mapping[Cluster, str] = field(default_factory=dict[Cluster, str])

    @property
    def scop(self) -> Scop:
        return self.kernel.scop

    @cached_property
    def fuser(self) -> Fuser:
        return Fuser(self.scop, self.dependences)

    def choose(self) -> TilePlan:
        """Sizes for every tile space.

        Recomputing a producer of which a part is a result saves the traffic of the rest, and costs
        tile bands for that part: the faster way is taken. Raises `DoesNotFit` and, for a policy
        that does not match the program, `PolicyError`.
        """
        try:
            found = self.choose_united(partial=True)
        except (DoesNotFit, PolicyError):
            return self.choose_united(partial=False)
        if not found.reservations:
            return found
        try:
            whole = self.choose_united(partial=False)
        except (DoesNotFit, PolicyError):
            return found
        return found if found.cycles < whole.cycles else _explained(whole, found)

    def choose_united(self, *, partial: bool) -> TilePlan:
        """Sizes for every tile space; `partial` says whether producers may have reserved parts.

        Uniting the spaces that use one cluster saves its traffic and costs tile dimensions: the
        faster way is taken.
        """
        try:
            united = self.choose_for(unite=True, partial=partial)
        except (DoesNotFit, PolicyError):
            return self.choose_for(unite=False, partial=partial)
        if not united.united:
            return united
        try:
            apart = self.choose_for(unite=False, partial=partial)
        except (DoesNotFit, PolicyError):
            return united
        return min(united, apart, key=lambda found: found.cycles)

    def choose_for(self, *, unite: bool, partial: bool) -> TilePlan:
        """Sizes for the spaces with or without unions and reserved parts.

        A producer that fits or pays in no tile gets a tile space of its own.
        """
        apart = dict(self.apart)
        while True:
            fusion = plan(
                self.scop, self.dependences, self.clusters, apart, unite=unite, partial=partial
            )
            choices: list[Choice] = []
            for space in fusion.spaces:
                found = self.choose_space(space)
                if isinstance(found, Apart):
                    apart[found.cluster] = found.reason
                    break
                choices.append(found)
            else:
                reasons = {c.names: reason for c, reason in apart.items()}
                decisions = tuple(
                    replace(d, reason=reasons.get(d.statements, d.reason)) for d in fusion.decisions
                )
                return TilePlan(tuple(choices), fusion.reservations, decisions, fusion.united)

    def choose_space(self, space: TileSpace) -> Choice | Apart:
        """Sizes for one tile space, or the producer to take out of it.

        Rows stay whole as long as something fits and reductions are computed once, and tiles end
        between blocks of a result only where nothing else fits.
        """
        if self.is_asked(space):
            found = self.search_in(self.asked_interior(space))
            return found if isinstance(found, Choice) else self.blame(space, found)
        cubes = [r for r in self.reductions_of(space) if r.update.name in self.kernel.cubes]
        found = self.search_in(interior(space, cubes, self.kernel.products))
        if isinstance(found, Search) or self.repeats_reductions(found):
            found = self.better(found, self.search_chunks(space))
        if isinstance(found, Search) and not space.group.producers:
            plain = interior(space, cubes, self.kernel.products)
            found = self.search_in(plain, whole_blocks=False)
        return found if isinstance(found, Choice) else self.blame(space, found)

    def reductions_of(self, space: TileSpace) -> list[Reduction]:
        """The reductions of a space that could be split."""
        names = {n for c in space.clusters for n in c.names}
        return [r for n, r in self.reductions.items() if n in names]

    def search_chunks(self, space: TileSpace) -> Choice | Search | None:
        """The choice with all rows in chunks; None without a reduction on the vector unit.

        Tiles may end between blocks of a result where that lets more cores work.
        """
        reductions = self.reductions_of(space)
        updates = {r.update.name for r in reductions} - set(self.kernel.cubes)
        if not updates:
            return None
        smaller, chunked = without_repeated_rows(space, updates)
        products = self.kernel.products
        inside = interior(smaller, reductions, products, chunked, kinds=lambda owner: None)
        found = self.search_in(inside)
        if isinstance(found, Search) or found.estimate.tiles >= self.machine.cores:
            return found
        return self.better(found, self.search_in(inside, whole_blocks=False))

    def search_in(self, inside: Interior, *, whole_blocks: bool = True) -> Choice | Search:
        """The choice for these loops, or the search that found nothing.

        Sizes that a policy asks for may fill a memory; others leave room for a second tile.
        """
        model = build_model(self.kernel, self.fuser, inside)
        if not whole_blocks:
            model = replace(model, loops=tuple(replace(loop, unit=1) for loop in model.loops))
        model, asked = self.with_policy(model, inside)
        share = HALF
        found = search(model, self.machine, share, self.max_redundancy)
        if found.best is None and asked:
            share = 1.0
            found = search(model, self.machine, share, self.max_redundancy)
        if found.best is None:
            return found
        return Choice(inside, found.best, found, self.limits(share))

    def limits(self, share: float) -> dict[str, int]:
        """Bytes that a tile may need of every memory."""
        return {memory: int(size * share) for memory, size in self.machine.capacity.items()}

    def repeats_reductions(self, choice: Choice) -> bool:
        """Whether tiles compute some reduction on the vector unit more than once."""
        factors = choice.estimate.redundancy
        return any(factors.get(r, 1) > ONCE for r in self.reductions if r not in self.kernel.cubes)

    def better(self, whole: Choice | Search, chunks: Choice | Search | None) -> Choice | Search:
        """The cheaper of two choices; what the whole rows lack when there is none."""
        if not isinstance(chunks, Choice):
            return whole
        if isinstance(whole, Choice) and whole.estimate.cycles <= chunks.estimate.cycles:
            return whole
        return chunks

    def blame(self, space: TileSpace, found: Search) -> Apart:
        """The producer that makes a tile space impossible. Raises `DoesNotFit` if none does."""
        producers = space.group.producers
        if found.wasteful is not None:
            cluster = next(c for c in producers if found.wasteful in c.names)
            reason = f"tiles that fit would compute it more than {self.max_redundancy:g} times"
            return Apart(cluster, reason)
        asked = self.is_asked(space)
        need = found.smallest.need
        memory = max(need, key=lambda m: need[m] / self.machine.capacity[m])
        limit = self.limits(1.0 if asked else HALF)[memory]
        if producers and not asked:
            size = f"{need[memory]} bytes of {memory.upper()}, the limit is {limit}"
            return Apart(producers[-1], f"the smallest tile with it needs {size}")
        names = tuple(n for c in space.clusters for n in c.names)
        raise DoesNotFit(names, memory, need[memory], limit, self.advice(space, found))

    def advice(self, space: TileSpace, found: Search) -> str:
        """What would fit instead of sizes that do not."""
        if not self.is_asked(space):
            sizes = " x ".join(map(str, found.smallest.sizes))
            return f"{sizes} is the smallest tile there is: cut the kernel into smaller ones"
        inside = self.asked_interior(space)
        model = build_model(self.kernel, self.fuser, inside)
        free = search(model, self.machine, 1.0, self.max_redundancy)
        if free.best is None:
            return "no tile of these loops fits: give others, or cut the kernel into smaller ones"
        return f"tiles of {' x '.join(map(str, free.best.sizes))} fit"

    # -------------------------------------------------------------------------------------- policy

    @cached_property
    def asked(self) -> dict[str, Levels]:
        """The tiles that the policy asks for, by statement. Raises `PolicyError`."""
        found = {} if self.policy is None else bind(self.policy, self.clusters, self.scop)
        for name, levels in found.items():
            extents = self.reductions[name].extents if name in self.kernel.cubes else None
            check_nested(name, levels, outer_loops(self.home(name)), extents)
            if any(levels[0][outer_loops(self.home(name)) :]) and name not in self.reductions:
                raise PolicyError(
                    f"{name}: only the parallel loops of a cluster, and the reduction loops of an "
                    "update beside its initialisation, can be tiled"
                )
        return found

    def tiles(self, statement: str, level: int, *, inner: bool) -> tuple[Tile | None, ...]:
        """What the policy asks for the outer loops of a statement, or for those below them."""
        levels = self.asked.get(statement, ())
        if level >= len(levels):
            return ()
        outer = outer_loops(self.home(statement))
        return levels[level][outer:] if inner else levels[level][:outer]

    def home(self, statement: str) -> Cluster:
        return next(c for c in self.clusters if statement in c.names)

    def is_asked(self, space: TileSpace) -> bool:
        """Whether the policy speaks of a statement of the space."""
        return any(n in self.asked for c in space.named for n in c.names)

    def asked_interior(self, space: TileSpace) -> Interior:
        """The loops inside tiles that the policy asks for: chunk members leave the tile band."""
        reductions = [
            r
            for r in self.reductions_of(space)
            if r.update.name in self.kernel.cubes or any(self.tiles(r.update.name, 0, inner=True))
        ]
        chunked: dict[Cluster, list[int]] = {}
        for root in space.members:
            for name in root.names:
                below = self.tiles(name, 1, inner=False)
                chosen = [k for k, tile in enumerate(below) if tile is not None]
                split = {r.update.name for r in reductions} & set(root.names)
                if chosen and split:
                    raise PolicyError(
                        f"{name}: beside reduction loops in tiles, parallel loops have one level"
                    )
                if any(k not in root.parallel for k in chosen):
                    raise PolicyError(f"{name}: only parallel loops can pass in chunks")
                if chosen:
                    chunked[root] = chosen
        kept = [
            k
            for k in range(len(space.extents))
            if not any(space.members[root][k] in chosen for root, chosen in chunked.items())
        ]
        if len(kept) < len(space.extents):
            space = narrowed(space, kept)
        nested = {
            r.update.name for r in reductions if any(self.tiles(r.update.name, 1, inner=True))
        }

        def kind(owner: Reduction | Cluster) -> object:
            """Reductions whose chunks have the same sizes can share a pass."""
            if isinstance(owner, Cluster):
                return owner
            return self.tiles(owner.update.name, 0, inner=True)

        return interior(space, reductions, self.kernel.products, chunked, kinds=kind, nested=nested)

    def with_policy(self, model: TileModel, inside: Interior) -> tuple[TileModel, bool]:
        """The model with the loops that the policy names fixed, and whether there are any."""
        fixed: dict[int, int] = {}
        for cluster in inside.space.named:
            for name in cluster.names:
                self.fix_outer(fixed, model, inside.space, cluster, name)
        for inner in inside.inner:
            for place, tile in self.tiles_inside(inner):
                within = model.loops[place].within
                most = model.loops[place].extent if within is None else fixed[within]
                fixed[place] = most if tile is None else min(tile.size, most)
        loops = tuple(
            replace(loop, fixed=fixed[k]) if k in fixed else loop
            for k, loop in enumerate(model.loops)
        )
        return replace(model, loops=loops), bool(fixed)

    def tiles_inside(self, inner: InnerLoops) -> list[tuple[int, Tile | None]]:
        """What the policy asks for loops inside a tile: places in the model, and tiles."""
        if isinstance(inner.owner, Reduction):
            level = 1 if inner.within else 0
            tiles = self.tiles(inner.owner.update.name, level, inner=True)
            return list(zip(inner.loops, tiles))
        named = [t for n in inner.owner.names if (t := self.tiles(n, 1, inner=False))]
        return [
            (place, tiles[member])
            for tiles in named
            for place, member in zip(inner.loops, inner.members)
        ]

    def fix_outer(
        self,
        fixed: dict[int, int],
        model: TileModel,
        space: TileSpace,
        cluster: Cluster,
        statement: str,
    ) -> None:
        dimension = {m: k for k, m in enumerate(space.members.get(cluster, []))}
        if cluster not in space.members and any(self.tiles(statement, 1, inner=False)):
            raise PolicyError(
                f"{statement} is computed in the tiles of its users: its parallel loops have no "
                "second level"
            )
        for member, tile in enumerate(self.tiles(statement, 0, inner=False)):
            if member not in dimension:
                if tile is not None:
                    raise PolicyError(
                        f"loop {member} of {statement} is not a tile loop; "
                        "the tiles of a fused statement follow from those of its users"
                    )
                continue
            k = dimension[member]
            loop = model.loops[k]
            if tile is None:
                fixed.setdefault(k, loop.extent)
                continue
            size = min(tile.size, loop.extent)
            if fixed.get(k, loop.extent) not in (size, loop.extent):
                raise PolicyError(f"{statement}: two sizes for a tile loop, {fixed[k]} and {size}")
            fixed[k] = size


def _explained(whole: TilePlan, partial: TilePlan) -> TilePlan:
    """The plan that computes producers whole, with the reason why it does."""
    names = {r.whole.names for r in partial.reservations}
    more = f"{partial.cycles - whole.cycles:.0f} cycles more"
    reason = f"tile bands for the part that is a result would take {more}"
    decisions = (replace(d, reason=reason) if d.statements in names else d for d in whole.decisions)
    return replace(whole, decisions=tuple(decisions))
