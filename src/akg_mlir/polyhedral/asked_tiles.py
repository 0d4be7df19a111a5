"""What a tile policy asks of the tile spaces of a program."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from functools import cached_property

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.executions import InnerLoops, Interior, interior
from akg_mlir.polyhedral.fusion_plan import TileSpace, narrowed
from akg_mlir.polyhedral.policy import Policy, PolicyError, Tile
from akg_mlir.polyhedral.policy_binding import Levels, bind, check_nested, outer_loops
from akg_mlir.polyhedral.tile_model import Kernel, TileModel
from akg_mlir.polyhedral.tiling import Reduction


def reductions_of(space: TileSpace, reductions: Mapping[str, Reduction]) -> list[Reduction]:
    """The reductions of a space that could be split."""
    names = {n for c in space.clusters for n in c.names}
    return [r for n, r in reductions.items() if n in names]


@dataclass(frozen=True, eq=False)
class AskedTiles:
    """The tiles that `policy` asks for; `reductions` are the updates that could be split."""

    policy: Policy | None
    kernel: Kernel
    clusters: Seq[Cluster]
    reductions: Mapping[str, Reduction]

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """The tiles asked for, by statement. Raises `PolicyError`."""
        found = {} if self.policy is None else bind(self.policy, self.clusters, self.kernel.scop)
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
        levels = self.levels.get(statement, ())
        if level >= len(levels):
            return ()
        outer = outer_loops(self.home(statement))
        return levels[level][outer:] if inner else levels[level][:outer]

    def home(self, statement: str) -> Cluster:
        return next(c for c in self.clusters if statement in c.names)

    def concern(self, space: TileSpace) -> bool:
        """Whether the policy speaks of a statement of the space."""
        return any(n in self.levels for c in space.named for n in c.names)

    def interior(self, space: TileSpace) -> Interior:
        """The loops inside tiles that the policy asks for: chunk members leave the tile band."""
        reductions = [
            r
            for r in reductions_of(space, self.reductions)
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

    def fix(self, model: TileModel, inside: Interior) -> tuple[TileModel, bool]:
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
