"""A network as ONNX, and as the linalg that torch-mlir's passes (IREE 3.13) make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from onnx import parser

import akg_mlir
from akg_mlir.compiler import Kernel
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
    assert_alike(*forms)


POSITIONS_ONNX = """<ir_version: 8, opset_import: ["" : 17]>
positions (float[1, 8, 16] x, float[512, 16] table, float[16, 32] w) => (float[1, 8, 32] y)
    <int64[1] from = {0}, int64[1] to = {8}, float low = {0}, float high = {6}> {
  rows = Slice(table, from, to)
  placed = Add(x, rows)
  product = MatMul(placed, w)
  y = Clip(product, low, high)
}"""
POSITIONS_LINALG = """
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @positions(%x: tensor<1x8x16xf32>, %table: tensor<512x16xf32>, %w: tensor<16x32xf32>)
    -> tensor<1x8x32xf32> {
  %low = arith.constant 0.0 : f32
  %high = arith.constant 6.0 : f32
  %rows = tensor.extract_slice %table[0, 0] [8, 16] [1, 1] : tensor<512x16xf32> to tensor<8x16xf32>
  %one = tensor.expand_shape %rows [[0, 1], [2]] output_shape [1, 8, 16]
    : tensor<8x16xf32> into tensor<1x8x16xf32>
  %e = tensor.empty() : tensor<1x8x16xf32>
  %placed = linalg.generic {indexing_maps = [#all, #all, #all],
                            iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%x, %one : tensor<1x8x16xf32>, tensor<1x8x16xf32>) outs(%e : tensor<1x8x16xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<1x8x16xf32>
  %flat = tensor.collapse_shape %placed [[0, 1], [2]] : tensor<1x8x16xf32> into tensor<8x16xf32>
  %f = tensor.empty() : tensor<8x32xf32>
  %zeros = linalg.fill ins(%low : f32) outs(%f : tensor<8x32xf32>) -> tensor<8x32xf32>
  %product = linalg.matmul ins(%flat, %w : tensor<8x16xf32>, tensor<16x32xf32>)
    outs(%zeros : tensor<8x32xf32>) -> tensor<8x32xf32>
  %wide = tensor.expand_shape %product [[0, 1], [2]] output_shape [1, 8, 32]
    : tensor<8x32xf32> into tensor<1x8x32xf32>
  %g = tensor.empty() : tensor<1x8x32xf32>
  %y = linalg.generic {indexing_maps = [#all, #all],
                       iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%wide : tensor<1x8x32xf32>) outs(%g : tensor<1x8x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %below = arith.cmpf ult, %a, %low : f32
    %least = arith.select %below, %low, %a : f32
    %above = arith.cmpf ugt, %least, %high : f32
    %most = arith.select %above, %high, %least : f32
    linalg.yield %most : f32
  } -> tensor<1x8x32xf32>
  func.return %y : tensor<1x8x32xf32>
}"""


def test_rows_of_a_table_and_clipping_are_the_same_kernel():
    """Bounds are comparisons in linalg, since a clipped NaN is a number there; of the table both
    forms read eight rows."""
    forms = [
        akg_mlir.compile(parser.parse_model(POSITIONS_ONNX)),
        akg_mlir.compile(POSITIONS_LINALG),
    ]
    rng = np.random.default_rng(0)
    x, table, w = (rng.standard_normal(s).astype("f4") for s in ((1, 8, 16), (512, 16), (16, 32)))
    for kernel in forms:
        expected = np.clip((x + table[:8]) @ w, 0, 6)
        np.testing.assert_allclose(kernel(x, table, w), expected, rtol=1e-5, atol=1e-5)
    assert_alike(*forms)
    assert boundaries_of(forms[0].compilation.graph).bytes == 4 * (2 * 8 * 16 + 16 * 32 + 8 * 32)


def assert_alike(*forms: Kernel) -> None:
    """The same number of kernels, and the same traffic across their boundaries."""
    one, other = (boundaries_of(kernel.compilation.graph) for kernel in forms)
    assert one.kernels == other.kernels
    assert max(one.bytes, other.bytes) <= MOST_TRAFFIC * min(one.bytes, other.bytes)
