"""Every function of the Python API, compiled and run on the machine, against numpy."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from te_text import relative_error

import akg_mlir as akg
from akg_mlir.frontends import python

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((6, 40)).astype(np.float32)
Y = RANDOM.standard_normal((6, 40)).astype(np.float32)
POSITIVE = np.abs(X) + np.float32(0.25)
N = RANDOM.integers(-50, 50, (6, 40)).astype(np.int32)
B = RANDOM.integers(0, 2, (6, 40)).astype(bool)

_ERF = np.vectorize(math.erf)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _layer_norm(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


UNARY: dict[str, tuple[Callable[..., akg.Tensor], Callable[..., np.ndarray], np.ndarray]] = {
    "abs": (akg.abs, np.abs, X),
    "abs of integers": (abs, np.abs, N),
    "exp": (akg.exp, np.exp, X),
    "log": (akg.log, np.log, POSITIVE),
    "sqrt": (akg.sqrt, np.sqrt, POSITIVE),
    "rsqrt": (akg.rsqrt, lambda x: 1 / np.sqrt(x), POSITIVE),
    "reciprocal": (akg.reciprocal, np.reciprocal, POSITIVE),
    "tanh": (akg.tanh, np.tanh, X),
    "erf": (akg.erf, _ERF, X),
    "sigmoid": (akg.sigmoid, lambda x: 1 / (1 + np.exp(-x)), X),
    "sin": (akg.sin, np.sin, X),
    "cos": (akg.cos, np.cos, X),
    "tan": (akg.tan, np.tan, X / 3),
    "asin": (akg.asin, np.arcsin, X / 4),
    "acos": (akg.acos, np.arccos, X / 4),
    "atan": (akg.atan, np.arctan, X),
    "sinh": (akg.sinh, np.sinh, X),
    "cosh": (akg.cosh, np.cosh, X),
    "asinh": (akg.asinh, np.arcsinh, X),
    "acosh": (akg.acosh, np.arccosh, POSITIVE + 1),
    "atanh": (akg.atanh, np.arctanh, X / 4),
    "floor": (akg.floor, np.floor, X),
    "ceil": (akg.ceil, np.ceil, X),
    "round": (akg.round, np.rint, X),
    "rem": (lambda x: akg.rem(x, 7), lambda x: np.fmod(x, 7), N),
    "bits": (lambda x: ((x ^ 5) << 2) >> 1, lambda x: ((x ^ 5) << 2) >> 1, N),
    "relu": (akg.relu, lambda x: np.maximum(x, 0), X),
    "gelu": (akg.gelu, lambda x: x / 2 * (1 + _ERF(x / math.sqrt(2))), X),
    "gelu by tanh": (
        lambda x: akg.gelu(x, "tanh"),
        lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        X,
    ),
    "clip": (lambda x: akg.clip(x, -1, 0.5), lambda x: np.clip(x, -1, 0.5), X),
    "negative": (lambda x: -x, np.negative, N),
    "not": (akg.logical_not, np.logical_not, B),
    "invert": (lambda x: ~x, np.logical_not, B),
    "number operands": (lambda x: 1 - 2 * x / 4 + 3, lambda x: 1 - 2 * x / 4 + 3, X),
    "numbers of numpy": (lambda x: np.float32(2) * x, lambda x: 2 * x, X),
    "square": (lambda x: x**2, np.square, X),
    "power": (lambda x: akg.power(2.0, x), np.exp2, X),
    "cast": (lambda x: akg.cast(x, akg.f32), lambda x: x.astype(np.float32), N),
    "cast to itself": (lambda x: akg.cast(x, akg.f32) + 0, lambda x: x, X),
    "sum of all": (akg.sum, np.sum, X),
    "sum": (lambda x: akg.sum(x, 1), lambda x: x.sum(axis=1), X),
    "sum of integers": (lambda x: akg.sum(x, over=(0, -1)), lambda x: x.sum(), N),
    "prod": (lambda x: akg.prod(x, 0, keepdims=True), lambda x: x.prod(axis=0, keepdims=True), X),
    "max": (lambda x: akg.max(x, -1), lambda x: x.max(axis=1), X),
    "min": (lambda x: akg.min(x, 0), lambda x: x.min(axis=0), N),
    "mean": (lambda x: akg.mean(x, 1, True), lambda x: x.mean(axis=1, keepdims=True), X),
    "softmax": (akg.softmax, _softmax, X),
    "layer_norm": (akg.layer_norm, _layer_norm, X),
    "reshape": (lambda x: akg.reshape(x, (4, -1)), lambda x: x.reshape(4, -1), X),
    "transpose": (akg.transpose, np.transpose, X),
    "T": (lambda x: x.T + 0, np.transpose, X),
    "broadcast_to": (
        lambda x: akg.broadcast_to(x, (3, 6, 40)),
        lambda x: np.broadcast_to(x, (3, 6, 40)),
        X,
    ),
    "pad": (
        lambda x: akg.pad(x, (1, 0), (0, 3), 7),
        lambda x: np.pad(x, ((1, 0), (0, 3)), constant_values=7),
        X,
    ),
    "concat": (
        lambda x: akg.concat([x, x[:, :3]], 1),
        lambda x: np.concatenate([x, x[:, :3]], 1),
        X,
    ),
    "take": (
        lambda x: akg.take(x, akg.constant([5, 0, 3], akg.i32)),
        lambda x: x[[5, 0, 3]],
        X,
    ),
    "slice": (lambda x: x[1:5, 3::2], lambda x: x[1:5, 3::2], X),
    "row": (lambda x: x[-1], lambda x: x[-1], X),
    "element": (lambda x: x[2, 3:4], lambda x: x[2, 3:4], X),
    "full": (
        lambda x: x + akg.full((40,), 0.5, akg.f32),
        lambda x: x + np.full(40, 0.5, np.float32),
        X,
    ),
    "constant": (
        lambda x: x * akg.constant(list(range(40)), akg.f32),
        lambda x: x * np.arange(40, dtype=np.float32),
        X,
    ),
    "one_hot": (
        lambda x: akg.one_hot(x, 5, akg.f32, dim=1),
        lambda x: np.moveaxis((x[..., None] == np.arange(5)).astype(np.float32), -1, 1),
        N // 12,
    ),
}
BINARY: dict[str, tuple[Callable[..., akg.Tensor], Callable[..., np.ndarray]]] = {
    "add": (lambda x, y: x + y, np.add),
    "sub": (lambda x, y: x - y, np.subtract),
    "mul": (lambda x, y: x * y, np.multiply),
    "div": (lambda x, y: x / y, np.divide),
    "maximum": (akg.maximum, np.maximum),
    "minimum": (akg.minimum, np.minimum),
    "less": (lambda x, y: x < y, np.less),
    "equal": (lambda x, y: x == x + y, lambda x, y: x == x + y),
    "logic": (lambda x, y: (x > 0) & (y > 0) | (x < -1), lambda x, y: (x > 0) & (y > 0) | (x < -1)),
    "xor": (lambda x, y: (x > 0) ^ (y >= 0), lambda x, y: (x > 0) ^ (y >= 0)),
    "differ": (lambda x, y: (x > 0) != (y <= 0), lambda x, y: (x > 0) != (y <= 0)),
    "where": (lambda x, y: akg.where(x > y, x, 0.0), lambda x, y: np.where(x > y, x, 0)),
    "broadcast": (lambda x, y: x + y[0], lambda x, y: x + y[0]),
    "matmul": (lambda x, y: x @ y.T, lambda x, y: x @ y.T),
}

_TYPES = {"float32": akg.f32, "int32": akg.i32, "bool": akg.i1}


def _check(got: np.ndarray | tuple[np.ndarray, ...], wanted: np.ndarray) -> None:
    assert isinstance(got, np.ndarray)
    assert got.shape == wanted.shape
    if got.dtype.kind in "bi":
        assert np.array_equal(got, wanted)
    else:
        assert relative_error(got, wanted) < 1e-4


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name: str) -> None:
    function, wanted, x = UNARY[name]
    dtype = _TYPES[x.dtype.name]

    @akg.kernel
    def kernel(x: dtype[x.shape]) -> akg.Tensor:
        return function(x)

    _check(kernel(x), wanted(x))


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_tensors(name: str) -> None:
    function, wanted = BINARY[name]

    @akg.kernel
    def kernel(x: akg.f32[X.shape], y: akg.f32[Y.shape]) -> akg.Tensor:
        return function(x, y)

    _check(kernel(X, Y), wanted(X, Y))


def test_integers_divide_towards_zero() -> None:
    @akg.kernel
    def kernel(x: akg.i32[6, 40], y: akg.i32[6, 40]) -> akg.Tensor:
        return akg.div(x, y)

    y = np.where(N.T.reshape(6, 40) == 0, 3, N.T.reshape(6, 40))
    _check(kernel(N, y), np.trunc(N / y).astype(np.int32))


@pytest.mark.parametrize(
    ("left", "right"),
    [((5,), (5,)), ((5,), (5, 4)), ((3, 5), (5,)), ((2, 3, 5), (5, 4)), ((2, 3, 5), (2, 5, 4))],
)
def test_products_have_the_shapes_of_numpy(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    @akg.kernel
    def kernel(a: akg.f16[left], b: akg.f16[right]) -> akg.Tensor:
        return a @ b

    a, b = (RANDOM.standard_normal(shape).astype(np.float16) for shape in (left, right))
    wanted = a.astype(np.float32) @ b.astype(np.float32)
    got = kernel(a, b)
    assert isinstance(got, np.ndarray)
    assert got.shape == wanted.shape
    assert relative_error(got, wanted) < 2e-3


def test_windows() -> None:
    image = RANDOM.standard_normal((1, 2, 7, 8)).astype(np.float32)
    weights = RANDOM.standard_normal((3, 2, 3, 3)).astype(np.float32)

    @akg.kernel
    def kernel(
        x: akg.f32[1, 2, 7, 8], w: akg.f32[3, 2, 3, 3]
    ) -> tuple[akg.Tensor, akg.Tensor, akg.Tensor]:
        pooled = akg.avg_pool2d(x, 2, 2)
        return akg.conv2d(x, w, strides=(2, 1)), akg.max_pool2d(x, 2, strides=(2, 2)), pooled

    convolved, largest, means = kernel(image, weights)
    found = np.lib.stride_tricks.sliding_window_view(image, (3, 3), axis=(2, 3))[:, :, ::2]
    _check(convolved, np.einsum("nchwij,ocij->nohw", found, weights))
    pairs = image[:, :, :6].reshape(1, 2, 3, 2, 4, 2)
    _check(largest, pairs.max(axis=(3, 5)))
    _check(means, pairs.mean(axis=(3, 5)))


def test_batch_norm() -> None:
    x = RANDOM.standard_normal((2, 3, 40)).astype(np.float32)
    parameters = [np.abs(RANDOM.standard_normal(3)).astype(np.float32) for _ in range(4)]

    @akg.kernel
    def kernel(
        x: akg.f32[2, 3, 40], s: akg.f32[3], b: akg.f32[3], m: akg.f32[3], v: akg.f32[3]
    ) -> akg.Tensor:
        return akg.batch_norm(x, s, b, m, v)

    s, b, m, v = (p[:, None] for p in parameters)
    _check(kernel(x, *parameters), (x - m) / np.sqrt(v + 1e-5) * s + b)


def test_halves_are_summed_in_single_precision() -> None:
    @akg.kernel
    def kernel(x: akg.f16[4, 4096]) -> tuple[akg.Tensor, akg.Tensor]:
        return akg.mean(x, 1), akg.sum(x * 0.01, 1)

    mean, total = kernel(np.full((4, 4096), 60, np.float16))
    assert mean.tolist() == [60] * 4  # the sum, 245,760, is no f16
    assert np.all(np.abs(total.astype(np.float32) - 2458) < 4)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import akg_mlir, sys; print({'xdsl', 'numpy', 'islpy', 'onnx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_package_exports_the_functions() -> None:
    assert set(python.__all__) < set(dir(akg))
    assert all(getattr(akg, name) is getattr(python, name) for name in python.__all__)
    with pytest.raises(AttributeError, match="no attribute 'elementwise'"):
        akg.elementwise  # type: ignore[attr-defined]  # noqa: B018
