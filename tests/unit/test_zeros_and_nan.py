"""Maxima and minima of zeros and not-a-numbers: the machine and C++ have the bits that
docs/machine.md gives."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from host_agreement import differing_modes

import akg_mlir

VALUES = [-0.0, 0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 6e-8]
PAIRS = np.array(list(product(VALUES, VALUES))).T
TEXT = """
func.func @main(%x: tensor<64xTYPE>, %y: tensor<64xTYPE>)
    -> (tensor<64xTYPE>, tensor<64xTYPE>, tensor<64xTYPE>) {
  %0 = te.max %x, %y : (tensor<64xTYPE>, tensor<64xTYPE>) -> tensor<64xTYPE>
  %1 = te.min %x, %y : (tensor<64xTYPE>, tensor<64xTYPE>) -> tensor<64xTYPE>
  %2 = te.relu %x : tensor<64xTYPE>
  func.return %0, %1, %2 : tensor<64xTYPE>, tensor<64xTYPE>, tensor<64xTYPE>
}
"""
FOLDED = """
func.func @main(%x: tensor<64x2xTYPE>) -> (tensor<64xTYPE>, tensor<64xTYPE>) {
  %0 = te.reduce max %x axes [1] : tensor<64x2xTYPE> -> tensor<64xTYPE>
  %1 = te.reduce min %x axes [1] : tensor<64x2xTYPE> -> tensor<64xTYPE>
  func.return %0, %1 : tensor<64xTYPE>, tensor<64xTYPE>
}
"""


def largest(a: float, b: float) -> float:
    if np.isnan(a) or np.isnan(b):
        return np.nan
    return max((a, not np.signbit(a)), (b, not np.signbit(b)))[0]


def smallest(a: float, b: float) -> float:
    return -largest(-a, -b)


@pytest.mark.parametrize("dtype", ["f16", "f32"])
@pytest.mark.parametrize("target", ["ascend910", "ascend910b"])
def test_maxima_and_minima(dtype: str, target: str) -> None:
    x, y = PAIRS.astype({"f16": np.float16, "f32": np.float32}[dtype])
    rows = np.ascontiguousarray(np.stack([x, y], axis=1))
    wanted = [
        [largest, smallest, lambda a, _: largest(a, 0.0)],
        [largest, smallest],
    ]
    for text, inputs, functions in zip((TEXT, FOLDED), ((x, y), (rows,)), wanted):
        kernel = akg_mlir.compile(text.replace("TYPE", dtype), target=target)
        outputs = kernel.runner.run(inputs).outputs
        for output, function in zip(outputs, functions, strict=True):
            expected = np.array([function(a, b) for a, b in zip(x, y)], x.dtype)
            np.testing.assert_array_equal(output, expected)
            finite = ~np.isnan(expected)
            np.testing.assert_array_equal(
                np.signbit(output)[finite], np.signbit(expected)[finite], function.__name__
            )
        assert not differing_modes(kernel, seeds=range(1), inputs=inputs)
