"""Work in a child process ends: with its result, its error, or at its limit."""

from __future__ import annotations

import pytest
from poly_kernels import apply

from akg_mlir.polyhedral.budget import BudgetExceeded, ChildFailed, within
from tests.support import polybench


def test_a_result_comes_back() -> None:
    text = "é" * 100_000
    assert within(10, lambda: text) == text


def test_an_error_comes_back() -> None:
    def work() -> str:
        raise ValueError("no schedule")

    with pytest.raises(ChildFailed, match="no schedule"):
        within(10, work)


def test_what_never_ends_is_stopped() -> None:
    def work() -> str:
        while True:
            pass

    with pytest.raises(BudgetExceeded, match=r"more than 0\.05 s"):
        within(0.05, work)


def test_a_stencil_that_isl_cannot_schedule_in_time_keeps_its_order() -> None:
    raised = apply(polybench.text("heat-3d"), "poly-raise")[0]
    module, remarks = apply(str(raised), "poly-schedule{seconds=0.05}")
    assert str(module) == str(raised)
    (remark,) = remarks
    assert remark.kind == "missed"
    assert remark.message.startswith("kept the textual order: more than 0.05 s")
