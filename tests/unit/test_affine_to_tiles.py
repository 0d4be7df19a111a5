"""Affine programs down to tile ops agree with their loops, whatever unit they end up on."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import PassPipeline

from akg_mlir.dialects import npu
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from akg_mlir.verification import verify_module
from tests.support import affine_kernels, tile_model

PIPELINE = "affine-to-npu"
KERNELS = [
    name for name in dir(affine_kernels) if name[0].isalpha() and name.isupper() and name != "GM"
]


def generate(text: str, pipeline: str = PIPELINE) -> ModuleOp:
    module = parse_module(text)
    PassPipeline(parse_pipeline(pipeline)).apply(make_context(), module)
    verify_module(module)
    return module


def inputs(module: ModuleOp) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    function = next(op for op in module.walk() if op.name == "func.func")
    types = [npu.memref_type(a) for a in function.regions[0].block.args]
    return [
        np.asarray(4 * rng.standard_normal(t.get_shape())).astype(tile_model.dtype(t.element_type))
        for t in types
    ]


@pytest.mark.parametrize("name", KERNELS)
def test_tile_ops_compute_what_the_loops_do(name: str) -> None:
    text = getattr(affine_kernels, name)
    arrays = inputs(parse_module(text))
    want = [a.copy() for a in arrays]
    affine.run(parse_module(text), "k", want)
    module = generate(text)
    tile_model.run(module, arrays)
    for got, expected in zip(arrays, want):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
