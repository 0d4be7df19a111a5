"""Counts by products of short counts agree with counting every point."""

from __future__ import annotations

import islpy as isl
import pytest

from akg_mlir.polyhedral.context import context, operations
from akg_mlir.polyhedral.counting import count_pairs, count_set


@pytest.mark.parametrize(
    "text",
    [
        "{ [t, u] -> S[i, j] : 0 <= t < 3 and 0 <= u < 2 and 8t <= i < 8t + 10 and 0 <= i < 20 "
        "and 0 <= j < 7 }",
        "{ [t] -> S[i, j] : 0 <= t < 3 and 4t <= i < 4t + 4 and 0 <= j <= i }",
        "{ [t, u] -> S[i] : 0 <= t < 3 and 0 <= u <= t and 0 <= i < 5 }",
        "{ [t, u] -> S[i] : 0 <= t, u < 3 and t + u <= i < t + u + 2 }",
        "{ [t] -> S[i, j] : 0 <= t < 2 and 3t <= i < 3t + 3 and j = i }",
        "{ [t] -> S[i] : 0 <= t < 4 and 0 <= i < 32 and exists (k : i = 4k + t) }",
        "{ [t] -> S[] : 0 <= t < 4 }",
        # windows with pads below tiles of rows
        "{ [t] -> S[h, i, w, j] : 0 <= t < 6 and 2t - 1 <= h <= 2t + 2 and 0 <= h, w < 12 and "
        "0 <= i, j < 3 and 0 <= h + i - 1 < 12 and 0 <= w + j - 1 < 12 }",
        "{ [t] -> S[i] : false }",
    ],
)
def test_pairs(text: str) -> None:
    relation = isl.Map(text, context())
    assert count_pairs(relation) == relation.wrap().count_val().to_python()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{ S[i, j] : 0 <= i < 1000000 and 5 <= j < 1000005 }", 10**12),
        ("{ S[i, j] : 0 <= i < 4 and 0 <= j <= i }", 10),
        (
            "{ S[h, c, kh, w, kw] : 0 <= h, w < 1000 and 0 <= c < 10**6 and 0 <= kh, kw < 3 "
            "and 0 <= 2h + kh - 1 < 1999 and 0 <= w + kw - 1 < 1000 }".replace("10**6", "1000000"),
            2998 * 2998 * 10**6,
        ),
        ("{ S[i, j, k] : 0 <= i, j < 8 and 0 <= k < 3 and exists (m : i + j = 2m) }", 96),
        ("{ S[i, j, k] : 0 <= k < 3 and (0 <= i < j < 5 or 7 <= i < 9 and j = i) }", 36),
        ("{ S[] }", 1),
        ("{ S[i] : false }", 0),
    ],
)
def test_sets(text: str, count: int) -> None:
    assert count_set(isl.Set(text, context())) == count


def test_windows_below_tiles_are_counted_per_axis() -> None:
    windows = "0 <= h + i - 1 < 3000 and 0 <= w + j - 1 < 3000 and 0 <= i, j < 3"
    text = f"{{ [t] -> S[h, i, w, j] : 0 <= t < 3000 and h = t and 0 <= w < 3000 and {windows} }}"
    with operations(100_000):
        assert count_pairs(isl.Map(text, context())) == 8998**2


def test_a_count_that_exceeds_the_limit_of_operations_is_an_error_and_no_smaller_number() -> None:
    wild = isl.Map(
        "{ [i] -> [j] : 0 <= i < 100000 and i <= 2j < 4i and (i + j) mod 3 = 0 }", context()
    )
    with pytest.raises(isl.Error), operations(1000):
        count_pairs(wild)
