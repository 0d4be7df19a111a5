from __future__ import annotations

import numpy as np
import pytest

from akg_mlir.judging import Tolerance, judge, tolerance_of
from akg_mlir.parsing import parse_module

TOLERANCE = Tolerance(f16=2e-2, f32=1e-4, compares=False)


def program(body: str, element: str = "f16"):
    return parse_module(
        f"func.func @main(%x: tensor<8x2048x{element}>) {{\n{body}\n  func.return\n}}"
    )


@pytest.mark.parametrize(
    ("error", "ok"), [(0.0, True), (0.9e-4, True), (1.1e-4, False), (np.nan, False)]
)
def test_largest_error_is_relative_to_the_largest_value(error: float, ok: bool):
    expected = np.full(10_000, 100, np.float32)
    result = expected.copy()
    result[3] += np.float32(100 * error)
    assert judge(result, expected, TOLERANCE).ok == ok


def test_small_elements_must_be_right_too():
    expected = np.where(np.arange(1000) < 1, 1.0, 1e-2).astype(np.float32)
    wrong = expected + np.where(np.arange(1000) < 1, 0, 9e-5).astype(np.float32)
    assert not judge(wrong, expected, TOLERANCE).ok
    assert judge(expected + np.float32(5e-6), expected, TOLERANCE).ok


def test_what_cancels_keeps_the_error_of_what_was_added():
    expected = np.where(np.arange(1000) < 1, 1.0, 1e-5).astype(np.float32)
    rounded_to_f16 = expected + np.float32(9e-4)
    assert judge(rounded_to_f16, expected, Tolerance(f16=5e-3, f32=5e-3, compares=False)).ok
    assert not judge(rounded_to_f16, expected, Tolerance(f16=5e-3, f32=1e-3, compares=False)).ok


def test_integers_are_exact():
    expected = np.arange(5000, dtype=np.int32)
    result = expected.copy()
    result[0] = 7
    judgement = judge(result, expected, TOLERANCE)
    assert (judgement.ok, judgement.error) == (False, 1 / 5000)
    assert judge(result, expected, Tolerance(2e-2, 1e-4, compares=True)).ok


def test_specials_agree_in_place():
    expected = np.array([1, np.nan, np.inf, -np.inf], np.float32)
    assert judge(expected.copy(), expected, TOLERANCE).ok
    for index, value in ((0, np.nan), (1, 0), (2, -np.inf), (3, 1)):
        result = expected.copy()
        result[index] = value
        assert not judge(result, expected, TOLERANCE).ok


@pytest.mark.parametrize("result", [np.zeros(4, np.float16), np.zeros(5, np.float32)])
def test_shape_and_type_must_agree(result: np.ndarray):
    assert not judge(result, np.zeros(4, np.float32), TOLERANCE).ok


def test_empty_results_are_right():
    assert judge(np.zeros(0, np.float32), np.zeros(0, np.float32), TOLERANCE).ok


@pytest.mark.parametrize(
    ("body", "element", "expected"),
    [
        ("%y = te.add %x, %x : tensor<8x2048xE>", "f16", (5e-3, 1e-4)),
        ("%y = te.exp %x : tensor<8x2048xE>", "f16", (2e-2, 1e-3)),
        ("%y = te.exp %x : tensor<8x2048xE>", "f32", (5e-3, 1e-3)),
        ("%y = te.neg %x : tensor<8x2048xE>", "f32", (5e-3, 1e-4)),
        ("%y = te.softmax %x axis -1 : tensor<8x2048xE>", "f32", (5e-3, 1e-3)),
    ],
)
def test_tolerance_follows_what_is_computed(body: str, element: str, expected: tuple[float, float]):
    body = body.replace("E>", f"{element}>")
    if "te.add" in body:
        body = body.replace(": tensor", ": (tensor").replace(
            f"{element}>", f"{element}>, tensor<8x2048x{element}>) -> tensor<8x2048x{element}>"
        )
    tolerance = tolerance_of(program(body, element))
    assert (tolerance.f16, tolerance.f32) == expected


def test_mixed_precision_widens_f32():
    module = program("%y = te.neg %x : tensor<8x2048xf32>", "f32")
    assert tolerance_of(module, mixed_precision=True).f32 == 5e-3
