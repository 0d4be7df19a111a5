"""Kernels as C++ on this computer: bit for bit what the simulated machine computes, in a fast run,
in program order with all checks, and in five drawn orders.
"""

from __future__ import annotations

from host_agreement import differing_modes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shaped_ops import KINDS, Case, cases

import akg_mlir

DEEP = settings.default.max_examples >= 1000
EXAMPLES = 1000 if DEEP else 3


@st.composite
def _any_case(draw: st.DrawFn) -> Case:
    return draw(cases(draw(st.sampled_from(sorted(KINDS)))))


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(_any_case())
def test_random_ops_give_the_same_bits(case: Case) -> None:
    assert not differing_modes(akg_mlir.compile(case.text, target=case.target))
