"""Decomposed ops against f64: errors stay near one rounding of the element type."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from te_text import apply, module_of, reference, relative_error

POINTS = np.concatenate(
    [np.linspace(-12, 12, 4801), [0.0, -0.0, np.inf, -np.inf, 1e-5, 60.0, -60.0]]
)
RNG = np.random.default_rng(5)


ANGLES: dict[str, tuple[Callable[..., np.ndarray], np.ndarray, float]] = {
    # function, points, the error of small results relative to 1
    "sin": (np.sin, np.linspace(-12860, 12860, 9973), 1e-9),
    "cos": (np.cos, np.linspace(-12860, 12860, 9973), 1e-9),
    "tan": (np.tan, np.linspace(-60, 60, 9973), 1e-9),
    "asin": (np.arcsin, np.linspace(-1.1, 1.1, 9973), 0),
    "acos": (np.arccos, np.linspace(-1.1, 1.1, 9973), 1e-7),
    "atan": (np.arctan, np.linspace(-40, 40, 9973), 0),
    "sinh": (np.sinh, np.linspace(-89.4, 89.4, 9973), 0),
    "cosh": (np.cosh, np.linspace(-89.4, 89.4, 9973), 0),
    "asinh": (np.arcsinh, np.linspace(-12, 12, 9973), 0),
    "acosh": (np.arccosh, np.linspace(0.9, 12, 9973), 0),
    "atanh": (np.arctanh, np.linspace(-1.1, 1.1, 9973), 0),
}


def decomposed(arguments: list[str], body: str, result: str):
    """The module, decomposed, and whether only ops with one instruction are left."""
    module = apply(module_of(arguments, body, [result]), "te-record-workload,te-decompose")
    rest = {op.name[3:] for op in module.walk() if op.name.startswith("te.")}
    composite = {"one_hot", "softmax", "layer_norm", "gelu", "tanh", "sigmoid", "erf", "pow"}
    composite |= {*ANGLES, "floor", "ceil", "round"}
    assert not rest & composite
    return module


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@pytest.mark.parametrize(
    ("op", "function", "error"),
    [
        ("te.tanh %a", np.tanh, 3e-7),
        ("te.sigmoid %a", sigmoid, 2e-7),
        ("te.erf %a", np.vectorize(math.erf), 1e-6),
        ("te.gelu %a approximate none", gelu, 1e-6),
        ("te.gelu %a approximate tanh", gelu_tanh, 1e-6),
    ],
)
@np.errstate(all="ignore")
def test_functions(op, function, error):
    points = POINTS if "gelu" not in op else POINTS[np.isfinite(POINTS)]
    for element, dtype in (("f32", np.float32), ("f16", np.float16)):
        type_ = f"tensor<{len(points)}x{element}>"
        module = decomposed([type_], f"%r = {op} : {type_}", type_)
        x = points.astype(dtype)
        got = reference(module, x)[0].astype(np.float64)
        wanted = function(x.astype(np.float64))
        bound = error if dtype == np.float32 else 2.0**-11
        np.testing.assert_allclose(got, wanted, atol=error, rtol=bound)


@pytest.mark.parametrize("name", ANGLES)
@np.errstate(all="ignore")
def test_trigonometric_functions(name):
    """Small results keep their digits; infinities and NaN are where they belong."""
    function, points, error = ANGLES[name]
    special = [0, 1e-30, 1e-6, -3e-4, 0.3, 0.5, -1, 1, 1e12, 3e38, -3e38, np.inf, -np.inf, np.nan]
    small = special[:8] if name in ("sin", "cos", "tan") else special
    x = np.concatenate([points, points / 4096, small]).astype(np.float32)
    type_ = f"tensor<{len(x)}xf32>"
    got = reference(decomposed([type_], f"%r = te.{name} %a : {type_}", type_), x)[0]
    wanted = function(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=max(error, 1e-37))
    infinite = np.array([np.inf, -np.inf, np.nan], np.float32)
    type_ = "tensor<3xf32>"
    got = reference(decomposed([type_], f"%r = te.{name} %a : {type_}", type_), infinite)[0]
    np.testing.assert_allclose(got, function(infinite), rtol=1e-6)


@np.errstate(all="ignore")
def test_sines_of_large_arguments_are_off_by_a_few_last_places_of_these():
    x = np.geomspace(3e4, 1e7, 997).astype(np.float32)
    type_ = f"tensor<{len(x)}xf32>"
    got = reference(decomposed([type_], f"%r = te.sin %a : {type_}", type_), x)[0]
    assert np.all(np.abs(got - np.sin(x.astype(np.float64))) <= 4 * np.spacing(x) + 1e-6)


@pytest.mark.parametrize(
    ("name", "function"), [("floor", np.floor), ("ceil", np.ceil), ("round", np.rint)]
)
def test_rounding_is_exact(name, function):
    edges = [0.49999997, 0.5, 1.5, 2.5, 8388607.5, 4194303.5, 2.0**23, 1e30, np.inf, np.nan, 1e-40]
    x = np.concatenate([np.arange(-40, 40) / 4, edges, np.negative(edges)]).astype(np.float32)
    type_ = f"tensor<{len(x)}xf32>"
    got = reference(decomposed([type_], f"%r = te.{name} %a : {type_}", type_), x)[0]
    np.testing.assert_array_equal(got, function(x))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, 7.0, -2.0, 0.5, -0.5, 1.7, 65.0, -70.0])
@np.errstate(all="ignore")
def test_constant_powers(exponent):
    x = np.concatenate([RNG.uniform(-2, 2, 60), [0.0, -1.0, 1.0, 1.9]]).astype(np.float32)
    body = (
        f"%e = te.constant dense<{exponent}> : tensor<f32>\n"
        "%r = te.pow %a, %e : (tensor<64xf32>, tensor<f32>) -> tensor<64xf32>"
    )
    module = decomposed(["tensor<64xf32>"], body, "tensor<64xf32>")
    wanted = np.power(x.astype(np.float64), exponent)
    np.testing.assert_allclose(reference(module, x)[0], wanted.astype(np.float32), rtol=2e-5)


@np.errstate(all="ignore")
def test_powers_of_any_sign():
    base = np.array([-2, -2, -2, -1.5, 2, 2, 0, 0, 0, -3, 1, -1], np.float32)
    exponent = np.array([3, 2, -1, 0.5, -3, 0.5, 0, 2, -1, 0, 7, 33], np.float32)
    types = ["tensor<12xf32>"] * 2
    body = "%r = te.pow %a, %b : (tensor<12xf32>, tensor<12xf32>) -> tensor<12xf32>"
    module = decomposed(types, body, types[0])
    wanted = np.power(base.astype(np.float64), exponent)
    np.testing.assert_allclose(reference(module, base, exponent)[0], wanted, rtol=1e-5)


def test_integer_powers_are_products():
    type_ = "tensor<4xi32>"
    body = (
        "%e = te.constant dense<5> : tensor<i32>\n"
        f"%r = te.pow %a, %e : ({type_}, tensor<i32>) -> {type_}"
    )
    module = decomposed([type_], body, type_)
    result = reference(module, np.array([2, -3, 0, 1], np.int32))[0]
    assert result.tolist() == [32, -243, 0, 1]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("element", "bound"), [("f32", 1e-6), ("f16", 2.0**-11)])
def test_softmax(axis, element, bound):
    x = RNG.uniform(-300, 300, (6, 50)).astype(np.float32 if element == "f32" else np.float16)
    type_ = f"tensor<6x50x{element}>"
    module = decomposed([type_], f"%r = te.softmax %a axis {axis} : {type_}", type_)
    exact = np.exp(x.astype(np.float64) - x.max(axis, keepdims=True).astype(np.float64))
    assert relative_error(reference(module, x)[0], exact / exact.sum(axis, keepdims=True)) <= bound


@pytest.mark.parametrize(("element", "bound"), [("f32", 3e-6), ("f16", 2.0**-11)])
def test_layer_norm(element, bound):
    dtype = np.float32 if element == "f32" else np.float16
    x = RNG.uniform(90, 110, (4, 3, 40)).astype(dtype)
    scale, bias = (RNG.uniform(-1, 1, (3, 40)).astype(dtype) for _ in range(2))
    wide, narrow = f"tensor<4x3x40x{element}>", f"tensor<3x40x{element}>"
    body = (
        "%r = te.layer_norm %a scale %b bias %c axis 1 epsilon 1.0e-05 : "
        f"{wide}, {narrow}, {narrow}"
    )
    module = decomposed([wide, narrow, narrow], body, wide)
    y = x.astype(np.float64)
    mean, variance = y.mean((1, 2), keepdims=True), y.var((1, 2), keepdims=True)
    wanted = (y - mean) / np.sqrt(variance + 1e-5) * scale + bias
    assert relative_error(reference(module, x, scale, bias)[0], wanted) <= bound


def test_truth_values_become_selections():
    types = ["tensor<4xf32>", "tensor<4xf32>"]
    body = """
