"""Whole random programs: compiled for the machine, they agree with the reference.

Every pass output verifies and round-trips on the way.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from te_programs import Program, build, inputs, programs

import akg_mlir
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference

TOLERANCE = {"f16": 2e-2, "f32": 1e-4}


def check_round_trip(text: str) -> None:
    """Printing is a fixed point of parsing and printing."""
    module = parse_module(text)
    module.verify()
    assert str(parse_module(str(module))) == str(module)


@given(programs(), st.sampled_from(["ascend910", "generic_tiny"]), st.integers(0, 3))
def test_compiled_program_agrees_with_numpy(program: Program, target: str, seed: int) -> None:
    module = build(program)
    arrays = inputs(program, seed)
    (want,) = reference.run(module, "main", arrays)
    kernel = akg_mlir.compile(module, target=target)
    got = kernel(*arrays)
    got = got[0] if isinstance(got, (list, tuple)) else got
    scale = max(float(np.max(np.abs(want.astype(np.float64)), initial=0.0)), 1e-6)
    error = np.max(np.abs(got.astype(np.float64) - want.astype(np.float64)), initial=0.0)
    assert error <= TOLERANCE[program.element] * scale, (error, scale)


@pytest.mark.parametrize("stage", ["te", "affine", "npu"])
@given(program=programs(max_steps=4))
def test_every_floor_round_trips(program: Program, stage: str) -> None:
    check_round_trip(str(akg_mlir.compile(build(program)).ir(stage)))
