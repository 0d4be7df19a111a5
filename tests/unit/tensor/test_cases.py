"""The graphs of `bench.cases`: valid at every size, right on the tensor floor and the machine."""

from __future__ import annotations

import numpy as np
import pytest
from te_text import apply, reference, relative_error
from xdsl.dialects.func import FuncOp

import akg_mlir
from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module
from bench import cases

FLOOR = (
    "te-record-workload,te-decompose,te-channels-last,te-split-reductions,te-sink-reshapes,"
    "te-propagate-layout,te-partition"
)
KERNELS = {"conv_relu": 4, "conv_relu_pool": 4}
"""Of those that are not one: images are transposed in front of windows and behind them."""


@pytest.mark.parametrize("name", cases.PUBLISHED)
def test_published_sizes_verify(name: str):
    verify_module(parse_module(cases.PUBLISHED[name]))


@pytest.mark.parametrize("name", cases.SMALL)
def test_small_sizes_are_right_on_the_tensor_floor(name: str):
    module = parse_module(cases.SMALL[name])
    (main,) = (op for op in module.ops if isinstance(op, FuncOp))
    rng = np.random.default_rng(5)
    inputs = [
        rng.uniform(0.1, 1.0, te.shape_of(a)).astype(np.float16 if "f16" in str(a.type) else "f4")
        for a in main.body.block.args
    ]
    wanted = reference(module, *inputs)
    got = reference(apply(module, FLOOR), *inputs)
    for one, other in zip(got, wanted, strict=True):
        assert relative_error(one, other) <= (5e-3 if one.dtype == np.float16 else 1e-5)


@pytest.mark.parametrize("name", cases.SMALL)
def test_small_sizes_are_right_on_the_machine(name: str):
    kernel = akg_mlir.compile(cases.SMALL[name], target="ascend910")
    assert len(kernel.compilation.kernels) <= KERNELS.get(name, 1)
    assert kernel.report().as_dict()["ok"]
