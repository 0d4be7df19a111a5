"""DRAM shared by the reads and writes of a core: no cycle of it is lost, none is used twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from akg_mlir.machine.dram import Dram

REQUESTS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 30), st.integers(1, 20)), min_size=1, max_size=12
)
"""Of each: whether it writes, cycles after the one before, and the cycles it takes alone."""


def test_one_direction_is_served_in_turn() -> None:
    dram = Dram()
    assert [dram.read(0, 10), dram.read(0, 5), dram.read(40, 5)] == [10, 15, 45]


def test_a_short_read_does_not_wait_for_a_long_write() -> None:
    dram = Dram()
    assert dram.write(0, 1000) == 1000
    assert dram.read(100, 20) == 140
    assert dram.idle == 1020


@given(REQUESTS)
def test_all_work_is_done_and_no_faster_than_possible(
    requests: list[tuple[bool, int, int]],
) -> None:
    dram, often, now, busy = Dram(), Dram(), 0, 0
    for write, later, cycles in requests:
        now += later
        busy = max(busy, now) + cycles
        end = (dram.write if write else dram.read)(now, cycles)
        assert now + cycles <= end <= busy
        assert dram.idle == busy
        # Looking in between changes nothing.
        often.state(now - later // 2, 0)
        assert (often.write if write else often.read)(now, cycles) == end
