"""f32 products on the vector unit: the tiles and loops that make them fast, and right."""

from __future__ import annotations

import pytest

import akg_mlir


def product(a: str, b: str, c: str, flags: str = "") -> str:
    types = [f"tensor<{shape}xf32>" for shape in (a, b, c)]
    name = "batch_matmul" if a.count("x") > 1 else "matmul"
    return f"""
func.func @main(%a: {types[0]}, %b: {types[1]}) -> {types[2]} {{
  %c = te.{name} %a, %b {flags} : ({types[0]}, {types[1]}) -> {types[2]}
  func.return %c : {types[2]}
}}"""


def compiled(text: str, pipeline: str = "akg") -> akg_mlir.Kernel:
    return akg_mlir.compile(text, target="ascend910", pipeline=pipeline)


def test_factors_come_in_chunks_where_tiles_of_results_gain():
    text = product("16x1001", "1001x2048", "16x2048")
    whole = compiled(text, 'akg{policy="S1: 8@UB, 24@UB, _"}').time().cycles
    assert 3 * compiled(text).time().cycles < whole


def test_narrow_results_are_computed_turned_and_stored_as_one():
    text = product("16x2048", "16x10", "2048x10", "transpose_a")
    assert compiled(text).time().cycles < 4000


def test_rows_of_narrow_products_are_turned_on_chip():
    assert compiled(product("12544x32", "32x16", "12544x16")).time().cycles < 20_000


def test_factors_that_follow_k_are_summed_in_lanes():
    text = product("16x2048", "1001x2048", "16x1001", "transpose_b")
    assert compiled(text).time().cycles < 70_000


@pytest.mark.parametrize("element", ["f32", "f16"])
@pytest.mark.parametrize(
    "text",
    [
        product("1x65536", "65536x1", "1x1"),
        product("2x8192", "2x8192", "2x2", "transpose_b"),
    ],
)
def test_long_sums_for_few_results_are_shared_by_cores(text: str, element: str):
    assert compiled(text.replace("f32", element)).time().cycles < 3000


@pytest.mark.parametrize(
    "text",
    [
        product("33x192", "50x192", "33x50", "transpose_b"),
        # the last tile has a factor of one column and more than 16 rows, which become splats
        product("3x17x17", "3x17x17", "3x17x17", "transpose_a transpose_b"),
        product("7x560", "5x560", "7x5", "transpose_b"),
        product("16x301", "301x515", "16x515"),
        product("16x203", "16x10", "203x10", "transpose_a"),
        # computed turned: rows of 17 and 33 elements that are transposed in parts
        product("2100x17", "17x9", "2100x9"),
        product("1040x33", "33x20", "1040x20"),
    ],
)
def test_products_are_right(text: str):
    assert compiled(text).report().ok


def windows(points: int, taps: int, channels: int, columns: int, step: int = 1) -> akg_mlir.Kernel:
    """A convolution of images whose rows of channels are the lanes' factor, without pads."""
    side = (points - 1) * step + taps
    c, i, j = (akg_mlir.axis(n, s) for n, s in (("c", channels), ("i", taps), ("j", taps)))
    image, weights = akg_mlir.f32[side, side, channels], akg_mlir.f32[taps, taps, channels, columns]

    @akg_mlir.kernel
    def convolution(x: image, k: weights) -> akg_mlir.Tensor:
        return akg_mlir.compute(
            (points, points, columns),
            lambda h, w, o: akg_mlir.sum(
                x[h * step + i, w * step + j, c] * k[i, j, c, o], over=(i, j, c)
            ),
        )

    return compiled(str(convolution.te()))


def test_windows_share_splats_and_points_share_weights():
    assert windows(56, 3, 64, 64).time().cycles < 190_000


def test_weights_are_not_loaded_for_every_point_although_loads_hide():
    assert windows(28, 3, 64, 128, 2).time().cycles < 110_000


@pytest.mark.parametrize(
    ("points", "taps", "channels", "columns", "step"),
    [(9, 3, 16, 24, 1), (7, 3, 10, 10, 2), (6, 7, 3, 64, 2), (8, 2, 1, 64, 1)],
)
def test_windows_are_right(points: int, taps: int, channels: int, columns: int, step: int):
    assert windows(points, taps, channels, columns, step).report().ok
