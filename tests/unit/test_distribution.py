"""Statements leave shared loops unless a dependence forbids it."""

from __future__ import annotations

import pytest
from xdsl.passes import PassPipeline

from akg_mlir.diagnostics import collect_remarks
from akg_mlir.dialects import poly
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.pipelines import parse_pipeline
from tests.support import affine_kernels

ASSIGN = "poly-raise,poly-schedule,poly-tile,poly-fuse,poly-assign-units"


def loops_and_marks(name: str) -> list[str]:
    """Per unit mark: the schedules of the untiled bands above it, and the unit."""
    module = parse_module(getattr(affine_kernels, name))
    PassPipeline(parse_pipeline(ASSIGN)).apply(make_context(), module)
    found: list[str] = []
    for mark in module.walk():
        if isinstance(mark, poly.MarkOp):
            members, op = 0, mark.parent_op()
            while op is not None:
                if isinstance(op, poly.BandOp) and op.tile is None:
                    members += len(op.coincident)
                op = op.parent_op()
            found.append(f"{members} {mark.mark.data}")
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IN_PLACE", ["0 npu.vector"]),
        ("PREFIX_SUM", ["0 npu.vector", "1 npu.vector"]),
        ("SEIDEL", ["3 npu.vector"]),
        ("JACOBI", ["1 npu.vector", "1 npu.vector"]),
        ("UNDECLARED", ["0 npu.vector", "1 npu.vector"]),
        ("MATMUL_F32", ["0 npu.vector", "0 npu.vector"]),
        ("MATMUL_F16", ["0 npu.cube"]),
        ("COLUMN_PRODUCT", ["0 npu.vector", "0 npu.scalar"]),
        ("MAX_I64", ["0 npu.scalar"]),
    ],
)
def test_loops_above_units(name: str, expected: list[str]) -> None:
    assert loops_and_marks(name) == expected


def test_a_unit_other_than_the_best_is_a_remark() -> None:
    with collect_remarks() as remarks:
        loops_and_marks("MAX_I64")
    texts = [r.message for r in remarks if r.pass_name == "poly-assign-units"]
    assert texts == ["@S0 on the scalar unit: the vector unit has no i64"]
