"""Arguments of text whose values are given when compiling are weights, as those of ONNX models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import akg_mlir
from akg_mlir.cli import akg
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te

PRODUCT = """
func.func @main(%x: tensor<16x24xf32>, %w: tensor<96x24xf32>) -> tensor<16x96xf32> {
  %t = te.transpose %w perm [1, 0] : tensor<96x24xf32> -> tensor<24x96xf32>
  %y = te.matmul %x, %t : (tensor<16x24xf32>, tensor<24x96xf32>) -> tensor<16x96xf32>
  func.return %y : tensor<16x96xf32>
}
"""
BUFFERS = """
func.func @k(%x: memref<8xf32>, %y: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    %a = affine.load %x[%i] : memref<8xf32>
    affine.store %a, %y[%i] : memref<8xf32>
  }
  func.return
}
"""


def _arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((16, 24), np.float32), rng.standard_normal((96, 24), np.float32)


def _transposes(kernel: Kernel) -> bool:
    """Whether a kernel of the program transposes."""
    kernels = (op for op in kernel.compilation.graph.ops if "npu.kernel" in op.attributes)
    return any(isinstance(op, te.TransposeOp) for one in kernels for op in one.walk())


def test_the_host_moves_them_and_calls_need_the_inputs_alone() -> None:
    x, w = _arrays()
    known = akg_mlir.compile(PRODUCT, weights={"w": w})
    unknown = akg_mlir.compile(PRODUCT)
    assert not _transposes(known)
    assert _transposes(unknown)
    np.testing.assert_allclose(known(x), x @ w.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(unknown(x, w), x @ w.T, rtol=1e-4, atol=1e-5)
    other = akg_mlir.compile(PRODUCT, weights={"w": 2 * w})
    np.testing.assert_allclose(other(x), x @ (2 * w).T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "weights", "message"),
    [
        (PRODUCT, {"v": np.zeros(3)}, "there is no argument 'v'"),
        (PRODUCT, {"w": np.zeros((24, 96), np.float32)}, "input 'w' is float32[24, 96]"),
        (BUFFERS, {"x": np.zeros(8, np.float32)}, "argument 'x' is a buffer"),
    ],
)
def test_what_does_not_fit_is_refused(
    text: str, weights: dict[str, np.ndarray], message: str
) -> None:
    with pytest.raises(CompileError) as error:
        akg_mlir.compile(text, weights=weights)
    assert message in str(error.value)


def test_a_build_knows_them(tmp_path: Path) -> None:
    source, file = tmp_path / "product.mlir", tmp_path / "weights.npz"
    source.write_text(PRODUCT)
    x, w = _arrays()
    np.savez(file, w=w)
    folder = tmp_path / "built"
    assert (
        akg.main(["build", str(source), "-o", str(folder), "--host", "--weights", str(file)]) == 0
    )
    program = akg_mlir.load_library(folder)
    np.testing.assert_allclose(program(x), x @ w.T, rtol=1e-4, atol=1e-5)
