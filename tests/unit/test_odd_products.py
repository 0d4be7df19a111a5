"""Products of the cube whose sizes fill no fractals: one kernel, right in every order."""

from __future__ import annotations

import pytest

import akg_mlir


def product(m: int, n: int, k: int, flags: str) -> str:
    a = (k, m) if "transpose_a" in flags else (m, k)
    b = (n, k) if "transpose_b" in flags else (k, n)
    left, right, bias, result = (
        f"tensor<{'x'.join(map(str, shape))}xf16>" for shape in (a, b, (n,), (m, n))
    )
    return f"""
func.func @main(%a: {left}, %b: {right}, %bias: {bias}) -> {result} {{
  %p = te.matmul %a, %b {flags} : ({left}, {right}) -> {result}
  %y = te.add %p, %bias : ({result}, {bias}) -> {result}
  func.return %y : {result}
}}"""


@pytest.mark.parametrize(
    ("m", "n", "k", "flags"),
    [
        (17, 255, 33, "transpose_b"),  # the last tile has one row
        (18, 34, 130, "transpose_a transpose_b"),
        (33, 1001, 48, "transpose_a"),  # one column of a fractal is loaded
        (200, 130, 100, ""),
    ],
)
def test_products_that_fill_no_fractals_are_one_kernel(m: int, n: int, k: int, flags: str):
    report = akg_mlir.compile(product(m, n, k, flags), target="ascend910").report()
    assert report.ok
    assert len(report.kernels) == 1


@pytest.mark.parametrize(
    ("m", "n", "k", "flags"), [(5, 3, 7, ""), (1, 40, 32, ""), (17, 15, 255, "transpose_b")]
)
def test_products_of_less_than_a_fractal_are_right(m: int, n: int, k: int, flags: str):
    assert akg_mlir.compile(product(m, n, k, flags), target="ascend910").report().ok


@pytest.mark.parametrize(("m", "n", "k"), [(16, 10, 2048), (3, 5, 700), (1, 13, 513)])
def test_long_sums_for_one_fractal_are_shared_by_all_cores(m: int, n: int, k: int):
    report = akg_mlir.compile(product(m, n, k, "transpose_b"), target="ascend910").report()
    assert report.ok
    assert report.cycles < 3_000


def test_whole_rows_of_odd_length_are_stored_with_their_product():
    text = product(2048, 1001, 16, "transpose_a")
    assert akg_mlir.compile(text, target="ascend910").time().cycles < 20_000


def test_rows_that_are_cut_inside_a_block_are_not_chosen_for_few_cores_sake():
    # The ends of 16 rows, 15 elements each, took the scalar unit of one core 5,300 cycles.
    text = product(17, 255, 33, "")
    assert akg_mlir.compile(text, target="ascend910").time().cycles < 6_000


@pytest.mark.parametrize(
    ("m", "n", "k", "flags"), [(20, 18, 4090, ""), (3, 40, 3000, "transpose_b")]
)
def test_cores_share_a_long_k(m: int, n: int, k: int, flags: str):
    report = akg_mlir.compile(product(m, n, k, flags), target="ascend910").report()
    assert report.ok
    assert sum(kernel.cycles for kernel in report.kernels) < 8000
