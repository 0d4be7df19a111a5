"""Transpositions mean the same with short rows moved in groups."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from te_text import apply, reference
from xdsl.dialects.builtin import ModuleOp, TensorType, f16, f32, i1, i8, i32
from xdsl.ir import Attribute

import akg_mlir
from akg_mlir.parsing import parse_module
from akg_mlir.passes.tensor import te_group_rows
from akg_mlir.report.running import MODES

EXAMPLES = max(settings.default.max_examples // 5, 1)
ELEMENTS: dict[Attribute, type[np.generic]] = {
    f16: np.float16,
    f32: np.float32,
    i32: np.int32,
    i8: np.int8,
    i1: np.bool_,
}


def _type(shape: tuple[int, ...], element: Attribute) -> str:
    return str(TensorType(element, shape))


@st.composite
def transpositions(draw: st.DrawFn) -> tuple[str, np.ndarray]:
    """One whose operand or result has rows of less than a block, of any number of points."""
    element = draw(st.sampled_from([*ELEMENTS]))
    points, short = draw(st.sampled_from((7, 16, 17, 32, 48, 64))), draw(st.integers(2, 7))
    others = draw(st.lists(st.sampled_from((1, 2, 3, 16, 24)), min_size=1, max_size=3))
    fine = (*others, points, short)
    order = [*draw(st.permutations([*range(len(others)), len(fine) - 1])), len(fine) - 2]
    if draw(st.booleans()):
        fine, order = tuple(fine[k] for k in order), [order.index(k) for k in range(len(fine))]
    result = tuple(fine[k] for k in order)
    types = f"{_type(fine, element)} -> {_type(result, element)}"
    text = f"""func.func @main(%x: {_type(fine, element)}) -> {_type(result, element)} {{
      %y = te.transpose %x perm {order} : {types}
      func.return %y : {_type(result, element)}
    }}"""
    numbers = np.random.default_rng(7).integers(-99, 99, fine)
    return text, numbers.astype(ELEMENTS[element])


@given(transpositions())
def test_the_tensor_floor_computes_the_same(drawn: tuple[str, np.ndarray]) -> None:
    text, x = drawn
    module: ModuleOp = parse_module(text)
    (wanted,) = reference(module, x)
    with patch.object(te_group_rows, "RAGGED", 0):
        (got,) = reference(apply(module, "te-drop-unit-dims,te-group-rows"), x)
    assert np.array_equal(got, wanted)


@settings(max_examples=EXAMPLES)
@given(transpositions())
def test_the_machine_computes_the_same(drawn: tuple[str, np.ndarray]) -> None:
    with patch.object(te_group_rows, "RAGGED", 0):
        report = akg_mlir.compile(drawn[0]).report()
    assert set(report.modes) == set(MODES)
    assert report.ok, report
