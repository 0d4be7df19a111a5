"""Boxes in place of relations that are no single box."""

from __future__ import annotations

import islpy as isl

from akg_mlir.polyhedral.context import maps_of, union_map
from akg_mlir.polyhedral.counting import count_set
from akg_mlir.polyhedral.footprint import FootprintError, box

DIM = isl.dim_type


def boxed(extension: isl.UnionMap, domain: isl.UnionSet) -> isl.UnionMap:
    """The extension with relations that are no single box replaced by one, where that is small.

    Relations with divisions or of several pieces make slow code and tiles that no unit can do at
    once. More instances than needed are always legal; the box must at most double a tile.
    """
    result = union_map()
    for relation in maps_of(extension):
        result = result.union(isl.UnionMap.from_map(_boxed(relation, domain)))
    return result


def _boxed(relation: isl.Map, domain: isl.UnionSet) -> isl.Map:
    pieces = relation.get_basic_maps()
    if len(pieces) == 1 and pieces[0].dim(DIM.div) == 0:
        return relation
    try:
        hull = box(relation).relation(relation)
    except FootprintError:
        return relation
    instances = isl.Set.from_union_set(
        domain.intersect(isl.UnionSet.from_set(isl.Set.universe(relation.get_space().range())))
    )
    hull = hull.intersect_range(instances)
    tile = isl.Set.from_point(relation.domain().sample_point())
    exact = count_set(relation.intersect_domain(tile).range())
    return hull if count_set(hull.intersect_domain(tile).range()) <= 2 * exact else relation
