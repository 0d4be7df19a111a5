"""Tile sizes for every tile space of a program: from a policy where it speaks, else searched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from functools import cached_property

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.dependence import Dependences
from akg_mlir.polyhedral.fusion_plan import Decision, TileSpace, plan
from akg_mlir.polyhedral.policy import Entry, Level, Policy, PolicyError, Tile
from akg_mlir.polyhedral.policy_binding import Levels, bind, inner_loops, outer_loops
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_cost import Estimate, Machine, Search, search
from akg_mlir.polyhedral.tile_model import Kernel, Loop, TileModel, build_model
from akg_mlir.polyhedral.tiling import Reduction, split_reduction, tile_cluster
from akg_mlir.polyhedral.tree import Domain, Filter, Sequence

HALF = 0.5
"""Share of a memory that a tile may need, so that two tiles are on chip at a time."""


class DoesNotFit(Exception):
    """No tile, or not the tile asked for, fits in a memory."""

    def __init__(self, statements: tuple[str, ...], memory: str, need: int, limit: int) -> None:
        self.memory, self.need, self.limit = memory, need, limit
        names = ", ".join(statements)
        super().__init__(
            f"a tile of {{{names}}} needs {need} bytes of {memory.upper()}, the limit is {limit}"
        )


@dataclass(frozen=True, eq=False)
class Choice:
    """Sizes for one tile space: its tile dimensions, then the loops of the split reductions."""

    space: TileSpace
    splits: tuple[Reduction, ...]
    estimate: Estimate
    runner_up: Estimate | None
    candidates: int

    @property
    def tile_sizes(self) -> tuple[int, ...]:
        """One per tile dimension; the extent where the dimension stays whole."""
        return self.estimate.sizes[: len(self.space.extents)]

    @property
    def banded(self) -> list[int]:
        """The tile dimensions that get a tile counter: those really split, or the first."""
        split = [k for k, s in enumerate(self.tile_sizes) if s < self.space.extents[k]]
        return split or [0]

    def reduction_sizes(self, reduction: Reduction) -> tuple[int, ...]:
        """One per member of the reduction's band."""
        start = len(self.space.extents)
        for other in self.splits:
            if other is reduction:
                break
            start += other.band.members
        return self.estimate.sizes[start : start + reduction.band.members]


@dataclass(frozen=True)
class TilePlan:
    """Choices in execution order, and what was decided about every cluster."""

    choices: tuple[Choice, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, eq=False)
