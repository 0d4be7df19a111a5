"""Whole random programs: compiled for the machine, they agree with the reference.

Every pass output verifies and round-trips on the way.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from te_programs import Program, build, inputs, programs, relative_error
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

import akg_mlir
from akg_mlir import targets
from akg_mlir.inputs import argument_names
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference
from akg_mlir.sources import Array

PRECISIONS = st.sampled_from(["strict", "mixed"])
TARGETS = st.sampled_from(targets.names())


def check_round_trip(text: str) -> None:
    """Printing is a fixed point of parsing and printing."""
    module = parse_module(text)
    module.verify()
    assert str(parse_module(str(module))) == str(module)


def by_name(module: ModuleOp, arrays: list[Array]) -> dict[str, Array]:
    (function,) = module.ops
    assert isinstance(function, FuncOp)
    return dict(zip(argument_names(function), arrays, strict=True))


@given(programs(), TARGETS, PRECISIONS, st.integers(0, 3))
def test_compiled_program_agrees_with_numpy(
    program: Program, target: str, precision: str, seed: int
) -> None:
    module = build(program)
    arrays = inputs(program, seed)
    expected = reference.run(module, "main", arrays)
    tolerance = program.tolerance if precision == "strict" else 2e-2
    kernel = akg_mlir.compile(module, target=target, precision=precision)
    results = kernel(*arrays)
    for got, want in zip(results if isinstance(results, tuple) else (results,), expected):
        assert relative_error(got, want) <= tolerance


@given(programs(max_steps=4), TARGETS, PRECISIONS)
def test_orders_agree_and_no_bound_is_beaten(program: Program, target: str, precision: str) -> None:
    module = build(program)
    kernel = akg_mlir.compile(module, target=target, precision=precision)
    report = kernel.report(by_name(module, inputs(program)))
    assert report.ok
    assert all(report.modes.values())
    for part in (report, *report.kernels):
        assert part.lower_bound <= part.cycles
    for part in report.kernels:
        assert part.compulsory_bytes <= part.gm_bytes


@given(programs(max_steps=4), st.sampled_from(["te", "affine", "npu"]))
def test_every_floor_round_trips(program: Program, stage: str) -> None:
    check_round_trip(str(akg_mlir.compile(build(program)).ir(stage)))
