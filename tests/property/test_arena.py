"""Buffers in one arena: those that are needed at the same time never share a byte."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akg_mlir.execution.library.arena import Lifetime, arrange

ALIGNMENT = 64


@st.composite
def _lifetimes(draw: st.DrawFn) -> Lifetime:
    first, length = draw(st.integers(0, 9)), draw(st.integers(0, 5))
    return Lifetime(draw(st.sampled_from([0, 1, 64, 65, 200, 1000])), first, first + length)


@given(st.lists(_lifetimes(), max_size=14))
def test_no_two_buffers_share_bytes_while_both_live(buffers: list[Lifetime]) -> None:
    arena = arrange(buffers, ALIGNMENT)
    spans = [(at, at + buffer.bytes) for at, buffer in zip(arena.offsets, buffers)]
    assert all(at % ALIGNMENT == 0 and end <= arena.bytes for at, end in spans)
    for (a, one), (b, other) in combinations(zip(spans, buffers), 2):
        if one.meets(other) and one.bytes and other.bytes:
            assert a[1] <= b[0] or b[1] <= a[0]
    rounded = [-(-buffer.bytes // ALIGNMENT) * ALIGNMENT for buffer in buffers]
    assert arena.bytes <= sum(rounded)
    assert arrange(buffers, ALIGNMENT) == arena


def test_chains_take_turns_at_two_places() -> None:
    chain = [Lifetime(1000, step, step + 1) for step in range(50)]
    assert arrange(chain, 1).bytes == 2000


def test_the_smallest_gap_that_fits_is_taken() -> None:
    # 300 and 100 bytes are free from step 1 on: the last one needs 100
    buffers = [
        Lifetime(300, 0, 0),
        Lifetime(290, 0, 2),
        Lifetime(100, 0, 0),
        Lifetime(90, 0, 2),
        Lifetime(80, 1, 2),
    ]
    assert arrange(buffers, 1).offsets == (0, 300, 590, 690, 590)


@pytest.mark.parametrize("alignment", [1, 512])
def test_nothing_needs_nothing(alignment: int) -> None:
    assert arrange([], alignment).bytes == 0
