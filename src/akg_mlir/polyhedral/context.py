"""The isl context every compilation shares, with the options that the schedule steps rely on."""

from __future__ import annotations

from functools import cache

import islpy as isl


@cache
def context() -> isl.Context:
    """One context per process: isl objects of two contexts must never meet."""
    ctx = isl.Context()
    ctx.set_schedule_serialize_sccs(1)  # isl's own fusion skews; fusing is our decision
    ctx.set_tile_scale_tile_loops(0)  # tile counters: AST generation is 2.5-3x faster
    ctx.set_tile_shift_point_loops(0)
    return ctx


def union_set(text: str = "{ }") -> isl.UnionSet:
    """Parse a union set. Raises `isl.Error` on bad syntax."""
    return isl.UnionSet(text, context())


def union_map(text: str = "{ }") -> isl.UnionMap:
    """Parse a union map. Raises `isl.Error` on bad syntax."""
    return isl.UnionMap(text, context())
