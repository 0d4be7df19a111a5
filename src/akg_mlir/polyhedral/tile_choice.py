"""Tile sizes for every tile space of a program: from a policy where it speaks, else searched."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from functools import cached_property

from akg_mlir.polyhedral.asked_tiles import AskedTiles, reductions_of
from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.dependence import Dependences
from akg_mlir.polyhedral.executions import Interior, interior, without_repeated_rows
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_plan import TileSpace, plan
from akg_mlir.polyhedral.joined_tiles import bytes_together
from akg_mlir.polyhedral.model_builder import build_model
from akg_mlir.polyhedral.policy import Policy, PolicyError
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import Kernel, TileModel
from akg_mlir.polyhedral.tile_plan import Apart, Choice, DoesNotFit, TilePlan, explained
from akg_mlir.polyhedral.tile_search import Search, search
from akg_mlir.polyhedral.tiling import Reduction
from akg_mlir.polyhedral.vector_product import vector_product

HALF = 0.5
"""Share of a memory that a tile may need, so that two tiles are on chip at a time."""
CHUNKED = 0.95
"""What rows that fit may take in chunks of what they take whole: a loop more has costs that no
estimate knows."""
FEW = 32
"""Statements up to which rows of a core's only tile are tried in chunks: the time for that grows
with their square, and what it hides, a single load, does not."""
ONCE = 1.01
"""Instances per original up to which a reduction counts as computed once."""


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
    def asked(self) -> AskedTiles:
        return AskedTiles(self.policy, self.kernel, self.clusters, self.reductions)

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
        return found if found.cycles < whole.cycles else explained(whole, found)

    def choose_united(self, *, partial: bool) -> TilePlan:
        """Sizes for every tile space; `partial` says whether producers may have reserved parts.

        Uniting the spaces that use one cluster saves its traffic and costs tile dimensions: the
        faster way is taken. Apart, a cluster that each would have to compute again is in GM between
        them, and nothing orders cores: all of them run on one.
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
        linked = any(each.kind == "tiled" and each.reason for each in apart.decisions)
        cores = self.machine.cores if linked else 1
        return united if united.cycles <= cores * apart.cycles else apart

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
                fitting = tuple(self.with_room(choices))
                return TilePlan(fitting, fusion.reservations, decisions, fusion.united)

    def with_room(self, choices: Seq[Choice]) -> list[Choice]:
        """The choices, with smaller tiles where those that are alike overfill UB together."""
        alike: dict[object, list[Choice]] = {}
        for choice in choices:
            alike.setdefault(choice.band, []).append(choice)
        smaller = {c.space: s for group in alike.values() for c, s in self.shrunk(group)}
        return [smaller[choice.space] for choice in choices]

    def shrunk(self, alike: Seq[Choice]) -> list[tuple[Choice, Choice]]:
        """Each of some choices with the one that takes its place: they fit together, or they are
        no longer alike."""
        found, share = list(alike), HALF
        while len({choice.band for choice in found}) == 1 < len(found):
            together = bytes_together(self.scop, found, self.kernel.block_bytes)
            if together <= self.machine.capacity["ub"]:
                break
            share *= self.machine.capacity["ub"] / together
            again = [self.search_in(choice.inside, share=share) for choice in found]
            smaller = [each for each in again if isinstance(each, Choice)]
            if len(smaller) < len(found):
                break
            found = smaller
        return list(zip(alike, found))

    def choose_space(self, space: TileSpace) -> Choice | Apart:
        """Sizes for one tile space, or the producer to take out of it.

        Rows stay whole as long as something fits and reductions are computed once. They may come in
        chunks all the same where that is faster: factors of products, so that tiles of results
        grow, and rows of a core's only tile, so that it computes while it loads. Tiles end between
        blocks of a result only where nothing else fits.
        """
        if self.asked.concern(space):
            found = self.search_in(self.asked.interior(space))
            return found if isinstance(found, Choice) else self.blame(space, found)
        cubes = [
            r for r in reductions_of(space, self.reductions) if r.update.name in self.kernel.cubes
        ]
        found = self.search_in(interior(space, cubes, self.kernel.products))
        if isinstance(found, Search) or self.repeats_reductions(found):
            found = self.better(found, self.search_chunks(space))
        elif self.sums_products(space) or self.loads_once(found):
            found = self.better(found, self.search_chunks(space), CHUNKED)
        if isinstance(found, Search) and not space.group.producers:
            plain = interior(space, cubes, self.kernel.products)
            found = self.search_in(plain, whole_blocks=False)
            if isinstance(found, Search):
                # Right for scalar code, which may be all that a skewed band allows; otherwise
                # npu-plan-memory says what does not fit.
                full = self.search_in(plain, whole_blocks=False, share=1.0, scratch=False)
                found = full if isinstance(full, Choice) else found
        return found if isinstance(found, Choice) else self.blame(space, found)

    def search_chunks(self, space: TileSpace) -> Choice | Search | None:
        """The choice with all rows in chunks; None without a reduction on the vector unit.

        Tiles may end between blocks of a result where that lets more cores work.
        """
        reductions = reductions_of(space, self.reductions)
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

    def search_in(
        self,
        inside: Interior,
        *,
        whole_blocks: bool = True,
        share: float = HALF,
        scratch: bool = True,
    ) -> Choice | Search:
        """The choice for these loops that needs a share of each memory, or the search that found
        nothing; `scratch` says whether values between the ops of a statement count. Rows of points
        are cut where no whole ones fit.

        Sizes that a policy asks for may fill a memory; others leave room for a second tile.
        """
        model = build_model(self.kernel, self.fuser, inside)
        found = self.search_model(model, inside, whole_blocks, share, scratch)
        rows = [name for name, cube in self.kernel.cubes.items() if cube.rows]
        if isinstance(found, Choice) or not rows:
            return found
        cubes = {name: replace(c, cuts_rows=True) for name, c in self.kernel.cubes.items()}
        model = build_model(replace(self.kernel, cubes=cubes), self.fuser, inside)
        return self.search_model(model, inside, whole_blocks, share, scratch)

    def search_model(
        self, model: TileModel, inside: Interior, whole_blocks: bool, share: float, scratch: bool
    ) -> Choice | Search:
        """As `search_in`, for the loops as a model has them."""
        if not scratch:
            moving = tuple(f for f in model.footprints if not f.scratch)
            model = replace(model, footprints=moving)
        if not whole_blocks:
            model = replace(model, loops=tuple(replace(loop, unit=1) for loop in model.loops))
        model, asked = self.asked.fix(model, inside)
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

    def sums_products(self, space: TileSpace) -> bool:
        """Whether the vector unit sums products: larger tiles of results use their factors more
        often where these come in chunks."""
        updates = (r.update for r in reductions_of(space, self.reductions))
        return any(vector_product(u) for u in updates if u.name not in self.kernel.cubes)

    def loads_once(self, found: Choice) -> bool:
        """Whether cores have one tile each, so that nothing hides its load but its own chunks."""
        few = len(self.scop.statements) <= FEW
        return few and found.estimate.tiles <= self.machine.cores

    def better(
        self, whole: Choice | Search, chunks: Choice | Search | None, share: float = 1.0
    ) -> Choice | Search:
        """The cheaper of two choices, chunks if they take less than a share of the cycles; what the
        whole rows lack when there is none."""
        if not isinstance(chunks, Choice):
            return whole
        if isinstance(whole, Choice) and share * whole.estimate.cycles <= chunks.estimate.cycles:
            return whole
        return chunks

    def blame(self, space: TileSpace, found: Search) -> Apart:
        """The producer that makes a tile space impossible. Raises `DoesNotFit` if none does."""
        producers = space.group.producers
        if found.wasteful is not None:
            cluster = next(c for c in producers if found.wasteful in c.names)
            reason = f"tiles that fit would compute it more than {self.max_redundancy:g} times"
            return Apart(cluster, reason)
        asked = self.asked.concern(space)
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
        if not self.asked.concern(space):
            sizes = " x ".join(map(str, found.smallest.sizes))
            return f"{sizes} is the smallest tile there is: cut the kernel into smaller ones"
        inside = self.asked.interior(space)
        model = build_model(self.kernel, self.fuser, inside)
        free = search(model, self.machine, 1.0, self.max_redundancy)
        if free.best is None:
            return "no tile of these loops fits: give others, or cut the kernel into smaller ones"
        return f"tiles of {' x '.join(map(str, free.best.sizes))} fit"
