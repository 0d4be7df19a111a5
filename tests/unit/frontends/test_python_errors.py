"""What cannot be traced is refused with the user's file, line and column, and what would work."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable

import numpy as np
import pytest

import akg_mlir as akg
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.python import dtypes

_KERNEL = """\
import numpy as np
import akg_mlir as akg
m, n, k, free = akg.axes("m n k free")
TABLE = [1, 2]
ARRAY = np.ones(3)
@akg.kernel
def kernel(x: akg.f32[4, 6], h: akg.f16[4, 6], i: akg.i32[4, 6], t: akg.i1[4, 6], a: akg.f32[m, n]):
    return {0}
"""
_LINE = 8

DTYPES = [dtype.__name__ for dtype in dtypes.DTYPES]
UNARY = """abs exp log sqrt rsqrt reciprocal tanh erf sigmoid relu gelu logical_not sum prod max min
mean softmax layer_norm transpose sin cos tan asin acos atan sinh cosh asinh acosh atanh floor ceil
round""".split()

EXPRESSIONS = {
    # operators
    "x + x[:, :3]": "shapes 4x6 and 4x3 do not broadcast",
    "x + h": "element types f32 and f16",
    "x * i": "element types f32 and i32",
    "x + 'one'": "a str is no operand",
    "x + None": "a NoneType is no operand",
    "x + np.ones(6)": "a ndarray is no operand",
    "i + 0.5": r"the number 0.5 meets a tensor of i32",
    "i / 2": r"/ of i32\[4, 6\]: the quotient of integers",
    "x // 2": "// is not supported",
    "x % 2": "% is not supported",
    "x @ x": r"f32\[4, 6\] @ f32\[4, 6\]: sizes 6 and 4",
    "x @ 2": "@ takes two tensors",
    "x @ akg.sum(x)": "takes vectors and matrices",
    "t + t": "te.add: got elements of i1, takes",
    "-t": "te.neg: got elements of i1",
    "~x": "te.not: got elements of f32",
    "x & x": "te.and: got elements of f32",
    "x << 1": "te.shift_left: got elements of f32",
    "t < t": "i1 has no order",
    "x + x[0, 0] + a": "do not broadcast|sizes",
    "a + a.T": "axes m and n meet|axes n and m meet",
    # Python on tensors
    "x if x > 0 else h": "no truth value",
    "x > 0 and x < 1": "no truth value",
    "[row for row in x]": "not iterated over",
    "range(akg.sum(i))": "no index",
    "float(akg.sum(x))": "no number",
    "int(akg.sum(x))": "no number",
    "np.exp(x)": "numpy.exp cannot compute",
    "np.sum(x)": "numpy.sum cannot compute",
    "np.asarray(x)": "numpy cannot compute",
    "np.ones(6) * x": "numpy.multiply cannot compute",
    "x.__setitem__(0, 1)": "cannot be assigned to",
    # functions
    "akg.exp(i)": "te.exp: got elements of i32, takes f16, bf16 or f32",
    "akg.sqrt(t)": "te.sqrt: got elements of i1",
    "akg.exp(2.0)": "none of the operands is a tensor",
    "akg.maximum(1, 2)": "none of the operands is a tensor",
    "akg.where(x, x, x)": "the condition has elements of f32",
    "akg.where(t, 1.0, 2.0)": "both values of akg.where are numbers",
    "akg.where(t, x, h)": "element types f32 and f16",
    "akg.cast(x, float)": "float is no element type",
    "akg.cast(x, akg.Tensor)": "Tensor is no element type",
    "akg.gelu(x, 'sigmoid')": "gelu is not approximated by 'sigmoid'",
    "akg.rem(x, x)": "te.rem: got elements of f32",
    # reductions
    "akg.sum(x, 2)": "there is no dimension 2 in f32",
    "akg.sum(x, over='m')": r"no dimension of f32\[4, 6\] is named m",
    "akg.sum(a @ a.T, over=m)": "more than one dimension of .* is named m",
    "akg.sum(x, over=(0, -2))": "reduced twice",
    "akg.sum(t)": "te.reduce: got elements of i1",
    "akg.mean(i)": "the mean of .* is no integer",
    "akg.softmax(i)": "te.softmax: got elements of i32",
    "akg.softmax(x, over=5)": "there is no dimension 5",
    "akg.layer_norm(x, x)": "scale or bias 4x6 does not broadcast",
    "akg.layer_norm(x, bias=h[0])": "element types",
    "akg.batch_norm(x, x[:, 0], x[:, 0], x[:, 0], x[:, 0])": "one element for each of the 6",
    # shapes
    "akg.reshape(x, (5, 5))": "4x6 has 24 elements, 5x5 has 25",
    "akg.reshape(x, (-1, 5))": "has no shape",
    "akg.reshape(x, (-1, -1))": "has no shape",
    "akg.transpose(x, (0, 0))": "not a permutation",
    "akg.transpose(x, (0, 3))": "there is no dimension 3",
    "akg.broadcast_to(x, (4, 7))": "does not broadcast to 4x7",
    "akg.pad(x, (1,), (1,))": "takes a number of at least 0",
    "akg.pad(x, (-1, 0), (0, 0))": "takes a number of at least 0",
    "akg.pad(i, (1, 0), (0, 0), 0.5)": "0.5 is not an integer",
    "akg.one_hot(x, 3, akg.f32)": "te.one_hot: got elements of f32, takes i32",
    "akg.one_hot(i, 3, akg.f32, dim=4)": "axis 4 is outside rank 3",
    "akg.concat([])": "no tensors to put together",
    "akg.concat([x, h])": "element types f32 and f16",
    "akg.concat([x, x[:2]], 1)": "te.concat: ",
    "akg.concat([x, x], 2)": "there is no dimension 2",
    "akg.take(x, x)": "te.gather: got elements of f32, takes i32",
    "akg.take(x, i, 'q')": "no dimension of .* is named q",
    "akg.full((0,), 1.0, akg.f32)": "has no elements",
    "akg.full((2,), 0.5, akg.i32)": "0.5 is not an i32",
    "akg.constant([1, 300], akg.i8)": "300",
    "akg.constant(['a'], akg.f32)": "give numbers",
    "akg.constant(np.zeros(70000), akg.f32)": "pass large arrays as arguments",
    "x.named(m)": "1 names for 2 dimensions",
    "a.named(akg.axis('r', 2), None)": "axis r has size 2",
    # subscripts
    "x[5]": "element 5 of dimension 0",
    "x[0, 0, 0]": "3 subscripts for",
    "x[::-1]": "negative step",
    "x[3:3]": "an empty slice",
    "x[i]": "a Tensor is no subscript",
    "x[None]": "a NoneType is no subscript",
    "x[n]": "outside of akg.compute",
    # windows
    "akg.conv2d(x, x)": "take rank 4",
    "akg.max_pool2d(akg.reshape(x, (1, 1, 4, 6)), 5)": "spans 5 of the 4",
    "akg.avg_pool2d(akg.reshape(x, (1, 1, 4, 6)), 2, strides=0)": "take 2 integers of at least 1",
    "akg.max_pool2d(akg.reshape(x, (1, 1, 4, 6)), 2, pads=(1, 2, 3))": "take 4 integers",
    # index expressions
    "akg.compute((4, 6), lambda p, q: x[p, q + 1])": "elements 1 to 6 of dimension 1 are read",
    "akg.compute((4, 6), lambda p, q: x[p - 1, q])": "elements -1 to 2 of dimension 0",
    "akg.compute((4, 6), lambda p: x[p, p])": "takes 1 indices, the shape has 2",
    "akg.compute((4, 6), lambda p, q: x[p * q, q])": "a product of indices",
    "akg.compute((4, 6), lambda p, q: x[p // 2, q])": "a quotient is no subscript",
    "akg.compute((4, 6), lambda p, q: x[p % 2, q])": "a remainder is no subscript",
    "akg.compute((4, 6), lambda p, q: x[p, q] if p == q else h[p, q])": "an index has no value",
    "akg.compute((4, 6), lambda p, q: x[p, 0:1])": "a slice in akg.compute",
    "akg.compute((4, 6), lambda p, q: x[p])": "1 subscripts for",
    "akg.compute((4, 6), lambda p, q: x[p, k])": "axis k is neither one of the result nor reduced",
    "akg.compute((4, 6), lambda p, q: akg.sum(x[p, 2 * free], over=free))": "axis free has no size",
    "akg.compute((4, 6), lambda p, q: akg.sum(x[p, k], over=k) + 1)": "goes on after its reduction",
    "akg.compute(4, lambda p: akg.sum(akg.sum(x[p, k], over=k), over=k))": "a second reduction",
    "akg.compute((4, 6), lambda p, q: akg.sum(x[p, q], over=p))": "an axis of the result",
    "akg.compute((4, 6), lambda p, q: akg.sum(x[p, q]))": "in akg.compute a reduction is over axes",
    "akg.compute((4, 6), lambda p, q: akg.mean(x[p, k], over=k))": "no reduction of akg.compute",
    "akg.compute((4, 6), lambda p, q: x)": "has no elements in it",
    "akg.compute((4, 6), lambda p, q: 1.0)": "has no elements in it",
    "akg.compute((4, 6), lambda p, q: x[p, q] + x)": "in an expression of single elements",
    "akg.compute((4, 6), lambda p, q: akg.softmax(x)[p, q])": "no function of single elements|el",
    "akg.compute((4, 6), lambda p, q: akg.reshape(x[p, q], (1,)))": "no function of single",
    "akg.compute((4, 6), lambda p, q: akg.compute(4, lambda r: x[r, 0]))": "inside of another",
    "akg.compute((m, m), lambda p, q: a[p, q])": "an axis is given twice",
    "akg.compute((free, 6), lambda p, q: x[0, q])": "axis free has no size",
}


def _trace(source: str) -> None:
    """Define the kernel of a file `case.py` and trace it."""
    linecache.cache["case.py"] = (len(source), None, source.splitlines(keepends=True), "case.py")
    scope: dict[str, object] = {}
    exec(compile(source, "case.py", "exec", dont_inherit=True), scope)
    kernel = scope["kernel"]
    assert isinstance(kernel, akg.PythonKernel)
    kernel.te(**{name: 3 + position for position, name in enumerate(kernel.signature.axes())})


def _refused(source: str) -> str | None:
    """The message of the error; None when there is none."""
    try:
        _trace(source)
    except CompileError as error:
        return str(error)
    return None


def _refusal(source: str) -> str:
    message = _refused(source)
    assert message is not None
    return message


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_are_refused_where_they_stand(expression: str) -> None:
    message = _refusal(_KERNEL.format(expression))
    assert re.match(rf"case\.py:{_LINE}:\d+: ", message), message
    assert re.search(EXPRESSIONS[expression], message), message
    assert f"return {expression}" in message


_HEAD = """\
import numpy as np
import akg_mlir as akg
m, n = akg.axes("m n")
TABLE = [1, 2]
ARRAY = np.ones(3)
stolen = []
"""
DEFINITIONS = {
    "def kernel(x): return x": "parameter 'x' of kernel has no tensor type",
    "def kernel(x: akg.f32): return x": "parameter 'x' of kernel has no tensor type",
    "def kernel(x: int): return x": "has no tensor parameters",
    "def kernel(): return 1": "has no tensor parameters",
    "def kernel(*x: akg.f32[4]): return x[0]": r"parameter \*x",
    "def kernel(x: 'akg.f32[wrong]'): return x": "cannot be evaluated: name 'wrong'",
    "def kernel(x: akg.f32[4]): return None": "returns a NoneType",
    "def kernel(x: akg.f32[4]): return [x]": "returns a list",
    "def kernel(x: akg.f32[4]): return ()": "returns nothing",
    "def kernel(x: akg.f32[4]): return x, 1": "returns a int",
    "def kernel(x: akg.f32[4]): return x * TABLE[0]": "uses 'TABLE' from outside, a list",
    "def kernel(x: akg.f32[3]): return x * akg.constant(ARRAY, akg.f32)": "'ARRAY' .* a ndarray",
    "def kernel(x: akg.f32[4]): return stolen": "uses 'stolen' from outside",
    "def kernel(x: akg.f32[m], y: akg.f32[akg.axis('m')]): return x": "two axes named m",
}


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_definitions_are_refused(definition: str) -> None:
    message = _refusal(f"{_HEAD}@akg.kernel\n{definition}\n")
    assert message.startswith("case.py:7:1: "), message
    assert re.search(DEFINITIONS[definition], message), message


TYPES = {
    "akg.f32[0]": "0 is no size",
    "akg.f32[-1]": "-1 is no size",
    "akg.f32['m']": "'m' is no size",
    "akg.f32[2.5]": "2.5 is no size",
    "akg.f32[[1, 2]]": "is no size",
    "akg.Tensor[4]": "needs an element type",
    "akg.axis('m', 0)": "sizes are at least 1",
}


@pytest.mark.parametrize("text", TYPES)
def test_types_are_refused(text: str) -> None:
    message = _refusal(f"import akg_mlir as akg\n{text}\n")
    assert message.startswith("case.py:2:1: "), message
    assert re.search(TYPES[text], message), message


m, n = akg.axes("m n")


@akg.kernel
def scaled(x: akg.f32[m, n], y: akg.f32[n], factor: float = 2.0) -> akg.Tensor:
    return x * y * factor


X, Y = np.ones((2, 3), np.float32), np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((X,), {}, "missing a required argument: 'y'"),
        ((X, Y, 1.0, 2), {}, "too many positional arguments"),
        ((X, Y), {"other": 1}, "unexpected keyword argument 'other'"),
        ((X.astype(np.float64), Y), {}, r"argument 'x' of scaled is float64\[2, 3\], declared as"),
        ((X.astype(np.float16), Y), {}, r"is f16\[2, 3\], declared as f32\[m, n\]"),
        ((X[0], Y), {}, r"is f32\[3\], declared as f32\[m, n\]"),
        ((X, Y[:2]), {}, r"argument 'y' of scaled is f32\[2\].*where n is 3"),
        (([[1.0]], Y), {}, "argument 'x' of scaled is a list"),
        ((X, 1.0), {}, "argument 'y' of scaled is a float"),
        ((X, Y), {"factor": [1]}, "constants are numbers"),
        ((X[:0], Y), {}, "has no elements"),
    ],
)
def test_calls_are_refused(
    arguments: tuple[object, ...], named: dict[str, object], message: str
) -> None:
    with pytest.raises(CompileError, match=message):
        scaled(*arguments, **named)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({}, "needs sizes for m, n"),
        ({"m": 2}, "needs sizes for n"),
        ({"m": 2, "n": 3, "q": 4}, "has no axis 'q'"),
        ({"m": 0, "n": 3}, "cannot have size 0"),
        ({"m": "two", "n": 3}, "has the size 'two'"),
    ],
)
def test_sizes_are_refused(sizes: dict[str, object], message: str) -> None:
    with pytest.raises(CompileError, match=message):
        scaled.te(**sizes)


def test_options_are_refused() -> None:
    @akg.kernel(target="ascend99")
    def unknown(x: akg.f32[4]) -> akg.Tensor:
        return x + 1

    @akg.kernel(policy="nonsense")
    def badly(x: akg.f32[4]) -> akg.Tensor:
        return x + 1

    with pytest.raises(CompileError, match="ascend99"):
        unknown.compile()
    with pytest.raises(CompileError, match="polic"):
        badly.compile()
    with pytest.raises(CompileError, match="is no function"):
        akg.kernel(3)  # type: ignore[call-overload]


def test_tensors_live_in_one_call() -> None:
    kept: akg.Tensor | None = None

    @akg.kernel
    def keeping(x: akg.f32[4]) -> akg.Tensor:
        nonlocal kept
        kept = x + 1
        return kept

    keeping.te()
    with pytest.raises(CompileError, match="uses 'kept' from outside"):
        keeping.te()
    assert kept is not None
    with pytest.raises(CompileError, match="no kernel is being traced"):
        kept + 1


def test_ops_have_the_lines_they_were_written_on() -> None:
    (remark,) = [r for r in _product.compile().remarks if r.pass_name == "te-apply-precision"]
    line = _product.function.__code__.co_firstlineno + 2
    assert re.fullmatch(rf"te\.matmul at .*test_python_errors\.py:{line}:12", remark.where)
    (op,) = [op for op in scaled.module(m=2, n=3).walk() if op.name == "te.constant"]
    text = str(op.location)
    line = scaled.function.__code__.co_firstlineno + 2
    assert f'test_python_errors.py":{line}' in text


@akg.kernel
def _product(x: akg.f32[8, 8]) -> akg.Tensor:
    return x @ x


def test_a_changed_global_is_noticed() -> None:
    scope: dict[str, object] = {"akg": akg, "FACTOR": 2.0}
    exec("@akg.kernel\ndef kernel(x: akg.f32[4]):\n    return helper(x)\n", scope)
    exec("def helper(x):\n    return x * FACTOR\n", scope)
    kernel = scope["kernel"]
    assert isinstance(kernel, akg.PythonKernel)
    x = np.arange(4, dtype=np.float32)
    assert np.array_equal(kernel(x), 2 * x)
    scope["FACTOR"] = 3.0
    assert np.array_equal(kernel(x), 3 * x)


def test_kernels_call_kernels() -> None:
    @akg.kernel
    def twice(x: akg.f32[m, n]) -> akg.Tensor:
        return scaled(x, x[0]) + scaled(x, x[1], factor=1.0)

    x = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
    assert np.allclose(twice(x), x * x[0] * 2 + x * x[1])


FUNCTIONS = [
    *[f"akg.{name}(x)" for name in UNARY],
    *[f"akg.cast(x, akg.{dtype})" for dtype in DTYPES],
    *[f"akg.{name}(x, x)" for name in ("div", "maximum", "minimum", "power", "rem")],
    *[f"x {symbol} x" for symbol in ("+ - * / ** == != < <= > >= & | ^ << >>".split())],
    *["-x", "~x", "abs(x)", "x @ x.T", "x[1:, ::2]", "akg.where(x == x, x, x)"],
    *[
        "akg.pad(x, (1, 0), (0, 2))",
        "akg.one_hot(x, 5, akg.f32)",
        "akg.compute(4, lambda i: x[i, i])",
    ],
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_function_takes_an_element_type_or_says_why_not(
    dtype: str, record_property: Callable[[str, object], None]
) -> None:
    refused = 0
    for expression in FUNCTIONS:
        source = _KERNEL.replace("x: akg.f32", f"x: akg.{dtype}").format(expression)
        message = _refused(source)
        if message is not None:
            refused += 1
            assert re.match(rf"case\.py:{_LINE}:\d+: ", message), message
            assert "takes" in message or "help: " in message, message
    record_property("counts", {"refused": refused, "traced": len(FUNCTIONS) - refused})
