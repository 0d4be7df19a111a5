"""How boxes of single points grow and move: extents, slopes and steps of their sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import islpy as isl

from akg_mlir.polyhedral.context import context

DIM = isl.dim_type


def extents_of(domain: isl.Set) -> tuple[int, ...]:
    return tuple(
        int(domain.dim_max_val(k).to_python()) - int(domain.dim_min_val(k).to_python()) + 1
        for k in range(domain.dim(DIM.set))
    )


def slopes_of(offset: isl.Aff, dims: int) -> tuple[float, ...]:
    """How far the offset moves per step of each loop, on average over many steps."""
    if offset.dim(DIM.div) == 0:
        parts = [offset.get_coefficient_val(DIM.in_, k) for k in range(dims)]
        return tuple(abs(p.to_python()) for p in parts)
    start = _value_at(offset, [0] * dims)
    far = 1024
    ends = [_value_at(offset, [far * (k == d) for d in range(dims)]) for k in range(dims)]
    return tuple(abs(end - start) / far for end in ends)


def is_in_steps(offset: isl.Aff) -> bool:
    """Whether an offset is what a loop is divided by a number, rounded down."""
    if offset.dim(DIM.div) != 1 or not offset.get_coefficient_val(DIM.div, 0).is_one():
        return False
    divided, loops = offset.get_div(0), range(offset.dim(DIM.in_))
    factors = [divided.get_coefficient_val(DIM.in_, k) for k in loops]
    factors = [factor for factor in factors if not factor.is_zero()]
    others = any(not offset.get_coefficient_val(DIM.in_, k).is_zero() for k in loops)
    start = divided.get_constant_val().is_int()
    return start and not others and len(factors) == 1 and factors[0].inv().is_int()


def periods_of(subscript: isl.Aff) -> Iterator[tuple[int, int]]:
    """Dimensions that a subscript divides by themselves, and by what."""
    for k in range(subscript.dim(DIM.div)):
        divided = subscript.get_div(k)
        terms = [
            (kind, dim, divided.get_coefficient_val(kind, dim))
            for kind in (DIM.in_, DIM.div)
            for dim in range(divided.dim(kind))
        ]
        terms = [term for term in terms if not term[2].is_zero()]
        if len(terms) == 1 and terms[0][0] == DIM.in_:
            yield terms[0][1], int(terms[0][2].get_den_val().to_python())


def blocks_of(index: Sequence[isl.Aff], domain: isl.Set) -> Iterator[tuple[int, int, int]]:
    """Subscripts that are blocks and places in them, such as `16 i + k`, the dimension `k` of the
    domain, and the blocks' size."""
    for dim, subscript in enumerate(index):
        factors = [
            int(subscript.get_coefficient_val(DIM.in_, k).to_python())
            for k in range(subscript.dim(DIM.in_))
        ]
        terms = sorted((factor, k) for k, factor in enumerate(factors) if factor)
        if len(terms) == 2 and terms[1][0] > 1:
            (_, inner), (size, _) = terms
            if extents_of(domain)[inner] == size:
                yield dim, inner, size


def _value_at(offset: isl.Aff, point: list[int]) -> float:
    place = isl.Point.zero(offset.get_domain_space())
    for k, value in enumerate(point):
        place = place.set_coordinate_val(DIM.set, k, isl.Val(value, context()))
    return float(isl.PwAff.from_aff(offset).eval(place).to_python())
