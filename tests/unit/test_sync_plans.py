"""`npu-insert-sync` compares its plans with the greedy one, whichever way they came about."""

from __future__ import annotations

from typing import Literal

import pytest

import akg_mlir
from akg_mlir.passes.npu.npu_insert_sync import NpuInsertSync
from akg_mlir.passes.pipelines import Akg, flatten

IMAGE, WEIGHTS = "tensor<16x16x14x14x16xf16>", "tensor<16x3x3x16x16x16xf16>"
SUMS = "tensor<16x16x14x14x16xf32>"
CONV = f"""
func.func @main(%x: {IMAGE}, %w: {WEIGHTS}) -> ({IMAGE}) {{
  %v0 = te.fractal_conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] channels 256
    outputs 256 : ({IMAGE}, {WEIGHTS}) -> {SUMS}
  %v1 = te.cast %v0 : {SUMS} -> {IMAGE}
  func.return %v1 : {IMAGE}
}}
"""
"""A kernel whose flags have ids once they end with their loops."""
POLICY = "S2: 1@UB, 8@UB, _, _, _; S1: _, _, _, _, _, 1@L0A, _, _, _"


@pytest.mark.parametrize("events", [4, 3])
def test_flags_that_end_with_their_loops_are_no_slower_than_greedy_ones(events: int):
    def cycles(scheme: Literal["optimal", "greedy"]) -> int:
        sync = NpuInsertSync(events=events, scheme=scheme)
        steps = flatten((Akg(target="ascend910", policy=POLICY),))
        steps = [sync if isinstance(step, NpuInsertSync) else step for step in steps]
        return akg_mlir.compile(CONV, pipeline=steps).time().cycles

    assert cycles("optimal") <= cycles("greedy")


def test_what_follows_a_loop_waits_for_a_part_of_its_last_iteration():
    """There are ids enough; waiting for all of it takes 1,944 cycles."""
    text = """
func.func @main(%x: tensor<64x3136xf16>) -> tensor<3136x64xf16> {
  %y = te.transpose %x perm [1, 0] : tensor<64x3136xf16> -> tensor<3136x64xf16>
  func.return %y : tensor<3136x64xf16>
}
"""
    assert akg_mlir.compile(text, target="ascend910").time().cycles < 1800
