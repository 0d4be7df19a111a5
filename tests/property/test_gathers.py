"""Gathers take what lies at the places that data says, and 0 where there is none, with any element
type, along any dimension, in all orders of execution and as C++ on this computer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from host_agreement import differing_modes
from hypothesis import given, settings
from hypothesis import strategies as st

import akg_mlir
from akg_mlir import targets
from akg_mlir.report.running import MODES
from bench.cases import Program

EXAMPLES = max(settings.default.max_examples // 4, 1)
DTYPES = {"i32": np.int32, "i64": np.int64}


@dataclass(frozen=True)
class Case:
    """A program that gathers `%t` at `%i`, numbers for it, and whether its result is used."""

    text: str
    numbers: np.ndarray
    target: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    element = draw(st.sampled_from(("f32", "f16", "i32", "i64", "i8")))
    shape = draw(st.lists(st.sampled_from((1, 3, 8, 17, 32)), min_size=1, max_size=3))
    axis = draw(st.integers(0, len(shape) - 1))
    batch = draw(st.integers(0, axis))
    taken = draw(st.lists(st.sampled_from((1, 2, 5, 9, 40)), min_size=0, max_size=2))
    places, number = shape[axis], draw(st.sampled_from(("i32", "i64")))
    ends = (-places - 1, -places, -1, 0, places - 1, places, 2**31 - 1, -(2**31))
    size = (*shape[:batch], *taken)
    one = st.sampled_from(ends) | st.integers(-places, places - 1)
    count = int(np.prod(size, dtype=np.int64))
    chosen = draw(st.lists(one, min_size=min(count, 20), max_size=min(count, 20)))
    numbers = np.resize(np.array(chosen, DTYPES[number]), size)
    p, result = Program(), (*shape[:axis], *taken, *shape[axis + 1 :])
    table, at = p.argument("%t", tuple(shape), element), p.argument("%i", size, number)
    words = (
        f"axis {axis}" + f" batch {batch}" * (batch > 0) + draw(st.sampled_from((" from_end", "")))
    )
    found = p.op(f"gather {table}, {at} {words}", result, element)
    if element in ("f32", "f16") and draw(st.booleans()):
        found = p.op(f"add {found}, {p.argument('%b', result, element)}", result, element)
    return Case(p.finish(found), numbers, draw(st.sampled_from(targets.names())))


@settings(max_examples=EXAMPLES)
@given(cases())
def test_every_order_gives_what_lies_at_the_places(case: Case) -> None:
    report = akg_mlir.compile(case.text, target=case.target).report({"i": case.numbers})
    assert set(report.modes) == set(MODES)
    assert report.ok, report


ROWS = {"f32": (40, 24), "f16": (3, 40, 32), "i64": (40, 4), "i8": (40, 64)}


@pytest.mark.parametrize("element", ROWS)
def test_the_host_gives_the_same_bits(element: str) -> None:
    """Checked in orders that are drawn, too."""
    shape = ROWS[element]
    axis, p = len(shape) - 2, Program()
    table, at = p.argument("%t", shape, element), p.argument("%i", (50,), "i64")
    result = (*shape[:axis], 50, shape[-1])
    words = f"axis {axis} from_end"
    text = p.finish(p.op(f"gather {table}, {at} {words}", result, element))
    kernel = akg_mlir.compile(text)
    numbers = np.random.default_rng(1).integers(-45, 45, 50)
    values = (
        np.arange(np.prod(shape))
        .reshape(shape)
        .astype(element.replace("f", "float").replace("i", "int"))
    )
    assert not differing_modes(kernel, inputs=[values, numbers])
