"""Every kind of op in shapes that divide nothing, element types and targets: it computes what the
reference does, in program order, timed order and adversarial order alike.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from shaped_ops import KINDS, Case, cases

import akg_mlir
from akg_mlir.report.running import MODES

EXAMPLES = max(settings.default.max_examples // 10, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_type_and_target_agrees_with_the_reference(kind: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(cases(kind))
    def check(case: Case) -> None:
        report = akg_mlir.compile(case.text, target=case.target).report()
        assert set(report.modes) == set(MODES)
        assert report.ok, report

    check()
