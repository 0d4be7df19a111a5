"""Boxes in place of relations that are no single box."""

from __future__ import annotations

import islpy as isl

from akg_mlir.polyhedral.context import maps_of, union_map
from akg_mlir.polyhedral.counting import count_set
from akg_mlir.polyhedral.footprint import FootprintError, box
from akg_mlir.polyhedral.layouts import FRACTAL

DIM = isl.dim_type


def boxed(extension: isl.UnionMap, domain: isl.UnionSet) -> isl.UnionMap:
    """The extension with relations that are no single box replaced by one, where that is small.

    Relations with divisions, of several pieces or with iterators that depend on each other make
    slow code and tiles that no unit can do at once. More instances than needed are always legal;
    the box must at most double a tile.
    """
    result = union_map()
    for relation in maps_of(extension):
        result = result.union(isl.UnionMap.from_map(_boxed(relation, domain)))
    return result


def _boxed(relation: isl.Map, domain: isl.UnionSet) -> isl.Map:
    pieces = relation.get_basic_maps()
    plain = len(pieces) == 1 and pieces[0].dim(DIM.div) == 0 and _has_sides(pieces[0])
    ragged = _ragged_sides(pieces[0]) if plain else []
    if plain and not ragged:
        return relation
    try:
        found = box(relation)
    except FootprintError:
        return relation
    if plain and not any(found.sizes[k] <= FRACTAL for k in ragged):
        return relation
    instances = isl.Set.from_union_set(
        domain.intersect(isl.UnionSet.from_set(isl.Set.universe(relation.get_space().range())))
    )
    hull = found.relation(relation).intersect_range(instances)
    tile = relation.domain().lexmin()  # the last one may be cut
    exact = count_set(relation.intersect_domain(tile).range())
    return hull if count_set(hull.intersect_domain(tile).range()) <= 2 * exact else relation


def _has_sides(relation: isl.BasicMap) -> bool:
    """Whether no constraint joins two iterators of an instance."""
    count = relation.dim(DIM.out)
    return all(
        sum(c.involves_dims(DIM.out, k, 1) for k in range(count)) <= 1
        for c in relation.get_constraints()
    )


def _ragged_sides(relation: isl.BasicMap) -> list[int]:
    """The sides of which one end moves with the tile and the other does not: the last tile may end
    inside a fractal, which the cube computes whole."""
    inputs = relation.dim(DIM.in_)
    ends: dict[int, set[int]] = {}
    for constraint in relation.get_constraints():
        if not constraint.involves_dims(DIM.in_, 0, inputs):
            continue
        for k in range(relation.dim(DIM.out)):
            sign = constraint.get_coefficient_val(DIM.out, k).sgn()
            if sign:
                ends.setdefault(k, set()).update((-1, 1) if constraint.is_equality() else (sign,))
    return [k for k, signs in ends.items() if len(signs) == 1]
