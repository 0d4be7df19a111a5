"""Convolutions, pooling and padding in linalg, in the syntax that MLIR prints, mean the same in te.

The expected values are computed element by element.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg import import_linalg
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference
from akg_mlir.verification import verify_module

TEXTS = Path(__file__).parent / "linalg_as_printed"
random = np.random.default_rng(5)


def text_of(name):
    return (TEXTS / f"{name}.mlir").read_text()


def imported(text):
    module = import_linalg(parse_module(text))
    verify_module(module)
    return module


def array(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def ops_of(module):
    return [op.name for op in module.walk() if op.name.startswith("te.")]


def test_a_padded_convolution_with_bias_and_relu():
    module = imported(text_of("convolution"))
    x, w, b = array(1, 2, 5, 6), array(3, 2, 2, 3), array(3)
    (result,) = reference.run(module, "f", [x, w, b])
    expected = np.zeros((1, 3, 3, 2))
    for o, h, v in product(range(3), range(3), range(2)):
        total = float(b[o])
        for c, i, j in product(range(2), range(2), range(3)):
            row, column = 2 * h + i - 1, 2 * v + 2 * j
            if 0 <= row < 5 and column < 6:
                total += float(x[0, c, row, column]) * float(w[o, c, i, j])
        expected[0, o, h, v] = max(total, 0)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    assert ops_of(module) == ["te.reshape", "te.conv2d", "te.add", "te.relu"]


def test_pooling_starts_from_what_its_output_holds():
    x, start = array(1, 2, 4, 5), array(1, 2, 2, 4)
    (result,) = reference.run(imported(text_of("pooling")), "f", [x, start])
    expected = start.copy()
    for c, h, w, i, j in product(range(2), range(2), range(4), range(2), range(2)):
        expected[0, c, h, w] = max(expected[0, c, h, w], x[0, c, 2 * h + i, w + j])
    np.testing.assert_array_equal(result, expected)


def test_results_that_nobody_uses_are_not_translated():
    """The largest element of a row and where it is; nobody asks where, or for nothing else."""
    text = text_of("largest")
    module = imported(text)
    x = array(4, 8)
    (result,) = reference.run(module, "f", [x])
    np.testing.assert_array_equal(result, x.max(1, keepdims=True))
    assert ops_of(module) == ["te.reduce"]
    asked = text.replace("-> tensor<4x1xf32> {", "-> tensor<4xi64> {").replace(
        "func.return %v : tensor<4x1xf32>", "func.return %r#1 : tensor<4xi64>"
    )
    (places,) = reference.run(imported(asked), "f", [x])
    np.testing.assert_array_equal(places, x.argmax(1))


def test_a_batch_of_one_is_no_batch():
    module = imported(text_of("batched"))
    a, b = array(1, 3, 4), array(4, 5)
    (result,) = reference.run(module, "f", [a, b])
    np.testing.assert_allclose(result, a @ b, rtol=1e-5)
    assert set(ops_of(module)) == {"te.matmul", "te.reshape"}


def test_padding_without_a_counterpart_is_refused():
    text = text_of("convolution")
    half = "%half = arith.addf %zero, %zero : f32\n    tensor.yield %half"
    computed = text.replace("tensor.yield %zero", half)
    with pytest.raises(CompileError, match="does not pad with a constant"):
        imported(computed)
