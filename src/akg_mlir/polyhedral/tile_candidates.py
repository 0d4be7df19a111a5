"""Tile policies that are worth timing: what the cost model chose, and the best round sizes.

Tiles of products on the cube are few and large: what comes close to the best is first. Of others,
sizes beside the best of a fine grid look alike, and a model that errs about one errs about all of
them. Powers of two are far apart, and divide buffers, bursts and repeats evenly.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from akg_mlir.polyhedral.model_builder import build_model
from akg_mlir.polyhedral.policy import Policy
from akg_mlir.polyhedral.tile_choice import HALF, Tiler
from akg_mlir.polyhedral.tile_cost import Estimate
from akg_mlir.polyhedral.tile_model import Loop
from akg_mlir.polyhedral.tile_plan import Choice, TilePlan
from akg_mlir.polyhedral.tile_search import search
from akg_mlir.polyhedral.tiled_tree import policy_of


def candidates(tiler: Tiler, found: TilePlan, count: int) -> list[Policy]:
    """At most `count` different policies with the tile spaces of `found`, its own one first, and
    those of products that come close to it."""
    close = (policy_of(plan.choices, tiler.kernel.cubes) for plan in found.close)
    others = islice(round_sizes(tiler, found), count - 1)
    return list({str(policy): policy for policy in (*close, *others)}.values())


def round_sizes(tiler: Tiler, found: TilePlan) -> Iterator[Policy]:
    """Policies with powers of two or whole loops that leave room for a second tile, those of least
    estimated cost first; the spaces of a program go down their ranks together."""
    ranked = [_ranked(tiler, choice) for choice in found.choices]
    for estimates in zip(*ranked):
        pairs = zip(found.choices, estimates)
        choices = [Choice(c.inside, e, c.search, c.limits) for c, e in pairs]
        yield policy_of(choices, tiler.kernel.cubes)


def _ranked(tiler: Tiler, choice: Choice) -> Iterator[Estimate]:
    """The round sizes of one tile space that fit, best estimate first."""
    model = build_model(tiler.kernel, tiler.fuser, choice.inside)
    rows = list(product(*(_powers(loop) for loop in model.loops)))
    while rows:
        sizes = np.array(rows, dtype=np.float64)
        best = search(model, tiler.machine, HALF, tiler.max_redundancy, sizes).best
        if best is None:
            return
        yield best
        rows.remove(tuple(best.sizes))


def _powers(loop: Loop) -> list[int]:
    """Powers of two times the loop's unit, and the whole loop."""
    if loop.fixed is not None:
        return [loop.fixed]
    sizes = [loop.unit << k for k in range(loop.extent.bit_length())]
    return [*(size for size in sizes if size < loop.extent), loop.extent]
