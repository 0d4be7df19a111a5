"""Tile policies chosen by timing: never slower than the one that the cost model chose."""

from __future__ import annotations

import pytest

import akg_mlir

ROWS = "tensor<12x128x128xf32>"
TURNED = "tensor<128x12x128xf32>"
PROGRAMS = {
    "transpose": f"""
func.func @main(%x: {ROWS}) -> {TURNED} {{
  %y = te.transpose %x perm [1, 0, 2] : {ROWS} -> {TURNED}
  func.return %y : {TURNED}
}}""",
    "one kernel per result": """
func.func @main(%x: tensor<160xi32>, %a: tensor<64x48xf32>)
    -> (tensor<160x640xi32>, tensor<48xf32>) {
  %y = te.one_hot %x axis -1 depth 640 on 1 : i32 off 0 : i32
      : tensor<160xi32> -> tensor<160x640xi32>
  %s = te.reduce add %a axes [0] : tensor<64x48xf32> -> tensor<48xf32>
  func.return %y, %s : tensor<160x640xi32>, tensor<48xf32>
}""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_tuned_kernels_are_right_and_not_slower(name: str):
    plain, tuned = (
        akg_mlir.compile(PROGRAMS[name], target="ascend910", pipeline=pipeline)
        for pipeline in ("akg", "akg{tune=4}")
    )
    assert tuned.report().ok
    assert tuned.time().cycles <= plain.time().cycles
