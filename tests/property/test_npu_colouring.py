"""First-fit addresses: aligned, inside, never shared by live buffers, and not far from optimal."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from akg_mlir.passes.npu.memory.colouring import Pair, Request, Sharing, peak, plan
from akg_mlir.passes.npu.memory.lifetime import Lifetime

requests = st.lists(
    st.builds(
        lambda size, alignment, start, length, connects: Request(
            size * 32, alignment, Lifetime(start, start + length), connects
        ),
        st.integers(1, 40),
        st.sampled_from([32, 512]),
        st.integers(0, 20),
        st.integers(0, 10),
        st.sampled_from([None, "outer", "inner"]),
    ),
    max_size=10,
)


@given(requests=requests, least=st.sampled_from(Sharing), skew=st.booleans())
def test_plans_are_legal(requests: list[Request], least: Sharing, skew: bool) -> None:
    pairs = [Pair(i, i + 1) for i in range(len(requests) - 1)] if skew else []
    found = plan(requests, 1 << 20, pairs, least=least)
    assert all(a % r.alignment == 0 for a, r in zip(found.addresses, requests))
    ends = [a + r.size for a, r in zip(found.addresses, requests)]
    assert found.height == max(ends, default=0) >= peak(requests)[0]
    for i, j in combinations(range(len(requests)), 2):
        apart = ends[i] <= found.addresses[j] or ends[j] <= found.addresses[i]
        between = {requests[i].connects, requests[j].connects}
        assert apart or not requests[i].lifetime.meets(requests[j].lifetime)
        assert apart or found.sharing is not Sharing.NONE
        assert apart or between == {None} or found.sharing is not Sharing.WITHIN_PIPES
        assert apart or len(between) > 1 or between == {None} or found.sharing is Sharing.ALL
    assert found == plan(requests, 1 << 20, pairs, least=least)


@given(requests=requests)
def test_sharing_starts_only_when_the_memory_is_full(requests: list[Request]) -> None:
    apart = plan(requests, 1 << 20)
    assert apart.sharing is Sharing.NONE
    tight = plan(requests, apart.height - 1)
    assert tight.height <= apart.height


def test_sources_of_an_instruction_go_to_different_bank_groups() -> None:
    always = Lifetime(0, 9)
    found = plan([Request(1024, 32, always)] * 2, 1 << 16, [Pair(0, 1, 64, 0)])
    assert found.skewed
    assert (found.addresses[1] - found.addresses[0] - 64) % 512 == 256
    assert not plan([Request(1024, 32, always)] * 2, 2048, [Pair(0, 1)]).skewed


def test_disjoint_lifetimes_reach_the_peak() -> None:
    stages = [Request(1024, 32, Lifetime(i, i + 1)) for i in range(6)]
    assert plan(stages, 2048).height == 2048 == peak(stages)[0]
