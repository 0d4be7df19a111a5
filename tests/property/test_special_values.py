"""NaN, infinities, denormals, signed zeros and the ends of integers mean the same on all floors."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from special_values import CLOSE, EXACT, NUMPY, Case, results

CASES = [Case(name, dtype) for name in (*EXACT, *CLOSE) for dtype in NUMPY]
UNSIGNED = "ceil floor maximum minimum reduce_max reduce_min relu round where".split()
"""Functions whose zeros may have either sign."""
LARGEST_ANGLE = 1e4
"""Angles beyond it have lost too many digits of pi; docs/numerics.md says so."""


def _same(got: np.ndarray, wanted: np.ndarray, case: Case) -> np.ndarray:
    """Where the bits are equal, but for the bits of a NaN and the sign of zero in UNSIGNED."""
    same = (got == wanted) | ((got != got) & (wanted != wanted))
    if wanted.dtype.kind == "f" and case.name not in UNSIGNED:
        same &= (np.signbit(got) == np.signbit(wanted)) | (got != got)
    return same


def _close(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where results agree to three digits of f16, or five of f32, or differ by less than 1e-6."""
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    a, b = got.astype(np.float64), wanted.astype(np.float64)
    relative = 2e-3 if got.dtype.itemsize == 2 else 2e-5
    return same | (np.abs(a - b) <= relative * np.abs(b) + 1e-6)


def _defined(case: Case, arrays: list[np.ndarray]) -> np.ndarray:
    """Where docs/numerics.md promises a result: powers and large angles have exceptions."""
    x = arrays[0].astype(np.float64)
    if case.name in ("sin", "cos", "tan"):
        return ~(np.isfinite(x) & (np.abs(x) > LARGEST_ANGLE))
    if case.name == "pow" and arrays[0].dtype.kind == "f":
        largest = float(np.finfo(arrays[0].dtype).max)
        one = (np.abs(x) == 1) & ~np.isfinite(arrays[1])
        return (x != -np.inf) & ~((x == 0) & np.signbit(x)) & ~(np.abs(x) == largest) & ~one
    return np.ones(x.shape, bool)


@given(st.sampled_from(CASES))
@settings(max_examples=20)
def test_all_floors_agree_on_special_values(case: Case) -> None:
    with np.errstate(all="ignore"):
        found = results(case)
        if found is None:
            return
        arrays, wanted, *floors = found
        for got in floors:
            agree = _same(got, wanted, case) if case.name in EXACT else _close(got, wanted)
            if case.name in CLOSE:
                agree |= ~_defined(case, arrays)
            bad = np.flatnonzero(~agree)
            shown = [(*(a[i] for a in arrays), got[i], wanted[i]) for i in bad[:5]]
            assert not len(bad), f"{len(bad)} of {got.size}: operands, found, wanted: {shown}"
