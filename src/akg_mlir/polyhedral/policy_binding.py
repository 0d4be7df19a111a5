"""A tile policy matched to a program: which of a statement's loops each tile is for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.point_bands import dimension_of
from akg_mlir.polyhedral.policy import Entry, Level, Policy, PolicyError, Tile
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.tile_grid import cuts_evenly
from akg_mlir.polyhedral.tree import Band, statement_names

DIM = isl.dim_type
MOST_LEVELS = 2

Levels = tuple[tuple[Tile | None, ...], ...]
"""Per level, outermost first, one tile per loop of a statement."""


def bind(policy: Policy, clusters: Seq[Cluster], scop: Scop) -> dict[str, Levels]:
    """Statement -> its tiles, one per loop and level.

    Raises `PolicyError` for a statement, axis or number of loops that the program does not have.
    """
    homes = {name: cluster for cluster in clusters for name in cluster.names}
    result: dict[str, Levels] = {}
    for entry in policy.entries:
        name = _statement(entry.statement, homes)
        if name in result:
            raise PolicyError(f"two entries for statement {name}")
        if len(entry.levels) > MOST_LEVELS:
            raise PolicyError(f"{name} has {len(entry.levels)} levels, at most {MOST_LEVELS}")
        result[name] = tuple(
            _tiles(entry, level, homes[name], scop.by_name[name]) for level in entry.levels
        )
    return result


def check_nested(name: str, levels: Levels, outer: int, extents: Seq[int] | None) -> None:
    """Check the second level of the loops below the `outer` ones: tiles for L0 in those for L1.

    `extents` are those of the reduction loops of a contraction, None for any other statement.
    Raises `PolicyError` for what is no contraction, and for tiles that others do not fill.
    """
    for k, (size, below) in enumerate(zip(levels[0][outer:], levels[-1][outer:])):
        if len(levels) == 1 or below is None:
            continue
        if extents is None:
            raise PolicyError(
                f"{name}: loop {outer + k} has a second level, {below}; of reduction loops only "
                "those of contractions on the cube have two, for L1 and L0"
            )
        if size is not None and not cuts_evenly(size.size, below.size, extents[k]):
            raise PolicyError(
                f"{name}: {below} does not cut the tiles {size} of loop {outer + k} in equal parts"
            )


def _statement(name: str, homes: Mapping[str, Cluster]) -> str:
    """The program's name of a statement; the paper writes S_3 for S3."""
    for candidate in (name, name.replace("S_", "S", 1) if name.startswith("S_") else name):
        if candidate in homes:
            return candidate
    raise PolicyError(f"no statement {name}; there are {', '.join(homes)}")


def _tiles(
    entry: Entry, level: Level, cluster: Cluster, statement: Statement
) -> tuple[Tile | None, ...]:
    count = outer_loops(cluster) + inner_loops(cluster, statement.name)
    if level.axes is None:
        if len(level.tiles) != count:
            raise PolicyError(
                f"{entry.statement} has {count} loops, the policy gives {len(level.tiles)}"
            )
        return level.tiles
    axes = loop_axes(cluster, statement)
    result: list[Tile | None] = [None] * count
    for axis, tile in zip(level.axes, level.tiles):
        if axis not in axes:
            known = ", ".join(a for a in axes if a is not None)
            raise PolicyError(f"{entry.statement} has no loop along {axis}; there are {known}")
        result[axes.index(axis)] = tile
    return tuple(result)


def outer_loops(cluster: Cluster) -> int:
    """Members of the cluster's outer band."""
    return 0 if cluster.band is None else cluster.band.members


def inner_loops(cluster: Cluster, statement: str) -> int:
    """Members of the band that a statement has below the outer one."""
    band = _inner_band(cluster, statement)
    return 0 if band is None else band.members


def _inner_band(cluster: Cluster, statement: str) -> Band | None:
    part = next(p for p in cluster.parts if statement in statement_names(p.filter))
    return part.child if isinstance(part.child, Band) else None


def loop_axes(cluster: Cluster, statement: Statement) -> list[str | None]:
    """The name of the dimension that each loop of a statement runs over, None for a mixture."""
    names: list[str | None] = []
    space = statement.domain.get_space().from_domain().add_dims(DIM.out, 1)
    for band in (cluster.band, _inner_band(cluster, statement.name)):
        for k in range(0 if band is None else band.members):
            assert band is not None
            member = band.schedule.get_at(k).extract_pw_aff(space)
            names.append(_axis(member, statement))
    return names


def _axis(member: isl.PwAff, statement: Statement) -> str | None:
    if not member.isa_aff():
        return None
    expression = member.as_aff()
    dim = dimension_of(expression.set_constant_val(isl.Val(0, context())))
    return None if dim is None else statement.domain.get_dim_name(DIM.set, dim)
