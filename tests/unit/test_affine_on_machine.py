"""Affine programs compiled to instructions and run on the machine agree with their loops."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects import func
from xdsl.passes import PassPipeline

from akg_mlir.dialects import npu
from akg_mlir.emit.program import decode
from akg_mlir.machine.machine import Machine
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from bench import affine_cases
from tests.support import affine_kernels, tile_model

KERNELS = [
    name for name in dir(affine_kernels) if name[0].isalpha() and name.isupper() and name != "GM"
]


@pytest.mark.parametrize("name", KERNELS)
def test_machine_computes_what_the_loops_do(name: str) -> None:
    assert_machine_agrees(getattr(affine_kernels, name), "affine-to-npu")


@pytest.mark.parametrize("isolation", ["full", "none"])
@pytest.mark.parametrize("name", ["TRIANGLE", "STRIDED", "TRANSPOSE", "LONG_ROWS"])
def test_partial_tiles_compute_the_same_however_they_are_kept_apart(
    name: str, isolation: str
) -> None:
    steps = (
        f"poly-raise,poly-schedule,poly-tile{{isolation={isolation}}},poly-fuse,poly-assign-units,"
        "poly-promote,poly-verify,npu-generate"
    )
    assert_machine_agrees(getattr(affine_kernels, name), steps)


@pytest.mark.parametrize("isolation", ["loops", "full", "none"])
def test_places_of_one_tile_share_a_buffer(isolation: str) -> None:
    """Only the first tile starts with S0: isl writes that in front of the loop over tiles, which
    holds the rest of the first tile."""
    row, matrix = "memref<32xf32, #npu<space gm>>", "memref<32x64xf32, #npu<space gm>>"
    text = f"""builtin.module attributes {{npu.target = "generic_tiny"}} {{
func.func @k(%x: {matrix}, %y: {matrix}, %z: {row}) attributes {{npu.kernel}} {{
  %p = memref.alloc() : {row}
  affine.for %i = 0 to 8 {{
    %a = affine.load %z[%i] : {row}
    %b = arith.negf %a : f32
    affine.store %b, %p[%i] : {row}
  }}
  affine.for %i = 8 to 32 {{
    %a = affine.load %z[%i] : {row}
    %b = arith.addf %a, %a : f32
    affine.store %b, %p[%i] : {row}
  }}
  affine.for %i = 0 to 32 {{ affine.for %j = 0 to 64 {{
    %a = affine.load %x[%i, %j] : {matrix}
    %b = affine.load %p[%i] : {row}
    %c = arith.mulf %a, %b : f32
    affine.store %c, %y[%i, %j] : {matrix}
  }} }}
  func.return
}} }}"""
    tile = f'poly-tile{{isolation={isolation} policy="S2: 8@UB, _ / _, 16@UB"}}'
    steps = (
        f"poly-raise,poly-schedule,{tile},poly-fuse,poly-assign-units,poly-promote,poly-verify,"
        "npu-generate"
    )
    assert_machine_agrees(text, steps)


def assert_machine_agrees(text: str, steps: str) -> None:
    module = parse_module(text)
    target = target_of(module)
    kernel = next(op for op in module.walk() if isinstance(op, func.FuncOp))
    rng = np.random.default_rng(0)
    types = [npu.memref_type(a) for a in kernel.body.block.args]
    arrays = [
        np.asarray(4 * rng.standard_normal(t.get_shape())).astype(tile_model.dtype(t.element_type))
        for t in types
    ]
    want = [a.copy() for a in arrays]
    affine.run(parse_module(text), "k", want)
    PassPipeline(parse_pipeline(f"{steps},npu-to-instructions")).apply(make_context(), module)
    program = decode(kernel, target)
    result = Machine(target).run(program, arrays, "adversarial", 0)
    assert not result.races
    for position, got in zip(program.outputs, result.outputs):
        np.testing.assert_allclose(got, want[position], rtol=1e-3, atol=1e-3)


def test_windows_of_a_flat_index_space_are_loaded_as_boxes() -> None:
    kernel = affine_cases.flat_convolution(7, 1, 3, 2).replace("@main", "@k")
    module = f'module attributes {{npu.target = "ascend910"}} {{\n{kernel}}}'
    assert_machine_agrees(module, "affine-to-npu")
