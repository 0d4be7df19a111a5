"""Division by anything and conversion of anything to integers mean the same on every floor."""

from __future__ import annotations

import numpy as np
import pytest

import akg_mlir
from akg_mlir import targets

LOWEST = "lowest"
CASES = {
    (7, 2): 3,
    (-7, 2): -3,
    (7, -2): -3,
    (-7, -2): 3,
    (5, 0): 0,
    (-5, 0): 0,
    (LOWEST, -1): LOWEST,
    (LOWEST, 3): None,
}


@pytest.mark.parametrize("element", ["i8", "i32", "i64"])
def test_division_truncates_wraps_around_and_knows_zero(element: str) -> None:
    type_ = f"tensor<{len(CASES)}x{element}>"
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {type_}, %b: {type_}) -> {type_} {{\n"
        f"  %y = te.div %a, %b : ({type_}, {type_}) -> {type_}\n  func.return %y : {type_}\n}}\n"
    )
    dtype = np.dtype(element.replace("i", "int"))
    lowest = int(np.iinfo(dtype).min)

    def array(values: list[int | str | None]) -> np.ndarray:
        exact = {LOWEST: lowest, None: -(-lowest // 3)}
        return np.array([exact.get(v, v) for v in values], dtype)  # type: ignore[call-overload]

    lhs, rhs = (array([pair[k] for pair in CASES]) for k in range(2))
    np.testing.assert_array_equal(kernel(lhs, rhs), array(list(CASES.values())))
    assert kernel.report({"a": lhs, "b": rhs}).ok


WORDS = [
    ("rem", 7, 2, 1),
    ("rem", -7, 2, -1),
    ("rem", 7, -2, 1),
    ("rem", -7, 0, 0),
    ("rem", LOWEST, -1, 0),
    ("xor", 12, 10, 6),
    ("xor", -1, 5, -6),
    ("and", 12, 10, 8),
    ("or", 12, 10, 14),
    ("shift_left", 3, 2, 12),
    ("shift_left", -3, 1, -6),
    ("shift_left", 3, -1, 0),
    ("shift_left", 3, 100, 0),
    ("shift_right", 13, 2, 3),
    ("shift_right", -13, 2, -4),
    ("shift_right", 13, 100, 0),
    ("shift_right", -13, 100, -1),
    ("shift_right", -13, -1, -1),
    ("shift_right", LOWEST, -2, -1),
]


@pytest.mark.parametrize("element", ["i8", "i32", "i64"])
@pytest.mark.parametrize("op", sorted({case[0] for case in WORDS}))
def test_remainders_and_bits(op: str, element: str) -> None:
    dtype = np.dtype(element.replace("i", "int"))
    rows = [[np.iinfo(dtype).min if v == LOWEST else v for v in c[1:]] for c in WORDS if c[0] == op]
    lhs, rhs, expected = np.array(rows, dtype).T.copy()
    type_ = f"tensor<{len(rows)}x{element}>"
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {type_}, %b: {type_}) -> {type_} {{\n"
        f"  %y = te.{op} %a, %b : ({type_}, {type_}) -> {type_}\n  func.return %y : {type_}\n}}\n"
    )
    np.testing.assert_array_equal(kernel(lhs, rhs), expected)
    assert kernel.report({"a": lhs, "b": rhs}).ok


@pytest.mark.parametrize("source", ["f16", "f32"])
@pytest.mark.parametrize("element", ["i8", "i32", "i64"])
def test_conversion_truncates_and_saturates(source: str, element: str) -> None:
    kernel = akg_mlir.compile(
        f"func.func @main(%a: tensor<7x{source}>) -> tensor<7x{element}> {{\n"
        f"  %y = te.cast %a : tensor<7x{source}> -> tensor<7x{element}>\n"
        f"  func.return %y : tensor<7x{element}>\n}}\n"
    )
    dtype = np.dtype(element.replace("i", "int"))
    limits = np.iinfo(dtype)
    values = np.array([np.nan, np.inf, -np.inf, 3.7, -3.7, 127, -128]).astype(
        source.replace("f", "float")
    )
    expected = np.array([0, limits.max, limits.min, 3, -3, 127, -128], dtype)
    np.testing.assert_array_equal(kernel(values), expected)
    assert kernel.report({"a": values}).ok


@pytest.mark.parametrize("target", targets.names())
@pytest.mark.parametrize("flags", ["", " transpose_a transpose_b"])
def test_products_of_i8_are_exact_in_i32_on_the_cube(target: str, flags: str) -> None:
    m, k, n = 33, 70, 17
    shapes = ((k, m), (n, k)) if flags else ((m, k), (k, n))
    a, b = (f"tensor<{rows}x{columns}xi8>" for rows, columns in shapes)
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {a}, %b: {b}) -> tensor<{m}x{n}xi32> {{\n"
        f"  %y = te.matmul %a, %b{flags} : ({a}, {b}) -> tensor<{m}x{n}xi32>\n"
        f"  func.return %y : tensor<{m}x{n}xi32>\n}}\n",
        target=target,
    )
    products = [line for line in str(kernel.ir("npu")).splitlines() if "npu.mad" in line]
    assert products
    assert all("!npu.ptr<l0c, i32>, !npu.ptr<l0a, i8>" in line for line in products)
    rng = np.random.default_rng(0)
    x, y = (rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes)
    left, right = (v.T if flags else v for v in (x.astype(np.int32), y.astype(np.int32)))
    np.testing.assert_array_equal(kernel(x, y), left @ right)
    assert kernel.report({"a": x, "b": y}).ok
