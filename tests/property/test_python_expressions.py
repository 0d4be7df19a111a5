"""Random Python expressions and index expressions, on the machine against numpy."""

from __future__ import annotations

from itertools import product

import numpy as np
from expression_trees import BINARY, UNARY, Tree, value
from hypothesis import given, settings
from hypothesis import strategies as st
from te_text import relative_error

import akg_mlir as akg

SHAPE = (5, 24)
Rows = tuple[tuple[int, ...], ...]

leaves = st.sampled_from(["x", "y", "row", "column"]) | st.sampled_from([0.5, -1.0, 2.0])
trees = st.recursive(
    st.tuples(st.sampled_from(["x", "y"])),
    lambda inner: (
        st.tuples(st.sampled_from(list(UNARY)), inner)
        | st.tuples(st.sampled_from(list(BINARY)), inner, leaves.map(lambda leaf: (leaf,)) | inner)
    ),
    max_leaves=6,
)


@given(trees, st.integers(0, 99))
@settings(max_examples=15)
def test_expressions_mean_what_numpy_means(tree: Tree, seed: int) -> None:
    @akg.kernel
    def kernel(
        x: akg.f32[SHAPE], y: akg.f32[SHAPE], row: akg.f32[24], column: akg.f32[5, 1]
    ) -> akg.Tensor:
        result = value(tree, {"x": x, "y": y, "row": row, "column": column}, 0)
        assert isinstance(result, akg.Tensor)
        return result

    random = np.random.default_rng(seed)
    shapes = {"x": SHAPE, "y": SHAPE, "row": (24,), "column": (5, 1)}
    arrays = {n: random.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    wide = {name: array.astype(np.float64) for name, array in arrays.items()}
    wanted = np.asarray(value(tree, dict(wide), 1))
    got = kernel(*arrays.values())
    assert isinstance(got, np.ndarray)
    assert relative_error(got, np.broadcast_to(wanted, got.shape)) < 2e-4


@st.composite
def index_expressions(draw: st.DrawFn) -> tuple[Rows, tuple[int, ...], tuple[int, ...], str]:
    """Subscripts of a matrix as rows of factors and an offset last, bounds, and a reduction."""
    outputs = draw(st.lists(st.integers(1, 9), min_size=1, max_size=2))
    reduced = draw(st.lists(st.integers(1, 4), max_size=2))
    bounds = outputs + reduced
    rows: list[tuple[int, ...]] = []
    for _ in range(2):
        factors = [draw(st.integers(-1, 2)) for _ in bounds]
        lowest = sum(min(f, 0) * (b - 1) for f, b in zip(factors, bounds))
        rows.append((*factors, draw(st.integers(0, 2)) - lowest))
    return tuple(rows), tuple(outputs), tuple(reduced), draw(st.sampled_from(["sum", "max", "min"]))


@given(index_expressions(), st.integers(0, 99))
@settings(max_examples=15)
def test_index_expressions_are_loops(
    drawn: tuple[Rows, tuple[int, ...], tuple[int, ...], str], seed: int
) -> None:
    rows, outputs, reduced, kind = drawn
    axes = tuple(akg.axis(f"r{place}", size) for place, size in enumerate(reduced))
    function = {"sum": akg.sum, "max": akg.max, "min": akg.min}[kind]
    bounds = [*outputs, *reduced]
    sizes = tuple(
        1 + offset + sum(max(f, 0) * (b - 1) for f, b in zip(factors, bounds))
        for *factors, offset in rows
    )

    def element(x: akg.Tensor, indices: list[akg.Axis]) -> akg.Tensor:
        places = [
            sum((axis * factor for axis, factor in zip(indices, factors)), start=indices[0] * 0)
            for *factors, _ in rows
        ]
        one = x[tuple(place + row[-1] for place, row in zip(places, rows))] * 2 - 1
        return function(one, over=axes) if axes else one

    @akg.kernel
    def kernel(x: akg.f32[sizes]) -> akg.Tensor:
        if len(outputs) == 1:
            return akg.compute(outputs[0], lambda i: element(x, [i, *axes]))
        return akg.compute(outputs, lambda i, j: element(x, [i, j, *axes]))

    x = np.random.default_rng(seed).standard_normal(sizes).astype(np.float32)
    every = np.empty(bounds, np.float32)
    for point in product(*map(range, bounds)):
        place = tuple(sum(f * p for f, p in zip(fs, point)) + offset for *fs, offset in rows)
        every[point] = x[place] * 2 - 1
    combine = {"sum": np.sum, "max": np.max, "min": np.min}[kind]
    wanted = combine(every, axis=tuple(range(len(outputs), len(bounds)))) if reduced else every
    got = kernel(x)
    assert isinstance(got, np.ndarray)
    assert relative_error(got, wanted) < 1e-4
