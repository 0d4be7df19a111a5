"""Random convolutions in random tiles: on the cube they are proved and compute the same."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from akg_mlir.diagnostics import CompileError
from tests.support.convolutions import Nchw, on_cube, run
from tests.support.poly_kernels import assert_same_results, violations


@st.composite
def cases(draw: st.DrawFn) -> tuple[Nchw, str]:
    """A convolution and a tile policy for its output points and channels."""
    kernel = draw(st.tuples(st.integers(2, 3), st.integers(1, 4)))
    stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    points = draw(st.tuples(st.integers(2, 5), st.integers(2, 20)))
    reach = [(n - 1) * stride + (k - 1) * dilation + 1 for n, k in zip(points, kernel)]
    image = tuple(r + draw(st.integers(0, stride - 1)) for r in reach)
    channels = draw(st.sampled_from((2, 5, 16, 17)))
    outputs = draw(st.sampled_from((2, 16, 18)))
    images = draw(st.integers(2, 3))
    case = Nchw(images, channels, (image[0], image[1]), outputs, kernel, stride, dilation)
    extents = (images, outputs, *points)
    sizes = [draw(st.none() | st.integers(1, extent)) for extent in extents]
    tiles = ", ".join("_" if size is None else f"{size}@UB" for size in sizes)
    depth = draw(st.sampled_from(("", "; S1: _, _, _, _, 16@L0A, _, _")))
    return case, f"S2: {tiles}{depth if channels == 17 else ''}"


@settings(max_examples=settings().max_examples // 4)
@given(cases())
def test_convolutions_on_the_cube(drawn: tuple[Nchw, str]) -> None:
    case, policy = drawn
    try:
        module = on_cube(case.text(), policy)
    except CompileError as error:
        if "limit" not in str(error) and "policy" not in str(error):
            raise
        assume(False)
        return
    run(module, "poly-promote")
    assert violations(module) == []
    assert_same_results(module)
