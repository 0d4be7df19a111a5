"""What docs/numerics.md says of precision and of equal results."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import akg_mlir as akg
from akg_mlir.execution.machine import Runner

RANDOM = np.random.default_rng(3)


def _product(precision: str) -> akg.PythonKernel:
    @akg.kernel(precision=precision)  # type: ignore[call-overload]
    def product(a: akg.f32[32, 64], b: akg.f32[64, 48]) -> akg.Tensor:
        return a @ b

    return product


def test_strict_keeps_every_digit_of_f32_and_mixed_those_of_f16() -> None:
    a, b = (RANDOM.standard_normal(s).astype(np.float32) for s in ((32, 64), (64, 48)))
    wanted = a.astype(np.float64) @ b
    strict, mixed = _product("strict")(a, b), _product("mixed")(a, b)
    assert isinstance(strict, np.ndarray)
    assert isinstance(mixed, np.ndarray)
    assert np.abs(strict - wanted).max() < 2e-5
    halves = a.astype(np.float16).astype(np.float64) @ b.astype(np.float16)
    assert np.abs(mixed - halves).max() < 2e-5  # rounded operands, f32 sums


@pytest.mark.parametrize(("precision", "on_cube"), [("strict", False), ("mixed", True)])
def test_mixed_convolutions_run_on_the_cube(precision: str, on_cube: bool) -> None:
    @akg.kernel(precision=precision)  # type: ignore[call-overload]
    def convolution(x: akg.f32[1, 16, 10, 10], w: akg.f32[16, 16, 3, 3]) -> akg.Tensor:
        return akg.conv2d(x, w, pads=1)

    report = convolution.report()
    assert report.ok, report
    assert any(kernel.busy.get("m", 0) for kernel in report.kernels) == on_cube


def test_mixed_loses_what_is_no_f16() -> None:
    a = np.full((32, 64), 1e6, np.float32)
    assert np.isinf(_product("mixed")(a, np.ones((64, 48), np.float32))).all()
    assert np.isfinite(_product("strict")(a, np.ones((64, 48), np.float32))).all()


def test_integers_wrap_around() -> None:
    @akg.kernel
    def wrapping(x: akg.i32[64]) -> tuple[akg.Tensor, akg.Tensor, akg.Tensor]:
        return x + 1, x * x, akg.sum(x)

    x = np.full(64, 2**31 - 1, np.int32)
    more, square, total = wrapping(x)
    assert set(more.tolist()) == {-(2**31)}
    assert set(square.tolist()) == {1}
    assert total == np.int32(-64)


def test_casts_saturate_or_wrap() -> None:
    @akg.kernel
    def casts(x: akg.f32[8], n: akg.i32[8]) -> tuple[akg.Tensor, akg.Tensor, akg.Tensor]:
        return akg.cast(x, akg.i32), akg.cast(x, akg.i8), akg.cast(n, akg.i8)

    x = np.array([np.nan, np.inf, -np.inf, 3e9, -3e9, 1.9, -1.9, 300], np.float32)
    n = np.array([128, -129, 256, 257, -1, 127, 2**31 - 1, -(2**31)], np.int32)
    wide, narrow, wrapped = casts(x, n)
    least, most = -(2**31), 2**31 - 1
    assert wide.tolist() == [0, most, least, most, least, 1, -1, 300]
    assert narrow.tolist() == [0, 127, -128, 127, -128, 1, -1, 127]
    assert wrapped.tolist() == [-128, 127, 0, 1, -1, 127, -1, 0]


@akg.kernel
def layers(x: akg.f16[32, 64], w: akg.f16[64, 80], b: akg.f16[80]) -> akg.Tensor:
    return akg.softmax(akg.gelu(x @ w + b))


def test_results_are_the_same_bits_in_every_order() -> None:
    x, w, b = (RANDOM.standard_normal(s).astype(np.float16) for s in ((32, 64), (64, 80), 80))
    runner = Runner(layers.compile().compilation)
    first = runner.run([x, w, b]).outputs[0]
    again = [runner.run([x, w, b], "adversarial", seed).outputs[0] for seed in range(3)]
    again += [runner.run([x, w, b], "timed").outputs[0], runner.run([x, w, b]).outputs[0]]
    assert all(first.tobytes() == other.tobytes() for other in again)


_HASH = """
import hashlib
from akg_mlir.compiler import compile
print(hashlib.sha256(compile("examples/gelu_chain.mlir").ir("npu").encode()).hexdigest())
print(hashlib.sha256(compile("examples/matmul_bias_relu.mlir").ir("npu").encode()).hexdigest())
"""


def test_compiling_gives_the_same_instructions_in_every_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", _HASH],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1] != ""
