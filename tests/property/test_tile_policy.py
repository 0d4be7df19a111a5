"""The tile policy language: what is printed reads back equal, and nothing else is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akg_mlir.polyhedral.policy import (
    BUFFERS,
    Entry,
    Level,
    Policy,
    PolicyError,
    Tile,
    parse_policy,
)

tiles = st.none() | st.builds(Tile, st.integers(1, 10**6), st.sampled_from(BUFFERS))
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
positional = st.builds(Level, st.lists(tiles, min_size=1, max_size=6).map(tuple))
named = st.lists(st.tuples(names, tiles), min_size=1, max_size=4, unique_by=lambda p: p[0]).map(
    lambda found: Level(tuple(t for _, t in found), tuple(axis for axis, _ in found))
)
levels = st.lists(positional | named, min_size=1, max_size=3).map(tuple)
entries = st.builds(Entry, names, levels)
policies = st.lists(entries, min_size=1, max_size=4, unique_by=lambda e: e.statement).map(
    lambda found: Policy(tuple(found))
)


@given(policies)
def test_printing_and_parsing_are_inverse(policy: Policy) -> None:
    assert parse_policy(str(policy)) == policy


@given(policies, st.sampled_from((" ", "  ", "\n")))
def test_blanks_do_not_matter(policy: Policy, blank: str) -> None:
    text = str(policy)
    for symbol in ":;,@/":
        text = text.replace(symbol, f"{blank}{symbol}{blank}")
    assert parse_policy(text) == policy


@given(st.text(max_size=30))
def test_other_text_is_an_error_or_a_policy(text: str) -> None:
    try:
        policy = parse_policy(text)
    except PolicyError:
        return
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: expected a statement such as S3, got the end"),
        (";", "column 1: expected a statement such as S3, got ';'"),
        ("S0", "column 3: expected ':' after statement S0, got the end"),
        ("S0 8@UB", "column 4: expected ':' after statement S0, got '8'"),
        ("S0:", "column 4: expected 'size@buffer' or '_', got the end"),
        ("S0: 4", "column 6: expected '@' and a buffer after the size, got the end"),
        ("S0: 4@", "column 7: expected one of the buffers UB, L1, L0A, L0B, L0C, got the end"),
        ("S0: 4@L2", "column 7: expected one of the buffers UB, L1, L0A, L0B, L0C, got 'L2'"),
        ("S0: -4@UB", "column 5: expected 'size@buffer' or '_', got '-'"),
        ("S0: 0@UB", "column 5: a tile size is at least 1, got 0"),
        ("S0: ,", "column 5: expected 'size@buffer' or '_', got ','"),
        ("S0: 4@UB / ", "column 12: expected 'size@buffer' or '_', got the end"),
        ("S0: 4@UB 5@UB", "column 10: expected ',', '/', ';' or the end, got '5'"),
        ("S0: h: 4@UB, 4@UB", "column 5: a level names all its axes or none"),
        ("S0: h: 4@UB, h: _", "column 5: two tiles for axis h"),
        ("S0: _; S0: _", "column 8: two entries for statement S0"),
    ],
)
def test_malformed_policies_are_errors_with_a_place(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    assert str(caught.value) == f"tile policy, {message}"
