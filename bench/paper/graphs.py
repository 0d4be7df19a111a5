"""The program of each class of cases as te text, in the layouts that the paper's artifact has.

Products have fractal operands and results, images of single operators are NC1HWC0 but those of
convolutions, whose layout the compiler chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bench.cases import Program
from bench.paper import subgraphs
from bench.paper.shapes import Case, Params

FRACTAL = 16
_ELEMENTS = {"float16": "f16", "float32": "f32", "int32": "i32"}


def program(case: Case) -> str:
    """The te text of a case."""
    return _WRITERS[case.class_](case.params)


def small(class_: str) -> list[Case]:
    """Cases of a class that execute in little time, with sizes that do not divide evenly."""
    return [Case(f"{class_}_{k}", class_, params) for k, params in enumerate(_SMALL[class_])]


def matmul(p: Params) -> str:
    """`c = a b` of fractal f16 operands, in f32."""
    (m, k), (_, n) = p["a"], p["b"]
    m1, k1, n1 = (math.ceil(size / FRACTAL) for size in (m, k, n))
    w = Program()
    a = w.argument("%a", (k1, m1, FRACTAL, FRACTAL), "f16")
    b = w.argument("%b", (k1, n1, FRACTAL, FRACTAL), "f16")
    text = f"fractal_matmul {a}, {b} m {m} k {k} n {n}"
    return w.finish(w.op(text, (n1, m1, FRACTAL, FRACTAL)))


def conv(p: Params) -> str:
    """An f16 image in NC1HWC0 with packed weights, rounded to f16; pads are top, bottom, left,
    right."""
    (batch, channels, height, width), (outputs, _, kh, kw) = p["x"], p["w"]
    top, bottom, left, right = p["pad"]
    (sh, sw), (dh, dw) = p["stride"], p["dilation"]
    rows = (height + top + bottom - dh * (kh - 1) - 1) // sh + 1
    columns = (width + left + right - dw * (kw - 1) - 1) // sw + 1
    c1, o1 = (math.ceil(size / FRACTAL) for size in (channels, outputs))
    w = Program()
    x = w.argument("%x", (batch, c1, height, width, FRACTAL), "f16")
    kernel = w.argument("%w", (c1, kh, kw, o1, FRACTAL, FRACTAL), "f16")
    text = (
        f"fractal_conv2d {x}, {kernel} strides [{sh}, {sw}] dilations [{dh}, {dw}] "
        f"pads [{top}, {left}, {bottom}, {right}] channels {channels} outputs {outputs}"
    )
    shape = (batch, o1, rows, columns, FRACTAL)
    return w.finish(w.op(f"cast {w.op(text, shape)}", shape, "f16"))


def relu(p: Params) -> str:
    """`max(x, 0)`."""
    w = Program()
    return w.finish(w.op(f"relu {w.argument('%x', p['x'], _ELEMENTS[p['dtype']])}"))


def batch_matmul(p: Params) -> str:
    """`a b` or `a b + bias`, in the type of the operands."""
    w, element = Program(), _ELEMENTS[p["dtype"]]
    batch, m, n, k = tuple(p["batch"]), p["m"], p["n"], p["k"]
    a = w.argument("%a", (*batch, *((k, m) if p["ta"] else (m, k))), element)
    b = w.argument("%b", (*batch, *((n, k) if p["tb"] else (k, n))), element)
    flags = "".join(f" transpose_{x}" for x in "ab" if p[f"t{x}"])
    name, shape = "batch_matmul" if batch else "matmul", (*batch, m, n)
    y = w.op(f"{name} {a}, {b}{flags}", shape, element)
    if p["bias"]:
        y = w.op(f"add {y}, {w.argument('%bias', p['bias'], element)}", shape, element)
    return w.finish(y)


def cast(p: Params) -> str:
    """Another element type."""
    w = Program()
    x = w.argument("%x", p["x"], _ELEMENTS[p["dtype"]])
    return w.finish(w.op(f"cast {x}", p["x"], _ELEMENTS[p["to"]]))


def transpose(p: Params) -> str:
    """A permutation of dimensions; `perm` may leave all where they are: a copy."""
    w, element = Program(), _ELEMENTS[p["dtype"]]
    shape = [p["x"][axis] for axis in p["perm"]]
    x = w.argument("%x", p["x"], element)
    return w.finish(w.op(f"transpose {x} perm {list(p['perm'])}", shape, element))


def one_hot(p: Params) -> str:
    """`y[i, j] = on if x[i] == j else off`."""
    w, element = Program(), _ELEMENTS[p["dtype"]]
    x, depth = w.argument("%x", p["x"], element), p["depth"]
    values = " ".join(f"{name} {p[name]} : {element}" for name in ("on", "off"))
    text = f"one_hot {x} axis {p['axis']} depth {depth} {values}"
    return w.finish(w.op(text, (*p["x"], depth), element))


def add(p: Params) -> str:
    """`a + b`."""
    w, element = Program(), _ELEMENTS[p["dtype"]]
    a, b = (w.argument(f"%{name}", p[name], element) for name in "ab")
    return w.finish(w.op(f"add {a}, {b}", p["a"], element))


def _channels(shape: Sequence[int]) -> tuple[int, ...]:
    return (1, shape[1], 1, 1, shape[4])


def bn_reduce(p: Params) -> str:
    """Sums of x and of its squares per channel of `[n, c1, h, w, c0]`, in one pass."""
    w, shape, channels = Program(), p["x"], _channels(p["x"])
    x = w.argument("%x", shape, "f32")
    squares = w.op(f"mul {x}, {x}", shape)
    sums = (w.op(f"reduce add {v} axes [0, 2, 3] keepdims", channels) for v in (x, squares))
    return w.finish(*sums)


def bn_update(p: Params) -> str:
    """Normalise by those sums, with scale and offset; next running mean and variance."""
    w, shape, channels = Program(), p["x"], _channels(p["x"])
    momentum, x = p["momentum"], w.argument("%x", shape, "f32")
    names = ("%sum", "%squares", "%scale", "%offset", "%mean", "%variance")
    total, squares, scale, offset, old_mean, old_variance = (
        w.argument(name, channels, "f32") for name in names
    )
    share = w.constant(math.prod(channels) / math.prod(shape))
    mean = w.op(f"mul {total}, {share}", channels)
    second = w.op(f"mul {squares}, {share}", channels)
    variance = w.op(f"sub {second}, {w.op(f'mul {mean}, {mean}', channels)}", channels)
    guarded = w.op(f"add {variance}, {w.constant(p['eps'])}", channels)
    deviation = w.op(f"sqrt {guarded}")
    factor = w.op(f"div {scale}, {deviation}", channels)
    term = w.op(f"sub {offset}, {w.op(f'mul {mean}, {factor}', channels)}", channels)
    y = w.op(f"add {w.op(f'mul {x}, {factor}', shape)}, {term}", shape)

    def running(old: str, new: str) -> str:
        kept = w.op(f"mul {old}, {w.constant(1 - momentum)}", channels)
        share = w.op(f"mul {new}, {w.constant(momentum)}", channels)
        return w.op(f"add {kept}, {share}", channels)

    return w.finish(y, running(old_mean, mean), running(old_variance, variance))


def subgraph(p: Params) -> str:
    """Sub-graph `number`, at its published shape or another."""
    number = p["number"]
    return subgraphs.program(number, p.get("shape") or subgraphs.SUBGRAPHS[number].published)


_WRITERS: dict[str, Callable[[Params], str]] = {
    "conv": conv,
    "matmul": matmul,
    "gemm": matmul,
    "relu": relu,
    "batch_matmul": batch_matmul,
    "cast": cast,
    "transpose": transpose,
    "one_hot": one_hot,
    "add": add,
    "bn_reduce": bn_reduce,
    "bn_update": bn_update,
    "subgraph": subgraph,
}

_UNIT = {"stride": [1, 1], "dilation": [1, 1], "dtype": "float16"}
_PRODUCT = {"batch": [], "ta": False, "tb": False, "bias": []}
_ONE_HOT = {"dtype": "int32", "on": 1, "off": 0, "axis": -1}
_BLOCKS = [2, 3, 7, 7, 16]
_NORM = {"x": [3, 2, 5, 7, 16], "dtype": "float32", "momentum": 0.1, "eps": 1e-4}
_SMALL: dict[str, list[Params]] = {
    "conv": [
        {"x": [2, 32, 7, 7], "w": [48, 32, 1, 1], "pad": [0, 0, 0, 0], **_UNIT},
        {"x": [1, 16, 14, 14], "w": [32, 16, 3, 3], "pad": [1, 1, 1, 1], **_UNIT},
        {"x": [1, 3, 20, 20], "w": [16, 3, 7, 7], "pad": [2, 3, 2, 3], **_UNIT, "stride": [2, 2]},
    ],
    "matmul": [{"a": [48, 80], "b": [80, 112]}],
    "gemm": [{"a": [96, 64], "b": [64, 48]}],
    "relu": [{"x": _BLOCKS, "dtype": "float32"}],
    "batch_matmul": [
        {**_PRODUCT, "m": 16, "n": 10, "k": 64, "bias": [10], "tb": True, "dtype": "float32"},
        {**_PRODUCT, "m": 48, "n": 31, "k": 16, "ta": True, "dtype": "float16"},
    ],
    "cast": [
        {"x": [3, 4, 16, 16], "dtype": "float32", "to": "float16"},
        {"x": [2, 3, 7, 5, 16], "dtype": "float16", "to": "float32"},
    ],
    "transpose": [
        {"x": [37, 48], "perm": [0, 1], "dtype": "float32"},
        {"x": [3, 5, 6, 32], "perm": [2, 0, 1, 3], "dtype": "float32"},
        {"x": [3, 5, 6, 16], "perm": [0, 2, 1, 3], "dtype": "float32"},
    ],
    "one_hot": [{"x": [5], "depth": depth, **_ONE_HOT} for depth in (2, 168)],
    "add": [
        {"a": [2, 3, 7, 7, 16], "b": [2, 3, 7, 7, 16], "dtype": d} for d in ("float32", "float16")
    ],
    "bn_reduce": [_NORM],
    "bn_update": [_NORM],
    "subgraph": [{"number": k, "shape": g.small} for k, g in subgraphs.SUBGRAPHS.items()],
}
