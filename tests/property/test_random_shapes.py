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
        agrees(case)

    check()


def test_seams_of_stored_rows_fit_the_smallest_memory() -> None:
    x, y = "tensor<1x31x13x15xf32>", "tensor<4x34x16x20xf32>"
    pad = f"te.pad %x value 1.0 : f32 low [2, 0, 2, 3] high [1, 3, 1, 2] : {x} -> {y}"
    text = f"func.func @main(%x: {x}) -> {y} {{ %y = {pad} func.return %y : {y} }}"
    agrees(Case(text, "generic_tiny"))


def test_parts_of_a_pad_with_alike_tiles_fit_together() -> None:
    x, y = "tensor<63x2x1x16xi32>", "tensor<66x7x3x16xi32>"
    pad = f"te.pad %x value 1 : i32 low [2, 3, 1, 0] high [1, 2, 1, 0] : {x} -> {y}"
    text = f"func.func @main(%x: {x}) -> {y} {{ %y = {pad} func.return %y : {y} }}"
    agrees(Case(text, "generic_tiny"))


def test_columns_beside_rows_have_buffers_of_their_own() -> None:
    x, y, z = (f"tensor<3x31x31x{n}xf16>" for n in (1, 10, 12))
    text = f"""
    func.func @main(%x: {x}, %y: {y}) -> {z} {{
      %a = te.neg %x : {x}
      %b = te.constant dense<2.0> : {x}
      %z = te.concat %a, %b, %y axis 3 : ({x}, {x}, {y}) -> {z}
      func.return %z : {z}
    }}"""
    agrees(Case(text, "generic_tiny"))


def agrees(case: Case) -> None:
    """In all modes, on the machine."""
    report = akg_mlir.compile(case.text, target=case.target).report()
    assert set(report.modes) == set(MODES)
    assert report.ok, report
