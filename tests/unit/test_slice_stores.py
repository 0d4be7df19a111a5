"""Last results that leave the chip in slices, from tensors to the machine."""

from __future__ import annotations

import pytest

import akg_mlir
from tests.support.fractal_texts import EPILOGUE, product


def points(rows: int, columns: int, outputs: int) -> str:
    """Scaled products at the points of two images."""
    x, w = f"tensor<2x2x{rows}x{columns}x16xf16>", f"tensor<2x1x1x{outputs}x16x16xf16>"
    c = f"tensor<2x{outputs}x{rows}x{columns}x16xf32>"
    y = c.replace("f32", "f16")
    return f"""
func.func @main(%x: {x}, %w: {w}, %s: {c}) -> {y} {{
  %c = te.fractal_conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] channels 32 outputs {16 * outputs} : ({x}, {w}) -> {c}
  %d = te.mul %c, %s : ({c}, {c}) -> {c}
  %y = te.cast %d : {c} -> {y}
  func.return %y : {y}
}}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        pytest.param(points(7, 16, 8), "S3: 1@UB, 8@UB, _, _, _", id="one tile"),
        pytest.param(points(8, 16, 16), "S3: 1@UB, 8@UB, _, _, _", id="the last tile"),
        pytest.param(product(16, 3, 6, EPILOGUE), "S3: 3@UB, 16@UB, _, _", id="two stores"),
    ],
)
def test_last_results(text: str, policy: str) -> None:
    kernel = akg_mlir.compile(text, target="ascend310", policy=policy)
    report = kernel.report()
    assert report.ok, report.as_dict()
    assert any(r.pass_name == "npu-slice-stores" for r in kernel.compilation.remarks)
