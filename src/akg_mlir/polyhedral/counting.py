"""Exact numbers of points, by products of short counts where a relation allows it."""

from __future__ import annotations

from math import prod

import islpy as isl

DIM = isl.dim_type


def count_set(points: isl.Set) -> int:
    """Number of points of a bounded set.

    Dimensions that no constraint ties to each other are counted apart, as isl goes through the
    points one by one (the instances of a convolution: windows meet the image's edge per axis).
    """
    if points.is_empty():
        return 0
    if points.is_box():
        result = 1
        for k in range(points.dim(DIM.set)):
            result *= _integer(points.dim_max_val(k)) - _integer(points.dim_min_val(k)) + 1
        return result
    parts = _independent_parts(points)
    if parts is None:
        return _integer(points.count_val())
    return prod(count_set(part) for part in parts)


def _independent_parts(points: isl.Set) -> list[isl.Set] | None:
    """Sets over some of the dimensions each, of which `points` is the product; None if only the
    set itself is known to be one."""
    if points.n_basic_set() != 1:
        return None
    rank = points.dim(DIM.set)
    groups = _tied(points.get_basic_sets()[0], rank)
    if len(groups) < 2:
        return None
    parts: list[isl.Set] = []
    product = isl.Set.universe(points.get_space())
    for group in groups:
        side = points
        for k in range(rank):
            side = side if k in group else side.eliminate(DIM.set, k, 1)
        product = product.intersect(side)
        for k in reversed(range(rank)):
            side = side if k in group else side.project_out(DIM.set, k, 1)
        parts.append(side)
    return parts if product.is_subset(points) else None


def _tied(points: isl.BasicSet, rank: int) -> list[list[int]]:
    """The dimensions, those together that occur in one constraint."""
    group = list(range(rank))
    for constraint in points.get_constraints():
        tied = [k for k in range(rank) if constraint.involves_dims(DIM.set, k, 1)]
        joined = {group[k] for k in tied}
        group = [min(joined) if g in joined else g for g in group]
    return [[k for k in range(rank) if group[k] == g] for g in sorted({*group})]


def count_union(points: isl.UnionSet) -> int:
    """Number of points of a bounded union set."""
    sets = points.get_set_list()
    return sum(count_set(sets.get_at(k)) for k in range(sets.n_set()))


def count_pairs(relation: isl.Map) -> int:
    """Number of pairs of a bounded relation.

    A relation that is a product of relations between one input and one output each (a tile, as a
    rule) costs one short count per dimension; anything else is counted as a set (`count_set`).
    Raises `isl.Error` where that takes more operations than `context.operations` allows.
    """
    if relation.is_empty():
        return 0
    factors = _factors(relation)
    if factors is None:
        return count_set(relation.wrap().flatten())
    result = 1
    for factor in factors:
        result *= count_set(factor.wrap())
    return result


def _factors(relation: isl.Map) -> list[isl.Map] | None:
    """Relations over disjoint inputs whose product is `relation`, or None."""
    inputs, outputs = relation.dim(DIM.in_), relation.dim(DIM.out)
    plain = relation.reset_tuple_id(DIM.in_) if relation.has_tuple_id(DIM.in_) else relation
    plain = plain.reset_tuple_id(DIM.out) if plain.has_tuple_id(DIM.out) else plain
    free = list(range(inputs))
    factors: list[isl.Map] = []
    for k in range(outputs):
        alone = plain.project_out(DIM.out, k + 1, outputs - k - 1).project_out(DIM.out, 0, k)
        used = [d for d in range(inputs) if _depends(alone, d)]
        if len(used) > 1 or not set(used) <= set(free):
            return None
        free = [d for d in free if d not in used]
        for d in reversed([d for d in range(inputs) if d not in used]):
            alone = alone.project_out(DIM.in_, d, 1)
        factors.append(alone)
    domain = plain.domain()
    for d in free:
        side = domain.project_out(DIM.set, d + 1, inputs - d - 1).project_out(DIM.set, 0, d)
        factors.append(isl.Map.from_domain(side))
    return factors if _is_product(plain, outputs) else None


def _depends(relation: isl.Map, dim: int) -> bool:
    """Whether the outputs differ along an input dimension."""
    domain = relation.domain()
    without = relation.project_out(DIM.in_, dim, 1).insert_dims(DIM.in_, dim, 1)
    return not without.intersect_domain(domain).is_subset(relation)


def _is_product(relation: isl.Map, outputs: int) -> bool:
    """Whether each output varies independently of the others, over a box of inputs."""
    domain = relation.domain()
    if not domain.is_box():
        return False
    product = isl.Map.from_domain(domain)
    for k in range(outputs):
        alone = relation.project_out(DIM.out, k + 1, outputs - k - 1).project_out(DIM.out, 0, k)
        product = product.flat_range_product(alone)
    return product.is_subset(relation)


def _integer(value: isl.Val) -> int:
    text = value.to_str()
    if not text:  # at its limit of operations isl stops counting, and has none left to print
        raise isl.Error("a count that takes too many operations")
    return int(text)