class Tiler:
    """Everything that choosing depends on. `reductions` are the updates that could be split."""

    kernel: Kernel
    dependences: Dependences
    clusters: Seq[Cluster]
    reductions: Mapping[str, Reduction]
    machine: Machine
    max_redundancy: float
    policy: Policy | None = None

    @property
    def scop(self) -> Scop:
        return self.kernel.scop

    def choose(self) -> TilePlan:
        """Sizes for every tile space.

        A producer that fits or pays in no tile gets a tile space of its own. Raises `DoesNotFit`
        and, for a policy that does not match the program, `PolicyError`.
        """
        apart: list[Cluster] = []
        while True:
            fusion = plan(self.scop, self.dependences, self.clusters, apart)
            choices: list[Choice] = []
            for space in fusion.spaces:
                found = self.choose_space(space)
                if isinstance(found, Cluster):
                    apart.append(found)
                    break
                choices.append(found)
            else:
                return TilePlan(tuple(choices), fusion.decisions)

    def choose_space(self, space: TileSpace) -> Choice | Cluster:
        """Sizes for one tile space, or the producer to take out of it.

        Reductions on the vector unit stay whole as long as something fits, and tiles end between
        blocks of a result only where nothing else fits.
        """
        names = {n for c in space.clusters for n in c.names}
        possible = {n: r for n, r in self.reductions.items() if n in names}
        wanted = {n for n in possible if n in self.kernel.cubes or self.splits_in_policy(n)}
        chosen = {n: possible[n] for n in possible if n in wanted}
        found = self.search_space(space, chosen)
        if isinstance(found, Search) and self.may_split_more(space, found, wanted, possible):
            found = self.search_space(space, possible)
        if isinstance(found, Search) and not (space.group.producers or self.is_asked(space)):
            found = self.search_space(space, chosen, whole_blocks=False)
        return found if isinstance(found, Choice) else self.blame(space, found)

    def search_space(
        self, space: TileSpace, splits: dict[str, Reduction], *, whole_blocks: bool = True
    ) -> Choice | Search:
        """The choice with these reductions split, or the search that found nothing.

        Sizes that a policy asks for may fill a memory; others leave room for a second tile.
        """
        reductions = tuple(splits.values())
        model = build_model(replace(self.kernel, splits=splits), space)
        if not whole_blocks:
            model = replace(model, loops=tuple(replace(loop, unit=1) for loop in model.loops))
        model, asked = self.with_policy(model, space, reductions)
        found = search(model, self.machine, HALF, self.max_redundancy)
        if found.best is None and asked:
            found = search(model, self.machine, 1.0, self.max_redundancy)
        if found.best is None:
            return found
        return Choice(space, reductions, found.best, found.runner_up, found.candidates)

    def may_split_more(
        self, space: TileSpace, found: Search, wanted: set[str], possible: dict[str, Reduction]
    ) -> bool:
        """Whether splitting more reductions may help: they are what does not fit."""
        return found.wasteful is None and wanted != set(possible) and not self.is_asked(space)

    def is_asked(self, space: TileSpace) -> bool:
        """Whether the policy speaks of a statement of the space."""
        return any(n in self.asked for c in space.clusters for n in c.names)

    def blame(self, space: TileSpace, found: Search) -> Cluster:
        """The producer that makes a tile space impossible. Raises `DoesNotFit` if none does."""
        producers = space.group.producers
        if found.wasteful is not None:
            return next(c for c in producers if found.wasteful in c.names)
        asked = self.is_asked(space)
        if producers and not asked:
            return producers[-1]
        need = found.smallest.need
        memory = max(need, key=lambda m: need[m] / self.machine.capacity[m])
        limit = self.machine.capacity[memory]
        names = tuple(n for c in space.clusters for n in c.names)
        raise DoesNotFit(names, memory, need[memory], limit if asked else int(limit * HALF))

    # -------------------------------------------------------------------------------------- policy

    @cached_property
    def asked(self) -> dict[str, Levels]:
        """The tiles that the policy asks for, by statement. Raises `PolicyError`."""
        found = {} if self.policy is None else bind(self.policy, self.clusters, self.scop)
        for name, levels in found.items():
            if any(self.inner_tiles(name, levels)) and name not in self.reductions:
                raise PolicyError(
                    f"{name}: only the parallel loops of a cluster, and the reduction loops of an "
                    "update beside its initialisation, can be tiled"
                )
        return found

    def inner_tiles(self, statement: str, levels: Levels) -> tuple[Tile | None, ...]:
        """What a policy asks for the loops below the outer band."""
        return levels[0][outer_loops(self.home(statement)) :]

    def splits_in_policy(self, statement: str) -> bool:
        levels = self.asked.get(statement)
        return levels is not None and any(self.inner_tiles(statement, levels))

    def home(self, statement: str) -> Cluster:
        return next(c for c in self.clusters if statement in c.names)

    def with_policy(
        self, model: TileModel, space: TileSpace, splits: tuple[Reduction, ...]
    ) -> tuple[TileModel, bool]:
        """The model with the loops that the policy names fixed, and whether there are any."""
        fixed: dict[int, int] = {}
        for cluster in space.clusters:
            for name in cluster.names:
                if name in self.asked:
                    self.fix_outer(fixed, model, space, cluster, name)
        start = len(space.extents)
        for reduction in splits:
            name = reduction.update.name
            inner = self.inner_tiles(name, self.asked[name]) if name in self.asked else ()
            for k, tile in enumerate(inner):
                extent = model.loops[start + k].extent
                fixed[start + k] = extent if tile is None else min(tile.size, extent)
            start += reduction.band.members
        loops = tuple(
            replace(loop, fixed=fixed[k]) if k in fixed else loop
            for k, loop in enumerate(model.loops)
        )
        return replace(model, loops=loops), bool(fixed)

    def fix_outer(
        self,
        fixed: dict[int, int],
        model: TileModel,
        space: TileSpace,
        cluster: Cluster,
        statement: str,
    ) -> None:
        dimension = {m: k for k, m in enumerate(space.members.get(cluster, []))}
        for member, tile in enumerate(self.asked[statement][0][: outer_loops(cluster)]):
            if member not in dimension:
                if tile is not None:
                    raise PolicyError(
                        f"loop {member} of {statement} is not a tile loop; "
                        "the tiles of a fused statement follow from those of its users"
                    )
                continue
            k = dimension[member]
            loop: Loop = model.loops[k]
            if tile is None:
                fixed.setdefault(k, loop.extent)
                continue
            size = min(tile.size, loop.extent)
            if fixed.get(k, loop.extent) not in (size, loop.extent):
                raise PolicyError(f"{statement}: two sizes for a tile loop, {fixed[k]} and {size}")
            fixed[k] = size


