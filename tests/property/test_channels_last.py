"""Random convolutional networks mean the same with the channels of their images last."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from image_networks import networks
from te_text import apply, reference, relative_error
from xdsl.dialects.builtin import ModuleOp, f16

import akg_mlir
from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module
from akg_mlir.passes.tensor.rewriting import functions

FLOOR = "te-decompose,te-share-values,te-channels-last"
REST = "te-drop-unit-dims,te-sink-reshapes,te-propagate-layout,te-partition,te-collapse-dims"
EXAMPLES = max(settings.default.max_examples // 5, 1)


def _inputs(module: ModuleOp) -> list[np.ndarray]:
    (function,) = functions(module)
    random, arrays = np.random.default_rng(7), list[np.ndarray]()
    for value in function.body.block.args:
        dtype = np.float16 if te.element_of(value) == f16 else np.float32
        arrays.append((random.integers(-8, 9, te.shape_of(value)) / 16).astype(dtype))
    return arrays


@given(networks())
def test_the_tensor_floor_computes_the_same(text: str) -> None:
    module = parse_module(text)
    inputs = _inputs(module)
    wanted = reference(module, *inputs)
    tolerance = 2e-2 if "xf16" in text else 1e-4
    for passes in (FLOOR, REST):
        for got, expected in zip(reference(apply(module, passes), *inputs), wanted, strict=True):
            assert relative_error(got, expected) <= tolerance


@settings(max_examples=EXAMPLES)
@given(networks(most=4))
def test_the_machine_computes_the_same(text: str) -> None:
    report = akg_mlir.compile(text).report()
    assert report.ok, report
