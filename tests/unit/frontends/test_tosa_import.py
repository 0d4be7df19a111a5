"""tosa programs, as MLIR prints them in generic form, mean in te what they mean in tosa."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg import import_linalg
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference
from akg_mlir.verification import verify_module

TEXT = (Path(__file__).parent / "tosa_text" / "programs.mlir").read_text()
random = np.random.default_rng(11)


def array(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def run(name, *inputs):
    module = import_linalg(parse_module(TEXT))
    verify_module(module)
    return reference.run(module, name, inputs)


def windows(image, kernel, pads, strides, dilations=(1, 1)):
    """Per output row and column: the elements of the window that are in the image, by tap."""
    top, bottom, left, right = pads
    sizes = image.shape[1] + top + bottom, image.shape[2] + left + right
    steps = list(zip(sizes, kernel, strides, dilations))
    rows, columns = ((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in steps)
    found = {}
    for h, w, i, j in product(range(rows), range(columns), range(kernel[0]), range(kernel[1])):
        y = h * strides[0] + i * dilations[0] - top
        x = w * strides[1] + j * dilations[1] - left
        if 0 <= y < image.shape[1] and 0 <= x < image.shape[2]:
            found.setdefault((h, w), {})[i, j] = image[0, y, x]
    return rows, columns, found


def test_windows():
    x, w, b, d, e = array(1, 6, 7, 4), array(5, 3, 2, 4), array(5), array(3, 3, 5, 2), array(10)
    deep, mean = run("windows", x, w, b, d, e)
    rows, columns, found = windows(x, (3, 2), (1, 0, 0, 1), (1, 1), (1, 2))
    c = np.zeros((1, rows, columns, 5))
    for place, taps in found.items():
        c[(0, *place)] = b + sum(w[:, i, j] @ value for (i, j), value in taps.items())
    c = np.clip(c, -0.5, 0.75)
    _, _, found = windows(c, (3, 3), (1, 1, 0, 1), (2, 2))
    for place, taps in found.items():
        expected = np.mean(list(taps.values()), 0)
        np.testing.assert_allclose(mean[(0, *place)], expected, rtol=1e-4, atol=1e-5)
    rows, columns, found = windows(c, (2, 3), (1, 0, 1, 0), (1, 1))
    m = np.zeros((1, rows, columns, 5))
    for place, taps in found.items():
        m[(0, *place)] = np.max(list(taps.values()), 0)
    _, _, found = windows(m, (3, 3), (0, 0, 0, 0), (2, 2))
    for place, taps in found.items():
        total = sum(d[i, j] * value[:, None] for (i, j), value in taps.items())
        np.testing.assert_allclose(deep[(0, *place)], e + total.ravel(), rtol=1e-4, atol=1e-5)


def test_moves():
    x, i = array(2, 3, 4), random.integers(0, 3, (2, 5)).astype(np.int32)
    gathered, padded, places, tiled = run("moves", x, i)
    np.testing.assert_array_equal(gathered, np.stack([x[n, i[n]] for n in range(2)]))
    pads = [(0, 0), (0, 0), (1, 2)]
    expected = np.pad(x.transpose(2, 0, 1), pads, constant_values=2)
    np.testing.assert_array_equal(padded, expected)
    np.testing.assert_array_equal(places, x.argmax(2))
    part = np.concatenate([x, x], 1)[1:, ::-1]
    np.testing.assert_array_equal(tiled, np.tile(part, (3, 1, 1)))


def test_elements():
    x, y = array(3, 4), array(1, 4)
    sums, integers, truths, products = run("elements", x, y)
    n = -np.tanh(x * y)
    e = np.where(n > y, n, y)
    np.testing.assert_allclose(sums, e.sum(1, keepdims=True), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(integers, np.rint(e * 10).astype(np.int32))
    np.testing.assert_array_equal(truths, (n > y).any(0, keepdims=True))
    np.testing.assert_allclose(products, (e @ np.full((4, 5), 0.5))[None], rtol=1e-5, atol=1e-6)


def test_attributes_of_mlir_19():
    text = """
"func.func"() <{function_type = (tensor<2x6xf32>) -> tensor<4x3xf32>, sym_name = "f"}> ({
^bb0(%x: tensor<2x6xf32>):
  %p = "tosa.const"() <{value = dense<[1, 0]> : tensor<2xi32>}> : () -> tensor<2xi32>
  %r = "tosa.reshape"(%x) <{new_shape = array<i64: 3, 4>}> : (tensor<2x6xf32>) -> tensor<3x4xf32>
  %t = "tosa.transpose"(%r, %p) : (tensor<3x4xf32>, tensor<2xi32>) -> tensor<4x3xf32>
  "func.return"(%t) : (tensor<4x3xf32>) -> ()
}) : () -> ()"""
    x = array(2, 6)
    (result,) = akg_mlir.compile(text).runner.run([x]).outputs
    np.testing.assert_array_equal(result, x.reshape(3, 4).T)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tosa.tanh", "tosa.rescale", "'tosa.rescale' is not supported"),
        ("tosa.tanh", "tosa.table", "help: supported are abs, add"),
        ("dense<0> : tensor<1xi8>", "dense<3> : tensor<1xi8>", "shifts or moves integers"),
        ("axis = 1 : i32", "axis = 7 : i32", "axis 7 is outside rank"),
        ("pad = array<i64: 1, 0, 0, 1>", "pat = array<i64: 1>", "its pad is not known"),
    ],
)
def test_what_has_no_counterpart_is_refused(old, new, message):
    assert old in TEXT
    with pytest.raises(CompileError) as error:
        import_linalg(parse_module(TEXT.replace(old, new)))
    assert message in str(error.value)
