"""`akg.compute`: index expressions as one structured op, on the machine against numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from te_text import relative_error

import akg_mlir as akg

RANDOM = np.random.default_rng(7)
m, n, k = akg.axes("m n k")
r = akg.axis("r", 3)
c = akg.axis("c", 5)


@akg.kernel
def product(a: akg.f16[m, k], b: akg.f16[k, n]) -> akg.Tensor:
    return akg.compute((m, n), lambda i, j: akg.sum(a[i, k] * b[k, j], over=k))


def test_a_sum_of_products_is_a_matmul() -> None:
    a, b = (RANDOM.standard_normal(shape).astype(np.float16) for shape in ((20, 48), (48, 33)))
    assert "te.matmul %a, %b :" in product.te(m=20, n=33, k=48)
    wanted = a.astype(np.float32) @ b.astype(np.float32)
    assert relative_error(product(a, b), wanted) < 2e-3


def test_operands_may_be_transposed_and_in_any_order() -> None:
    @akg.kernel
    def kernel(a: akg.f16[4, k, m], b: akg.f16[4, n, k]) -> akg.Tensor:
        return akg.compute((4, m, n), lambda h, i, j: akg.sum(b[h, j, k] * a[h, k, i], over=k))

    assert "te.batch_matmul %a, %b transpose_a transpose_b" in kernel.te(m=8, n=16, k=24)


EXPRESSIONS: dict[str, tuple[Callable[..., akg.Tensor], Callable[..., np.ndarray]]] = {
    "element by element": (
        lambda x: akg.compute((6, 20), lambda i, j: akg.exp(x[i, j]) + 1),
        lambda x: np.exp(x[:6, :20]) + 1,
    ),
    "shifted": (
        lambda x: akg.compute((16, 38), lambda i, j: x[i, j + 2] - x[i, j]),
        lambda x: x[:, 2:] - x[:, :-2],
    ),
    "reversed": (
        lambda x: akg.compute((16, 40), lambda i, j: x[15 - i, j]),
        lambda x: x[::-1],
    ),
    "every second": (
        lambda x: akg.compute((8, 40), lambda i, j: x[2 * i + 1, j] * x[2 * i, j]),
        lambda x: x[1::2] * x[::2],
    ),
    "diagonal": (lambda x: akg.compute(16, lambda i: x[i, i]), lambda x: x[:, :16].diagonal()),
    "transposed": (lambda x: akg.compute((40, 16), lambda i, j: x[j, i]), np.transpose),
    "windows of rows": (
        lambda x: akg.compute((7, 40), lambda i, j: akg.sum(x[2 * i + r, j], over=r)),
        lambda x: sum(x[d : d + 13 : 2] for d in range(3)),
    ),
    "windows of columns": (
        lambda x: akg.compute((16, 32), lambda i, j: akg.max(akg.abs(x[i, j + 2 * c]), over=c)),
        lambda x: np.max([np.abs(x[:, d : d + 32]) for d in range(0, 10, 2)], axis=0),
    ),
    "both": (
        lambda x: akg.compute((14, 36), lambda i, j: akg.min(x[i + r, j + c], over=(r, c))),
        lambda x: np.min([x[i : i + 14, j : j + 36] for i in range(3) for j in range(5)], axis=0),
    ),
    "all": (
        lambda x: akg.compute((), lambda: akg.sum(x[r, c] * x[r, c], over=(r, c))),
        lambda x: np.square(x[:3, :5]).sum(),
    ),
    "chosen": (
        lambda x: akg.compute((16, 39), lambda i, j: akg.where(x[i, j] > 0, x[i, j + 1], 0)),
        lambda x: np.where(x[:, :-1] > 0, x[:, 1:], 0),
    ),
    "followed by more": (
        lambda x: akg.relu(akg.compute((15, 40), lambda i, j: x[i + 1, j] - x[i, j])) * 2,
        lambda x: np.maximum(np.diff(x, axis=0), 0) * 2,
    ),
    "after a softmax": (
        lambda x: _neighbours(akg.softmax(x)),
        lambda x: (e := np.exp(x) / np.exp(x).sum(axis=1, keepdims=True))[1:] + e[:-1],
    ),
}


def _neighbours(y: akg.Tensor) -> akg.Tensor:
    return akg.compute((15, 40), lambda i, j: y[i + 1, j] + y[i, j])


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(name: str) -> None:
    function, wanted = EXPRESSIONS[name]

    @akg.kernel
    def kernel(x: akg.f32[16, 40]) -> akg.Tensor:
        return function(x)

    x = RANDOM.standard_normal((16, 40)).astype(np.float32)
    got = kernel(x)
    assert isinstance(got, np.ndarray)
    assert got.shape == wanted(x).shape
    assert relative_error(got, wanted(x)) < 1e-4
    assert kernel.te().count("te.compute") == 1
    report = kernel.report()
    assert report.ok, report


def test_halves_are_summed_in_single_precision() -> None:
    @akg.kernel
    def kernel(x: akg.f16[8, 2048]) -> akg.Tensor:
        j = akg.axis("j")
        return akg.compute(8, lambda i: akg.sum(x[i, j] * x[i, j], over=j))

    assert np.all(kernel(np.full((8, 2048), 3, np.float16)) == 18432)


def test_one_number_is_an_element() -> None:
    @akg.kernel
    def kernel(x: akg.f32[16, 40], s: akg.f32[()]) -> akg.Tensor:
        return akg.compute((16, 39), lambda i, j: x[i, j + 1] * s)

    x = RANDOM.standard_normal((16, 40)).astype(np.float32)
    assert np.array_equal(kernel(x, np.float32(3)), x[:, 1:] * np.float32(3))
