"""Random ops as calls of Ascend C: executed by a model of these calls they give the bits of the
simulated machine. A kernel that the device body does not accept says why in a static assertion."""

from __future__ import annotations

from ascendc_model import Refused, run_on_model
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shaped_ops import KINDS

import akg_mlir
from akg_mlir.inputs import prepare
from akg_mlir.judging import same_bits
from bench.cases import Program

DEEP = settings.default.max_examples >= 1000
EXAMPLES = 300 if DEEP else 3


@st.composite
def _kernels(draw: st.DrawFn) -> tuple[str, str, int]:
    """A program, a target, and a machine that executes its kernels."""
    target, machine = draw(
        st.sampled_from((("ascend910", 1001), ("ascend910", 2002), ("ascend910b", 2201)))
    )
    return KINDS[draw(st.sampled_from(sorted(KINDS)))](draw, Program()), target, machine


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(_kernels())
def test_random_ops_give_the_bits_of_the_machine(case: tuple[str, str, int]) -> None:
    text, target, machine = case
    kernel = akg_mlir.compile(text, target=target)
    inputs = prepare(kernel.compilation.source, {})
    try:
        results = run_on_model(kernel, inputs, machine)
    except Refused as refused:
        assume("static assertion failed" not in str(refused))
        raise
    assert same_bits(kernel.runner.run(inputs).outputs, results)
