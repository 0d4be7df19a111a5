"""Random chains of ops on images between convolutions: packed they compute what they do plain."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

import akg_mlir
from akg_mlir.parsing import parse_module
from akg_mlir.reference.te import shaped
from tests.support.packed_chains import chains
from tests.support.te_text import apply, reference, relative_error

ABOVE = "te-decompose,te-share-values,te-channels-last,te-drop-unit-dims,te-sink-reshapes"
"""The passes in front of te-propagate-layout that these programs need."""


@given(chains(most=6))
def test_packed_ops_compute_the_same(text: str) -> None:
    module = parse_module(text)
    function = next(iter(module.ops))
    rng = np.random.default_rng(0)
    arrays = [
        (rng.standard_normal(shape) * 0.3).astype(dtype)
        for shape, dtype in map(shaped, function.body.block.args)  # pyright: ignore
    ]
    apply(module, ABOVE)
    (wanted,) = reference(module, *arrays)
    apply(module, "te-propagate-layout")
    (got,) = reference(module, *arrays)
    assert relative_error(got, wanted) < 1e-2


@settings(max_examples=max(settings.default.max_examples // 5, 1))
@given(chains())
def test_kernels_of_packed_images_agree_with_the_reference(text: str) -> None:
    report = akg_mlir.compile(text, target="ascend910").report()
    assert report.ok, report
