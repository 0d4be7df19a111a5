"""Closed forms of the cube's layouts, against enumeration and against isl."""

from __future__ import annotations

from itertools import product

import islpy as isl
import pytest

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.layouts import (
    NC1HWC0,
    NZ,
    ZN,
    ZZ,
    Arrangement,
    Img2Col,
    Part,
    Window,
    blocked,
)

STEM = Img2Col((7, 7), 112, Window(2, 1, 3), Window(2, 1, 3))
CASES = [
    (Img2Col((3, 3), 6), (4, 6)),
    (Img2Col((3, 2), 5, Window(2, 1, 1), Window(1, 2, 2)), (4, 5)),
    (Img2Col((1, 1), 7, Window(2), Window(3)), (3, 7)),
    (Img2Col((2, 4), 3, Window(1, 3, 2), Window(3, 2, 1)), (5, 3)),
]


def relation(function: isl.MultiAff) -> isl.Map:
    return isl.Map.from_multi_aff(function)


def apply(function: isl.MultiAff, point: tuple[int, ...]) -> tuple[int, ...]:
    """The function's value, by isl, at one point."""
    name = function.get_tuple_name(isl.dim_type.in_)
    at = isl.Set(f"{{ {name or ''}[{', '.join(map(str, point))}] }}", context())
    image = at.apply(relation(function))
    return tuple(int(image.dim_max_val(k).to_python()) for k in range(image.dim(isl.dim_type.set)))


def arranged(arrangement: Arrangement, rank: int) -> isl.MultiAff:
    space = isl.Space.set_alloc(context(), 0, rank)
    local = isl.LocalSpace.from_space(space)
    index = arrangement.index(
        [isl.Aff.var_on_domain(local, isl.dim_type.set, k) for k in range(rank)]
    )
    out = space.from_domain().add_dims(isl.dim_type.out, len(index))
    result = isl.MultiAff.zero(out)
    for k, expression in enumerate(index):
        result = result.set_aff(k, expression)
    return result


# ----------------------------------------------------------------------------------------- fractals


@pytest.mark.parametrize(
    ("arrangement", "text"),
    [
        (ZZ, "{ [m, k] -> [m1, k1, m0, k0] : m = 16m1 + m0 and k = 16k1 + k0 and LANES }"),
        (NZ, "{ [m, k] -> [k1, m1, m0, k0] : m = 16m1 + m0 and k = 16k1 + k0 and LANES }"),
        (ZN, "{ [k, n] -> [k1, n1, m0, k0] : n = 16n1 + m0 and k = 16k1 + k0 and LANES }"),
    ],
)
def test_fractals_are_the_bijections_they_are_called_for(
    arrangement: Arrangement, text: str
) -> None:
    expected = isl.Map(text.replace("LANES", "0 <= m0 < 16 and 0 <= k0 < 16"), context())
    found = relation(arranged(arrangement, 2))
    assert found.is_equal(expected)
    matrix = isl.Set("{ [a, b] : 0 <= a < 48 and 0 <= b < 32 }", context())
    assert found.intersect_domain(matrix).is_bijective()
    sizes = arrangement.shape((48, 32))
    cells = matrix.apply(found)
    assert [int(cells.dim_max_val(k).to_python()) + 1 for k in range(4)] == [*sizes]


