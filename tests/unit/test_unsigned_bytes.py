"""ui8: moved, compared, chosen and converted, on the machine, as C++ and by the reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import akg_mlir as akg
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.host import HostMode
from akg_mlir.reference import te as reference

RNG = np.random.default_rng(0)
X, Y = (RNG.integers(0, 256, (33, 47)).astype(np.uint8) for _ in range(2))
FUNCTIONS: dict[str, tuple[Callable[[akg.Tensor, akg.Tensor], akg.Tensor], np.ndarray]] = {
    "transpose": (lambda x, y: akg.transpose(x, (1, 0)), X.T),
    "pad": (
        lambda x, y: akg.pad(x, (1, 3), (2, 4), 200),
        np.pad(X, ((1, 2), (3, 4)), "constant", constant_values=200),
    ),
    "concat": (lambda x, y: akg.concat([x, y], 1), np.concatenate([X, Y], 1)),
    "slice": (lambda x, y: x[3:30:2, 5:40], X[3:30:2, 5:40]),
    "choose": (lambda x, y: akg.where(x < y, x, y), np.minimum(X, Y)),
    "constants": (
        lambda x, y: akg.where(x >= 130, x, akg.full((33, 47), 255, akg.ui8)),
        np.where(X >= 130, X, 255),
    ),
    "truth": (lambda x, y: akg.cast(x, akg.i1) & akg.cast(y, akg.i1), (X != 0) & (Y != 0)),
    "signs": (lambda x, y: akg.cast(akg.cast(x, akg.i8), akg.ui8), X),
    "fused": (
        lambda x, y: akg.cast(akg.cast(x, akg.f32) * 0.5 - akg.cast(y, akg.f32) * 0.25, akg.ui8),
        np.clip(np.trunc(X * 0.5 - Y * 0.25), 0, 255),
    ),
    "loops": (
        lambda x, y: akg.compute(
            (33, 47),
            lambda i, j: akg.cast(akg.cast(akg.cast(x[i, j], akg.f16) * 0.5, akg.ui8), akg.f16),
        ),
        X // 2,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bytes_are_moved_and_chosen(name: str) -> None:
    function, wanted = FUNCTIONS[name]

    @akg.kernel
    def kernel(x: akg.ui8[33, 47], y: akg.ui8[33, 47]) -> akg.Tensor:
        return function(x, y)

    np.testing.assert_array_equal(kernel(X, Y), wanted)


def test_the_table_of_a_lookup_may_hold_bytes() -> None:
    @akg.kernel
    def kernel(x: akg.ui8[33, 47], rows: akg.i32[5]) -> akg.Tensor:
        return akg.take(x, rows, 0)

    rows = np.array([32, 0, 7, 7, 1], np.int32)
    np.testing.assert_array_equal(kernel(X, rows), X[rows])


@pytest.mark.parametrize("element", ["f16", "f32", "i8", "i32", "i64", "i1"])
@settings(max_examples=5)
@given(data=st.data())
def test_casts_equal_those_of_the_reference(element: str, data: st.DataObject) -> None:
    """From another type and back, in numbers that do and do not fit."""
    dtype = getattr(akg, element)
    numpy = np.dtype(
        {"f16": "f2", "f32": "f4", "i1": "?"}.get(element) or f"i{int(element[1:]) // 8}"
    )

    @akg.kernel
    def to_bytes(x: dtype[65]) -> akg.Tensor:
        return akg.cast(x, akg.ui8)

    @akg.kernel
    def from_bytes(x: akg.ui8[65]) -> akg.Tensor:
        return akg.cast(x, dtype)

    for kernel, of in ((to_bytes, numpy), (from_bytes, np.dtype(np.uint8))):
        x = data.draw(hnp.arrays(of, 65))
        compiled = kernel.compile()
        source = compiled.compilation.source
        (wanted,) = reference.run(source.module, source.entry, [x])
        np.testing.assert_array_equal(kernel(x), wanted)


def test_bytes_as_cpp() -> None:
    @akg.kernel
    def kernel(x: akg.ui8[33, 47], y: akg.ui8[33, 47], n: akg.i64[47]) -> akg.Tensor:
        chosen = akg.where(x < y, x, akg.full((33, 47), 200, akg.ui8))
        moved = akg.transpose(akg.concat([chosen, y], 0), (1, 0))
        return akg.where(akg.reshape(akg.cast(n, akg.ui8), (47, 1)) > moved, moved, y[:1, :1])

    n = RNG.integers(-1000, 1000, 47)
    compiled = kernel.compile()
    on_machine = compiled(X, Y, n)
    host = compiled.build_host()
    np.testing.assert_array_equal(host(X, Y, n), on_machine)
    (checked,) = host.run((X, Y, n), HostMode(check=True))
    np.testing.assert_array_equal(checked, on_machine)
    moved = np.concatenate([np.where(X < Y, X, 200), Y]).T
    np.testing.assert_array_equal(
        on_machine, np.where(n.astype(np.uint8)[:, None] > moved, moved, Y[0, 0])
    )


def test_arithmetic_is_refused_with_what_would_work() -> None:
    @akg.kernel
    def kernel(x: akg.ui8[8]) -> akg.Tensor:
        return x + x

    with pytest.raises(CompileError, match=r"te\.add: got elements of ui8, takes .* i32"):
        kernel(np.zeros(8, np.uint8))
