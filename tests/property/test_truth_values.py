"""Programs with truth values give what the reference does: on all targets, in program, timed and
adversarial order, and as C++ on this computer."""

from __future__ import annotations

import pytest
from host_agreement import differing_modes
from hypothesis import given, settings
from hypothesis import strategies as st
from truth_programs import Program, programs

import akg_mlir
from akg_mlir.report.running import MODES

TARGETS = ("ascend910", "ascend310", "lite", "generic_tiny")
EXAMPLES = max(settings.default.max_examples // 10, 1)


@pytest.mark.parametrize("target", TARGETS)
def test_truth_values_mean_what_the_reference_means(target: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(programs(), st.integers(0, 99))
    def check(program: Program, seed: int) -> None:
        kernel = akg_mlir.compile(program.text, target=target)
        arrays = {f"a{k}": a for k, a in enumerate(program.inputs(seed))}
        report = kernel.report(arrays)
        assert set(report.modes) == set(MODES)
        assert report.ok, (program.text, report)

    check()


@given(programs(), st.integers(0, 99))
@settings(max_examples=2)
def test_truth_values_agree_as_cpp(program: Program, seed: int) -> None:
    kernel = akg_mlir.compile(program.text)
    assert not differing_modes(kernel, seeds=[1], inputs=program.inputs(seed)), program.text
