"""npu-generate: tile ops of hand-written kernels agree with their text."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects import memref
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import PassPipeline

from akg_mlir.dialects import npu
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_textual_order
from akg_mlir.verification import verify_module
from tests.support import tile_model, tiled_scops

GENERATE = "poly-assign-units,poly-promote,poly-verify,npu-generate"
KERNELS = [name for name in dir(tiled_scops) if name.isupper()]


def generate(text: str, pipeline: str = GENERATE) -> ModuleOp:
    module = parse_module(text)
    PassPipeline(parse_pipeline(pipeline)).apply(make_context(), module)
    verify_module(module)
    return module


def inputs(module: ModuleOp) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    function = next(op for op in module.walk() if op.name == "func.func")
    types = [npu.memref_type(a) for a in function.regions[0].block.args]
    return [
        rng.standard_normal(t.get_shape()).astype(tile_model.dtype(t.element_type)) for t in types
    ]


@pytest.mark.parametrize("name", KERNELS)
def test_tile_ops_compute_what_the_text_does(name: str) -> None:
    text = getattr(tiled_scops, name)
    module = generate(text)
    assert not any(op.name.startswith("poly.") for op in module.walk())
    arrays = inputs(module)
    want = [a.copy() for a in arrays]
    affine.run(parse_module(text), "k", want, write_textual_order)
    tile_model.run(module, arrays)
    for got, expected in zip(arrays, want):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", KERNELS)
def test_the_output_parses_back(name: str) -> None:
    module = generate(getattr(tiled_scops, name))
    assert str(parse_module(str(module))) == str(module)


@pytest.mark.parametrize("name", ["ADD_RELU", "SOFTMAX", "STENCIL", "MATMUL"])
def test_no_unit_falls_back_and_no_intermediate_stays_in_gm(name: str) -> None:
    module = generate(getattr(tiled_scops, name))
    ops = list(module.walk())
    assert not any(isinstance(op, npu.ScalarOp | memref.AllocOp) for op in ops)


def test_parallel_tiles_are_spread_over_cores() -> None:
    module = generate(tiled_scops.ADD_RELU.replace("generic_tiny", "ascend910"))
    function = next(op for op in module.walk() if op.name == "func.func")
    assert function.attributes["npu.cores"].value.data == 10
