"""Simulated kernels against their lower bounds: utilisation, traffic, compile seconds."""

from __future__ import annotations

import akg_mlir

MATMUL = """
func.func @main(%a: tensor<{m}x{k}xf16>, %b: tensor<{k}x{n}xf16>) -> tensor<{m}x{n}xf32> {{
  %c = te.matmul %a, %b : (tensor<{m}x{k}xf16>, tensor<{k}x{n}xf16>) -> tensor<{m}x{n}xf32>
  func.return %c : tensor<{m}x{n}xf32>
}}
"""
SOFTMAX = """
func.func @main(%x: tensor<{rows}x{columns}xf16>) -> tensor<{rows}x{columns}xf16> {{
  %y = te.softmax %x axis -1 : tensor<{rows}x{columns}xf16>
  func.return %y : tensor<{rows}x{columns}xf16>
}}
"""
CASES = {
    "matmul_256": MATMUL.format(m=256, k=256, n=256),
    "matmul_1024": MATMUL.format(m=1024, k=1024, n=1024),
    "softmax_1024x1024": SOFTMAX.format(rows=1024, columns=1024),
}


def run() -> dict[str, object]:
    """One entry per case: what `akg run --json` says of it on random inputs."""
    return {
        name: akg_mlir.compile(text, target="ascend910").report().as_dict()
        for name, text in CASES.items()
    }
