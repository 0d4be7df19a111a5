"""Division by anything and conversion of anything to integers mean the same on every floor."""

from __future__ import annotations

import numpy as np
import pytest

import akg_mlir

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
