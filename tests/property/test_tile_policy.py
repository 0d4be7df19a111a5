"""The tile policy language: what is printed reads back equal, and nothing else is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akg_mlir.polyhedral.policy import BUFFERS, Entry, Policy, PolicyError, Tile, parse_policy

tiles = st.none() | st.builds(Tile, st.integers(1, 10**6), st.sampled_from(BUFFERS))
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
entries = st.builds(Entry, names, st.lists(tiles, min_size=1, max_size=6).map(tuple))
policies = st.lists(entries, min_size=1, max_size=4, unique_by=lambda e: e.statement).map(
    lambda found: Policy(tuple(found))
)


@given(policies)
def test_printing_and_parsing_are_inverse(policy: Policy) -> None:
    assert parse_policy(str(policy)) == policy


@given(policies, st.sampled_from((" ", "  ", "\n")))
def test_blanks_do_not_matter(policy: Policy, blank: str) -> None:
    text = str(policy)
    for symbol in ":;,@":
        text = text.replace(symbol, f"{blank}{symbol}{blank}")
    assert parse_policy(text) == policy


@given(st.text(max_size=30))
def test_other_text_is_an_error_or_a_policy(text: str) -> None:
    try:
        policy = parse_policy(text)
    except PolicyError:
        return
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize("text", ["", ";", "S0", "S0:", "S0: 4", "S0: 4@", "S0: -4@UB", "S0: ,"])
def test_malformed_policies(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text)
