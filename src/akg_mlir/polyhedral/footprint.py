"""Boxes around footprints: what a tile touches, as an affine corner and constant sizes.

isl computes such hulls itself (`isl_map_get_range_simple_fixed_box_hull`), but islpy gives its
result no accessors; the method here is the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import islpy as isl

from akg_mlir.polyhedral.context import context

DIM = isl.dim_type


class FootprintError(Exception):
    """A footprint that is empty or unbounded."""


@dataclass(frozen=True)
class Box:
    """All elements `offsets[k](tile) <= x_k < offsets[k](tile) + sizes[k]`.

    `offsets` are expressions over the tile (the domain of the relation), in elements.
    """

    offsets: tuple[isl.Aff, ...]
    sizes: tuple[int, ...]

    @property
    def volume(self) -> int:
        """Elements in the box."""
        result = 1
        for size in self.sizes:
            result *= size
        return result

    def relation(self, like: isl.Map) -> isl.Map:
        """Tile -> element of every element in the box, for the tiles and in the space of `like`."""
        result = isl.Map.from_domain(like.domain())
        for offset, size in zip(self.offsets, self.sizes):
            extent = isl.Map(f"{{ [o] -> [x] : o <= x < o + {size} }}", context())
            result = result.flat_range_product(isl.Map.from_aff(offset).apply_range(extent))
        if not like.has_tuple_name(DIM.out):
            return result
        return result.set_tuple_name(DIM.out, like.get_tuple_name(DIM.out))

    def is_exact(self, relation: isl.Map) -> bool:
        """Whether `relation` (the one the box was made for) fills the box in every tile."""
        return self.relation(relation).is_subset(relation)


def box(relation: isl.Map) -> Box:
    """The smallest box with an affine lower corner and constant sizes around `tile -> element`.

    Each dimension is boxed on its own: the candidates for the lower corner are the lower-bound
    constraints of the relation projected to that dimension, and the tile-independent minimum where
    every lower bound involves an existential. Raises `FootprintError` for an empty or unbounded
    relation.
    """
    if relation.has_tuple_id(DIM.out):
        relation = relation.reset_tuple_id(DIM.out)
    return _box(relation)


@lru_cache(maxsize=4096)
def _box(relation: isl.Map) -> Box:
    """Remembered, since the statements of a kernel mostly touch the same boxes of their tensors."""
    if relation.is_empty():
        raise FootprintError("an empty footprint has no box")
    relation = relation.coalesce()
    sides = [_side(_only(relation, k)) for k in range(relation.dim(DIM.out))]
    return Box(tuple(offset for offset, _ in sides), tuple(size for _, size in sides))


def _only(relation: isl.Map, k: int) -> isl.Map:
    """The relation to output dimension `k` alone."""
    count = relation.dim(DIM.out)
    return relation.project_out(DIM.out, k + 1, count - k - 1).project_out(DIM.out, 0, k)


def _side(relation: isl.Map) -> tuple[isl.Aff, int]:
    best: tuple[isl.Aff, int] | None = None
    for offset in (_constant_bound(relation), *_lower_bounds(relation.coalesce())):
        size = _size_from(relation, offset)
        if size is not None and (best is None or size < best[1]):
            best = (offset, size)
    if best is None:
        raise FootprintError(f"an unbounded footprint has no box: {relation}")
    return best


def _size_from(relation: isl.Map, offset: isl.Aff) -> int | None:
    """`max(x - offset) + 1`, or None if it is unbounded or `offset` is above some x."""
    distances = isl.Map.from_aff(offset).range_product(relation).range().unwrap().deltas()
    low, high = distances.dim_min_val(0), distances.dim_max_val(0)
    if not low.is_int() or low.is_neg() or not high.is_int():
        return None
    return int(high.to_python()) + 1


def _constant_bound(relation: isl.Map) -> isl.Aff:
    """The smallest element over all tiles, as a constant (0 if there is none)."""
    low = relation.range().dim_min_val(0)
    zero = isl.Aff.zero_on_domain(isl.LocalSpace.from_space(relation.get_space().domain()))
    return zero.set_constant_val(low) if low.is_int() else zero


def _lower_bounds(relation: isl.Map) -> Iterator[isl.Aff]:
    """Lower bounds of the output that are expressions of the tile."""
    domain = isl.LocalSpace.from_space(relation.get_space().domain())
    for constraint in relation.simple_hull().remove_divs().get_constraints():
        factor = constraint.get_coefficient_val(DIM.out, 0)
        sign = -1 if constraint.is_equality() and factor.is_neg() else 1
        factor = factor.mul(sign)
        if not factor.is_pos():
            continue
        rest = isl.Aff.zero_on_domain(domain)  # factor * x >= rest
        for k in range(relation.dim(DIM.in_)):
            coefficient = constraint.get_coefficient_val(DIM.in_, k)
            rest = rest.set_coefficient_val(DIM.in_, k, coefficient.mul(-sign))
        rest = rest.set_constant_val(constraint.get_constant_val().mul(-sign))
        yield rest if factor.is_one() else rest.scale_down_val(factor).ceil()
