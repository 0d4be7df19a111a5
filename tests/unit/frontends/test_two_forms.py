"""A network as ONNX, and as the linalg that torch-mlir's passes (IREE 3.13) make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

import akg_mlir
from akg_mlir.report.boundaries import boundaries_of

NETWORK = Path(__file__).parent / "networks" / "residual"
MOST_TRAFFIC = 1.05


def test_both_forms_become_the_same_kernels_and_give_the_same_numbers():
    """Convolutions with batch normalisation, a residual connection, pooling, a product, softmax."""
    forms = [akg_mlir.compile(NETWORK.with_suffix(suffix)) for suffix in (".onnx", ".mlir")]
    x = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(NETWORK.with_suffix(".onnx")))
    (expected,) = session.run(None, {"x": x})
    assert expected.std() > 1e-3
    for kernel in forms:
        np.testing.assert_allclose(kernel(x), expected, rtol=1e-3, atol=1e-5)
    one, other = (boundaries_of(kernel.compilation.graph) for kernel in forms)
    assert one.kernels == other.kernels
    assert max(one.bytes, other.bytes) <= MOST_TRAFFIC * min(one.bytes, other.bytes)
