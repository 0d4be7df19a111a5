"""Indices of an array name the place that a byte offset names."""

from __future__ import annotations

from math import prod

from hypothesis import given
from hypothesis import strategies as st
from xdsl.ir.affine import AffineExpr

from akg_mlir.emit.cpp.subscripts import row_major_strides, subscripts

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)
FACTORS = st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 6)), max_size=4)


@given(SHAPES, st.sampled_from([1, 2, 4]), FACTORS, st.integers(-20, 20), st.booleans())
def test_the_same_place_or_none(
    shape: list[int], unit: int, terms: list[tuple[int, int]], constant: int, whole: bool
) -> None:
    scale = unit if whole else 1
    values = [value for _, value in terms]
    offset = AffineExpr.constant(constant * scale)
    for dim, (factor, _) in enumerate(terms):
        offset = offset + AffineExpr.dimension(dim) * (factor * scale)
    indices = subscripts(offset, shape, unit)
    if indices is None:
        assert scale % unit or prod(shape) == 1 or shape[-1] == 1
        return
    places = [index.eval(values, ()) for index in indices]
    strides = row_major_strides(shape, unit)
    assert sum(p * s for p, s in zip(places, strides)) == offset.eval(values, ())
