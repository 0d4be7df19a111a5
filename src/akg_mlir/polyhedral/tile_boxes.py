"""The instances that one unit executes per tile, as boxes of constant sizes.

A statement's instances in a tile are split so that every part is a box whose corner is one affine
expression of the tile and whose sizes are constants: full tiles, partial tiles and tiles clipped
at a border become different parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.footprint import Box

DIM = isl.dim_type
MOST_SIZES = 16
"""Sizes of one dimension that are told apart before it becomes a loop."""


@dataclass(frozen=True)
class TileBox:
    """For the tiles in `tiles` (a set of outer band values), the box of instances: per dimension
    of the statement its first value, an expression of the tile, and its size."""

    tiles: isl.Set
    offsets: tuple[isl.Aff, ...]
    sizes: tuple[int, ...]


def split_boxes(instances: isl.Map) -> list[TileBox] | None:
    """Boxes that make up `tile -> instance`, each tile and instance in exactly one.

    None where this takes more than a few boxes: the caller then moves a dimension into the tile.
    """
    instances = instances.coalesce()
    whole = _boxes_of(instances)
    if whole is not None:
        return whole
    result: list[TileBox] = []
    for part in instances.compute_divs().make_disjoint().get_basic_maps():
        boxes = _boxes_of(isl.Map.from_basic_map(part))
        if boxes is None:
            return None
        result += boxes
    return result


def with_dimension(instances: isl.Map, dim: int) -> isl.Map:
    """`[tile, value of dimension dim] -> instance`."""
    names = [f"d{k}" for k in range(instances.dim(DIM.out))]
    name = instances.get_tuple_name(DIM.out)
    text = f"{{ [x] -> {name}[{', '.join(names)}] : x = {names[dim]} }}"
    return instances.flat_domain_product(isl.Map(text, context()))


def _boxes_of(instances: isl.Map) -> list[TileBox] | None:
    """One box per tile, told apart by their sizes; None if the instances are not boxes."""
    regions = [TileBox(instances.domain(), (), ())]
    for dim in range(instances.dim(DIM.out)):
        low, high = instances.dim_min(dim), instances.dim_max(dim)
        refined: list[TileBox] = []
        for region in regions:
            for tiles, first, last in _bounds(low, high, region.tiles):
                sizes = list(_sizes(tiles, first, last))
                if not sizes:
                    return None
                refined += [
                    TileBox(part, (*region.offsets, first), (*region.sizes, size))
                    for part, size in sizes
                ]
        regions = refined
    covered = isl.Map.empty(instances.get_space())
    for region in regions:
        covered = covered.union(_relation(region, instances.get_space()))
    return regions if covered.is_subset(instances) else None


def _bounds(
    low: isl.PwAff, high: isl.PwAff, tiles: isl.Set
) -> Iterator[tuple[isl.Set, isl.Aff, isl.Aff]]:
    """Parts of `tiles` where both bounds are one expression."""
    for below, first in _pieces(low, tiles):
        for part, last in _pieces(high, below):
            yield part, first, last


def _pieces(bound: isl.PwAff, tiles: isl.Set) -> list[tuple[isl.Set, isl.Aff]]:
    found: list[tuple[isl.Set, isl.Aff]] = []

    def add(part: isl.Set, expression: isl.Aff) -> None:
        found.append((part.copy(), expression.copy()))

    bound.intersect_domain(tiles).coalesce().foreach_piece(add)
    return found


def _sizes(tiles: isl.Set, first: isl.Aff, last: isl.Aff) -> Iterator[tuple[isl.Set, int]]:
    """Parts of `tiles` by the number of values; nothing if there are too many different ones."""
    extent = last.sub(first).add_constant_val(isl.Val.one(context()))
    values = isl.PwAff.alloc(tiles, extent)
    low, high = values.min_val(), values.max_val()
    if low.eq(high):
        yield tiles, int(low.to_python())
        return
    least, most = int(low.to_python()), int(high.to_python())
    if most - least >= MOST_SIZES:
        return
    for size in range(least, most + 1):
        constant = isl.Aff.zero_on_domain(extent.get_domain_local_space())
        constant = constant.add_constant_val(isl.Val(size, context()))
        part = extent.eq_set(constant).intersect(tiles)
        if not part.is_empty():
            yield part, size


def _relation(region: TileBox, space: isl.Space) -> isl.Map:
    """`tile -> instance` of the boxes of a region."""
    box = Box(region.offsets, region.sizes)
    return box.relation(isl.Map.universe(space).intersect_domain(region.tiles))
