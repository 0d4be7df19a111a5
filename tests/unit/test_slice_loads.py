"""Products that start with a part of their operands, from tensors to the machine."""

from __future__ import annotations

import pytest

import akg_mlir
from tests.support.fractal_texts import product

IMAGES = """
func.func @main(%x: tensor<2x32x14x14x16xf16>, %w: tensor<32x1x1x8x16x16xf16>) -> tensor<2x8x7x7x16xf16> {
  %c = te.fractal_conv2d %x, %w strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] channels 512 outputs 128 : (tensor<2x32x14x14x16xf16>, tensor<32x1x1x8x16x16xf16>) -> tensor<2x8x7x7x16xf32>
  %y = te.cast %c : tensor<2x8x7x7x16xf32> -> tensor<2x8x7x7x16xf16>
  func.return %y : tensor<2x8x7x7x16xf16>
}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("text", "policy", "cut"),
    [
        pytest.param(product(8, 40, 12), "S1: 4@L0C, 4@L0C, _, _, _, _", True, id="shared rows"),
        pytest.param(product(12, 41, 5), "S1: 5@L0C, 2@L0C, _, _, _, _", True, id="odd k"),
        pytest.param(IMAGES, "S2: 1@UB, 2@UB, _, _, _", True, id="rows of an image"),
        pytest.param(IMAGES, "S2: 1@UB, _, 3@UB, _, _", True, id="shared weights"),
        pytest.param(product(8, 4, 12), "S1: 4@L0C, 4@L0C, _, _, _, _", False, id="small"),
    ],
)
def test_first_products(text: str, policy: str, cut: bool) -> None:
    kernel = akg_mlir.compile(text, target="ascend310", policy=policy)
    report = kernel.report()
    assert report.ok, report.as_dict()
    remarks = kernel.compilation.remarks
    assert any(r.pass_name == "npu-slice-loads" for r in remarks) == cut
