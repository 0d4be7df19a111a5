"""Random loops with several iterations in flight compute what they did one after the other."""

from __future__ import annotations

import npu_programs as model
import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st
from xdsl.passes import PassPipeline

from akg_mlir.diagnostics import CompileError, collect_remarks
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, MachineError
from akg_mlir.machine.program import Program
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.targets import load

TARGET = load("ascend910")
MACHINE = Machine(TARGET)


@given(
    body=model.rotating_programs(),
    steps=st.sampled_from(
        ["npu-multi-buffer", "npu-hoist-invariants", "npu-hoist-invariants,npu-multi-buffer"]
    ),
    copies=st.integers(2, 3),
    reuse=st.sampled_from(["auto", "always"]),
    seed=st.integers(0, 999),
)
def test_iterations_in_flight_compute_the_same(
    body: tuple[model.Node, ...], steps: str, copies: int, reuse: str, seed: int
) -> None:
    apart = "npu-plan-memory,npu-insert-sync,npu-verify"
    rest = apart.replace("memory", f"memory{{reuse={reuse}}}")
    inputs = [np.random.default_rng(0).standard_normal(8 * model.BLOCKS).astype(np.float32)] * 10
    try:
        program, _ = compiled(body, apart)
        expected = MACHINE.run(program, inputs).outputs
    except (CompileError, MachineError):  # what is undefined reaches a result
        assume(False)
    steps = steps.replace("multi-buffer", f"multi-buffer{{copies={copies}}}")
    rotated, changed = compiled(body, f"{steps},{rest}")
    event(f"{steps}: {', '.join(sorted(changed)) or 'nothing to do'}")
    assert MACHINE.check(rotated) == ()
    for run in range(2):
        mode = "adversarial" if run else "program"
        got = MACHINE.run(rotated, inputs, mode, seed + run).outputs
        assert all(np.array_equal(a, b) for a, b in zip(got, expected))


def compiled(body: tuple[model.Node, ...], passes: str) -> tuple[Program, set[str]]:
    """The program, and the passes that changed loops."""
    text, _ = model.to_text(body)
    module = parse_module(text)
    with collect_remarks() as remarks:
        PassPipeline(parse_pipeline(passes)).apply(make_context(), module)
    changed = {r.pass_name for r in remarks if r.kind == "passed"} - {"npu-verify"}
    return decode(next(kernels(module)), TARGET), changed