def policy_of(choices: Seq[Choice], cubes: Collection[str]) -> Policy:
    """The choices in the policy language: parsing it and choosing again gives them back.

    `cubes` names the updates that run on the cube.
    """
    tiles: dict[str, list[Tile | None]] = {}

    def loops(cluster: Cluster, statement: str) -> list[Tile | None]:
        count = outer_loops(cluster) + inner_loops(cluster, statement)
        return tiles.setdefault(statement, [None] * count)

    for choice in choices:
        for root, members in choice.space.members.items():
            last = root.names[-1]
            specs = loops(root, last)
            for k in choice.banded if members else []:
                buffer = "L0C" if last in cubes else "UB"
                specs[members[k]] = Tile(choice.tile_sizes[k], buffer)
        for reduction in choice.splits:
            name = reduction.update.name
            cluster = next(c for c in choice.space.clusters if name in c.names)
            specs = loops(cluster, name)
            sizes = choice.reduction_sizes(reduction)
            for k in split_members(reduction, sizes):
                specs[outer_loops(cluster) + k] = Tile(sizes[k], "L0A" if name in cubes else "UB")
    return Policy(tuple(Entry(name, (Level(tuple(specs)),)) for name, specs in tiles.items()))


def split_members(reduction: Reduction, sizes: Seq[int]) -> list[int]:
    """The members that get a tile counter: those really split, or the first."""
    extents = reduction.extents
    return [k for k, size in enumerate(sizes) if size < extents[k]] or [0]


def tiled_tree(root: Domain, clusters: Seq[Cluster], choices: Seq[Choice]) -> Domain:
    """The tree with the chosen tile bands, clusters in their order."""
    filters = [_tiled_filter(root, cluster, choices) for cluster in clusters]
    child = filters[0].child if len(filters) == 1 else Sequence(filters=tuple(filters))
    return Domain(child, domain=root.domain)


def _tiled_filter(root: Domain, cluster: Cluster, choices: Seq[Choice]) -> Filter:
    node = cluster.to_node()
    for choice in choices:
        if cluster not in choice.space.clusters:
            continue
        for reduction in choice.splits:
            if reduction.update.name in cluster.names:
                sizes = choice.reduction_sizes(reduction)
                members = split_members(reduction, sizes)
                split = split_reduction(cluster, reduction, members, [sizes[k] for k in members])
                node = split.to_node()
        if cluster in choice.space.members:
            members = choice.space.members[cluster]
            chosen = {members[k]: choice.tile_sizes[k] for k in choice.banded} if members else {}
            node = tile_cluster(cluster, node, root.domain, chosen)
    return Filter(node, filter=cluster.instances)