%p = te.compare lt %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
%q = te.compare ne %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
%o = te.or %p, %q : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
%n = te.not %o : tensor<4xi1>
%c = te.select %n, %a, %b : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
%d = te.cast %q : tensor<4xi1> -> tensor<4xf32>
%r = te.add %c, %d : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>"""
    module = decomposed(types, body, "tensor<4xf32>")
    a, b = np.array([1, 2, 3, np.nan], np.float32), np.array([1, 3, 2, 0], np.float32)
    assert reference(module, a, b)[0].tolist() == [1, 4, 3, 1]
    assert not {"te.and", "te.or", "te.not"} & {op.name for op in module.walk()}


EXTREMES = np.array([-(2**31), 2**31 - 1, -(2**24) - 1, 2**24, 2**24 + 1, 0, 1, -1], np.int32)


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize(
    ("element", "on", "off"),
    [("i32", 1, 0), ("i32", -7, 9), ("f16", 1.0, 0.0), ("f32", 0.5, 0.0), ("f32", 0.9, 0.1)],
)
def test_one_hot_of_any_number(axis: int, element: str, on: float, off: float):
    x = np.array([[0, 1, 4, 5, -1], [*EXTREMES[:4], 3]], np.int32)
    shape = list(x.shape)
    shape.insert(axis % 3, 5)
    result = f"tensor<{'x'.join(map(str, shape))}x{element}>"
    body = (
        f"%r = te.one_hot %a axis {axis} depth 5 on {on} : {element} off {off} : {element}"
        f" : tensor<2x5xi32> -> {result}"
    )
    module = module_of(["tensor<2x5xi32>"], body, [result])
    (wanted,) = reference(module, x)
    (got,) = reference(decomposed(["tensor<2x5xi32>"], body, result), x)
    assert np.array_equal(got, wanted)
    assert np.count_nonzero(wanted == wanted.dtype.type(on)) == 4
