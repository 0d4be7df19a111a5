"""Bands with some of their members, in another order, or one over another."""

from __future__ import annotations

from dataclasses import replace

import islpy as isl

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.tree import Band, Node


def select_members(schedule: isl.MultiUnionPwAff, members: list[int]) -> isl.MultiUnionPwAff:
    """The partial schedule made of these members, in this order."""
    space = schedule.get_space()
    space = space.drop_dims(isl.dim_type.set, 0, space.dim(isl.dim_type.set))
    space = space.add_dims(isl.dim_type.set, len(members))
    parts = schedule.get_list()
    chosen = isl.UnionPwAffList.alloc(context(), len(members))
    for k in members:
        chosen = chosen.add(parts.get_at(k))
    return isl.MultiUnionPwAff.from_union_pw_aff_list(space, chosen)


def split_band(band: Band, outer: int) -> Node | None:
    """A band of the first `outer` members over a band of the rest; empty bands vanish."""
    inner: Node | None = band.child
    if outer < band.members:
        rest = list(range(outer, band.members))
        inner = replace(
            band,
            schedule=select_members(band.schedule, rest),
            coincident=band.coincident[outer:],
            tile=None if band.tile is None else band.tile[outer:],
        )
    if outer == 0:
        return inner
    first = list(range(outer))
    return replace(
        band,
        schedule=select_members(band.schedule, first),
        coincident=band.coincident[:outer],
        tile=None if band.tile is None else band.tile[:outer],
        child=inner,
    )


def permute_band(band: Band, members: list[int]) -> Band:
    """The band with its members in another order. The caller proves that it is legal."""
    return replace(
        band,
        schedule=select_members(band.schedule, members),
        coincident=tuple(band.coincident[k] for k in members),
        tile=None if band.tile is None else tuple(band.tile[k] for k in members),
    )
