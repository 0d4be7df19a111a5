"""Slices, pads, concatenations and repeated elements mean the same with their lanes turned."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from te_text import apply, reference
from xdsl.dialects.builtin import f16, f32, i32

import akg_mlir
from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module
from akg_mlir.passes.tensor import te_turn_lanes
from akg_mlir.passes.tensor.rewriting import functions
from akg_mlir.report.running import MODES

EXAMPLES = max(settings.default.max_examples // 5, 1)


def _type(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'x'.join(map(str, (*shape, element)))}>"


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A chain of moves of a tensor, along any of its dimensions."""
    element = draw(st.sampled_from(("f16", "f32", "i32", "i8")))
    shape = first = tuple(draw(st.lists(st.integers(1, 24), min_size=1, max_size=4)))
    lines, value = list[str](), "%x"
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from((_slice, _pad, _concat, _repeat)))
        name = f"%v{number}"
        text, shape = kind(draw, name, value, shape, element)
        lines += text
        value = name
    body = "\n  ".join([*lines, f"func.return {value} : {_type(shape, element)}"])
    header = f"func.func @main(%x: {_type(first, element)}) -> {_type(shape, element)}"
    return f"{header} {{\n  {body}\n}}"


Shape = tuple[int, ...]
Move = tuple[list[str], Shape]


def _slice(draw: st.DrawFn, name: str, value: str, shape: Shape, element: str) -> Move:
    taken = [range(n)[:: draw(st.sampled_from((1, 1, -1, 2, -3)))] for n in shape]
    taken = [r[draw(st.integers(0, len(r) - 1)) :] for r in taken]
    new = tuple(map(len, taken))
    places = f"offsets {[r[0] for r in taken]} strides {[r.step for r in taken]}"
    types = f"{_type(shape, element)} -> {_type(new, element)}"
    return [f"{name} = te.slice {value} {places} : {types}"], new


def _pad(draw: st.DrawFn, name: str, value: str, shape: Shape, element: str) -> Move:
    low, high = ([draw(st.integers(0, 3)) for _ in shape] for _ in range(2))
    new = tuple(a + n + b for a, n, b in zip(low, shape, high))
    number = "7" if element[0] == "i" else "7.0"
    types = f"{_type(shape, element)} -> {_type(new, element)}"
    return [
        f"{name} = te.pad {value} value {number} : {element} low {low} high {high} : {types}"
    ], new


def _concat(draw: st.DrawFn, name: str, value: str, shape: Shape, element: str) -> Move:
    axis = draw(st.integers(0, len(shape) - 1))
    new = (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :])
    old = _type(shape, element)
    types = f"({old}, {old}) -> {_type(new, element)}"
    return [f"{name} = te.concat {value}, {value} axis {axis} : {types}"], new


def _repeat(draw: st.DrawFn, name: str, value: str, shape: Shape, element: str) -> Move:
    flat, new = _type((*shape, 1), element), (*shape, draw(st.integers(2, 5)))
    return [
        f"{name}_ = te.reshape {value} : {_type(shape, element)} -> {flat}",
        f"{name} = te.broadcast_to {name}_ : {flat} -> {_type(new, element)}",
    ], new


@given(programs())
def test_the_tensor_floor_computes_the_same(text: str) -> None:
    module = parse_module(text)
    (function,) = functions(module)
    (value,) = function.body.block.args
    x = np.random.default_rng(7).integers(-99, 99, te.shape_of(value))
    x = x.astype(
        {f16: np.float16, f32: np.float32, i32: np.int32}.get(te.element_of(value), np.int8)
    )
    (wanted,) = reference(module, x)
    with patch.object(te_turn_lanes, "TURNING", -1e9):
        (got,) = reference(apply(module, "te-turn-lanes"), x)
    assert np.array_equal(got, wanted)


@settings(max_examples=EXAMPLES)
@given(programs())
def test_the_machine_computes_the_same(text: str) -> None:
    with patch.object(te_turn_lanes, "TURNING", -1e9):
        report = akg_mlir.compile(text).report()
    assert set(report.modes) == set(MODES)
    assert report.ok, report