@pytest.mark.parametrize(("arrangement", "order"), [(ZZ, "zz"), (NZ, "nz"), (ZN, "zn")])
def test_fractals_by_address(arrangement: Arrangement, order: str) -> None:
    """Against the published address formulas: element (r, c) of an R x C matrix."""
    rows, columns = 32, 48
    function, shape = arranged(arrangement, 2), arrangement.shape((rows, columns))
    for r, c in product(range(0, rows, 7), range(0, columns, 5)):
        address = 0
        for index, size in zip(apply(function, (r, c)), shape):
            address = address * size + index
        grid = {
            "zz": (r // 16) * (columns // 16) + c // 16,
            "nz": (c // 16) * (rows // 16) + r // 16,
            "zn": (r // 16) * (columns // 16) + c // 16,
        }[order]
        inner = (c % 16) * 16 + r % 16 if order == "zn" else (r % 16) * 16 + c % 16
        assert address == grid * 256 + inner


def test_nc1hwc0() -> None:
    function = arranged(NC1HWC0, 4)
    assert NC1HWC0.shape((2, 35, 5, 6)) == (2, 3, 5, 6, 16)
    for point in product(range(2), range(0, 35, 6), range(5), range(6)):
        n, c, h, w = point
        assert apply(function, point) == (n, c // 16, h, w, c % 16)
    assert relation(function).is_injective()


def test_short_dimensions_are_lanes_and_missing_ones_are_padded() -> None:
    outer, lane = blocked([0, 1], (3, 16))
    assert (outer, lane) == ((Part(0),), Part(1, "padded"))
    outer, lane = blocked([0, 1], (3, 17))
    assert (outer, lane) == ((Part(0), Part(1, "block")), Part(1, "lane"))
    assert blocked([], ()) == ((), Part(None, "lane"))
    assert Arrangement((Part(0), Part(None, "lane"))).shape((5,)) == (5, 16)


# ------------------------------------------------------------------------------------------ img2col


@pytest.mark.parametrize(("layout", "output"), CASES)
def test_img2col_by_enumeration(layout: Img2Col, output: tuple[int, int]) -> None:
    """Equation 1 at every matrix element, and the structured form at the taps it stands for."""
    (kh_, kw_), (ho, wo) = layout.kernel, output
    fractal, structured = layout.fractal(), layout.structured()
    blocks = 2
    for m, c1, kh, kw in product(range(ho * wo), range(blocks), range(kh_), range(kw_)):
        h, w = divmod(m, wo)
        y = h * layout.rows.stride + kh * layout.rows.dilation - layout.rows.padding
        x = w * layout.across.stride + kw * layout.across.dilation - layout.across.padding
        ko = (c1 * kh_ + kh) * kw_ + kw
        c0 = m % 16
        assert apply(structured, (1, c1, kh, kw, h, w, c0)) == (1, c1, y, x, c0)
        assert apply(fractal, (1, m // 16, ko, m % 16, c0)) == (1, c1, y, x, c0)


@pytest.mark.parametrize("layout", [*(case[0] for case in CASES), STEM])
def test_equation_1_as_text(layout: Img2Col) -> None:
    (kh, kw), wo = layout.kernel, layout.columns
    rows, across = layout.rows, layout.across
    row = f"floor((16mo + mi)/{wo})"
    column = f"((16mo + mi) mod {wo})"
    y = f"{rows.stride}*{row} + {rows.dilation}*(floor(ko/{kw}) mod {kh}) - {rows.padding}"
    x = f"{across.stride}*{column} + {across.dilation}*(ko mod {kw}) - {across.padding}"
    text = f"{{ X[n, mo, ko, mi, ki] -> I[n, floor(ko/{kh * kw}), {y}, {x}, ki] }}"
    assert relation(layout.fractal()).is_equal(isl.Map(text, context()))


@pytest.mark.parametrize(("layout", "output"), [*CASES, (STEM, (112, 112))])
def test_matrix_elements_are_taps_one_to_one(layout: Img2Col, output: tuple[int, int]) -> None:
    (kh, kw), (ho, wo) = layout.kernel, output
    matrix = isl.Set(
        f"{{ X[n, mo, ko, mi, ki] : 0 <= n < 2 and 0 <= 16mo + mi < {ho * wo} and 0 <= mi < 16 "
        f"and 0 <= ko < {3 * kh * kw} and 0 <= ki < 16 }}",
        context(),
    )
    taps = isl.Set(
        f"{{ X[n, c1, kh, kw, h, w, c0] : 0 <= n < 2 and 0 <= c1 < 3 and 0 <= kh < {kh} and "
        f"0 <= kw < {kw} and 0 <= h < {ho} and 0 <= w < {wo} and 0 <= c0 < 16 }}",
        context(),
    )
    flat = relation(layout.flat()).intersect_domain(matrix)
    assert flat.is_bijective()
    assert flat.range().is_equal(taps)


@pytest.mark.parametrize(("layout", "output"), [*CASES, (STEM, (112, 112))])
def test_the_window_of_a_tile_is_an_exact_box_in_rows_and_columns(
    layout: Img2Col, output: tuple[int, int]
) -> None:
    """Tiles of output rows and columns; tiles of flat output points have no exact box at all."""
    (kh, kw), (ho, wo) = layout.kernel, output
    high, wide = 4, 16
    tiles = isl.Map(
        f"{{ [t, u] -> X[n, c1, kh, kw, h, w, c0] : n = 0 and c1 = 0 and 0 <= kh < {kh} and "
        f"0 <= kw < {kw} and {high}t <= h < {high}t + {high} and {wide}u <= w < {wide}u + {wide} "
        f"and 0 <= h < {ho} and 0 <= w < {wo} and 0 <= c0 < 16 }}",
        context(),
    )
    found = box(tiles.apply_range(relation(layout.structured())))
    rows, columns = (
        (points - 1) * axis.stride + (taps - 1) * axis.dilation + 1
        for axis, points, taps in (
            (layout.rows, min(high, ho), kh),
            (layout.across, min(wide, wo), kw),
        )
    )
    assert found.sizes == (1, 1, rows, columns, 16)


def test_flat_tiles_of_a_stem_have_a_box_of_whole_rows() -> None:
    """Where matrix rows are tiled instead of output rows, a box is still found, at once."""
    tiles = isl.Map(
        "{ [t, u] -> X[n, mo, ko, mi, ki] : n = 0 and 4t <= mo < 4t + 4 and 4u <= ko < 4u + 4 and "
        "0 <= ko < 49 and 0 <= 16mo + mi < 12544 and 0 <= mi < 16 and 0 <= ki < 16 }",
        context(),
    )
    found = box(tiles.apply_range(relation(STEM.fractal())))
    assert found.sizes == (1, 1, 4, 229, 16)
