"""Passes that a pipeline may leave out: whatever is left still agrees with numpy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from te_programs import Program, build, inputs, programs, relative_error

import akg_mlir
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import te as reference

OPTIONAL = (
    "convert-linalg-to-te",
    "te-apply-precision",
    "te-record-workload",
    "te-sink-reshapes",
    "te-propagate-layout",
    "te-collapse-dims",
    "poly-fuse",
    "poly-verify",
    "npu-verify",
)


@given(programs(max_steps=5), st.sets(st.sampled_from(OPTIONAL)))
def test_optional_passes_are_optional(program: Program, left_out: set[str]) -> None:
    steps = [str(step) for step in parse_pipeline("akg")]
    pipeline = ",".join(step for step in steps if step.split("{")[0] not in left_out)
    module, arrays = build(program), inputs(program)
    kernel = akg_mlir.compile(module, pipeline=pipeline)
    results = kernel(*arrays)
    results = results if isinstance(results, (list, tuple)) else [results]
    for got, want in zip(results, reference.run(module, "main", arrays), strict=True):
        assert relative_error(got, want) <= program.tolerance
