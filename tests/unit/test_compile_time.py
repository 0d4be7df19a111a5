"""The compile-time benchmark: its programs are valid, and its bars judge the figures."""

from __future__ import annotations

import math

import pytest

from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module
from bench import affine_cases, cases
from bench.compile_time import Figures, bars, compile_case

AFFINE = affine_cases.CONVOLUTIONS | affine_cases.EXPLOSIVE


@pytest.mark.parametrize("name", AFFINE)
def test_affine_cases_verify(name: str) -> None:
    verify_module(parse_module(AFFINE[name]))


@pytest.mark.parametrize("chain", [cases.elementwise_chain, cases.reduction_chain])
def test_chains_have_the_length_asked_for(chain: object) -> None:
    assert callable(chain)
    text = chain(23)
    verify_module(parse_module(text))
    assert text.count(" = te.") == 23


def figures(name: str, total: float, ended: str = "ok") -> Figures:
    stages = dict.fromkeys(("polyhedral", "judge", "ast", "total"), total)
    return Figures(name, stages, ended, 1, 1.0, 2.0)


def test_bars_compare_growth_with_linear() -> None:
    found = bars([figures("reduction_chain_10", 10), figures("reduction_chain_200", 300)])
    growth = next(bar for bar in found if "growth" in bar.what)
    assert growth.value == pytest.approx(1.5)
    assert not growth.holds


def test_a_case_that_does_not_compile_breaks_its_bars() -> None:
    found = bars([figures("sg5_tanh", 1, "over 20 s")])
    assert [bar.value for bar in found] == [math.inf] * 3
    assert not any(bar.holds for bar in found)


def test_a_case_is_measured_by_stage() -> None:
    found = compile_case(cases.SMALL["sg5_tanh"], "te-to-affine")
    assert found["ended"] == "ok"
    stages = found["stages"]
    parts = {name: value for name, value in stages.items() if name not in ("ast", "total")}
    assert stages["total"] == pytest.approx(sum(parts.values()))
    assert 0 < stages["polyhedral"] < stages["total"]
