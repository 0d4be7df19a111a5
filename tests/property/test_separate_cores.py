"""Where the cube and the vector unit have cores of their own no kernel uses both, and programs with
products compute what the reference does, in all orders."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shaped_ops import KINDS

import akg_mlir
from akg_mlir.dialects.npu import Pipe, PipeOp
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.report.running import MODES
from bench.cases import Program

EXAMPLES = max(settings.default.max_examples // 10, 2)
CUBE, VECTOR = {Pipe.M, Pipe.MTE1, Pipe.FIX}, {Pipe.V, Pipe.MTE3}


@st.composite
def _programs(draw: st.DrawFn) -> str:
    """A product, most of the time of matrices, with an epilogue in some cases."""
    kind = draw(st.sampled_from(("product", "product", "conv2d")))
    return KINDS[kind](draw, Program())


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(_programs())
def test_kernels_use_one_unit_and_agree_with_the_reference(text: str) -> None:
    kernel = akg_mlir.compile(text, target="ascend910b")
    for function in kernels(kernel.compilation.module):
        pipes = {op.pipe for op in function.walk() if isinstance(op, PipeOp)}
        assert not (pipes & CUBE and pipes & VECTOR)
    report = kernel.report()
    assert set(report.modes) == set(MODES)
    assert report.ok, report
