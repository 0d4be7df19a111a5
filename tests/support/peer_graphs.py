"""The nine graphs on which tensor compilers were compared, as ONNX models of any size.

`FULL` are the sizes at which kernels and traffic are counted, `SMALL` ones that execute in little
time. The models are those of the comparison but for the names of values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import akg_mlir
from akg_mlir.report.boundaries import Boundaries, boundaries_of

Shape = Sequence[int]


@dataclass
class _Graph:
    """Nodes, inputs and constants while a model is written."""

    nodes: list[NodeProto] = field(default_factory=list[NodeProto])
    inputs: list[tuple[str, Shape]] = field(default_factory=list[tuple[str, Shape]])
    constants: list[TensorProto] = field(default_factory=list[TensorProto])

    def input(self, name: str, *shape: int) -> str:
        self.inputs.append((name, shape))
        return name

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind: str, *operands: str, **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(operands), [name], **attributes))
        return name

    def model(self, name: str, results: Sequence[tuple[str, Shape]]) -> ModelProto:
        graph = helper.make_graph(
            self.nodes,
            name,
            [_value(*entry) for entry in self.inputs],
            [_value(*entry) for entry in results],
            self.constants,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        checker.check_model(made, full_check=True)
        return made


def _value(name: str, shape: Shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _ew(rows: int, columns: int) -> ModelProto:
    """Eight element-wise ops."""
    g, shape = _Graph(), (rows, columns)
    x, y = g.input("x", *shape), g.input("y", *shape)
    half, factor = g.constant(0.5), g.constant(1.5)
    first = g.op("Relu", g.op("Mul", g.op("Add", x, y), x))
    second = g.op("Relu", g.op("Mul", g.op("Add", first, half), y))
    return g.model("ew", [(g.op("Add", g.op("Mul", second, factor), x), shape)])


def _softmax(rows: int, columns: int) -> ModelProto:
    g, shape = _Graph(), (rows, columns)
    return g.model("softmax", [(g.op("Softmax", g.input("x", *shape), axis=-1), shape)])


def _layernorm(rows: int, columns: int) -> ModelProto:
    g, shape = _Graph(), (rows, columns)
    x, scale, bias = g.input("x", *shape), g.input("g", columns), g.input("b", columns)
    result = g.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5)
    return g.model("layernorm", [(result, shape)])


def _matmul(m: int, k: int, n: int) -> ModelProto:
    g = _Graph()
    return g.model("matmul", [(g.op("MatMul", g.input("a", m, k), g.input("b", k, n)), (m, n))])


def _mmgelu(m: int, k: int, n: int) -> ModelProto:
    """A product, a bias and gelu by its formula with erf."""
    g = _Graph()
    product = g.op("MatMul", g.input("a", m, k), g.input("b", k, n))
    x = g.op("Add", product, g.input("c", n))
    erf = g.op("Erf", g.op("Div", x, g.constant(math.sqrt(2))))
    scaled = g.op("Mul", x, g.op("Add", erf, g.constant(1)))
    return g.model("mmgelu", [(g.op("Mul", scaled, g.constant(0.5)), (m, n))])


def _conv(channels: int, height: int, width: int, outputs: int) -> ModelProto:
    """A padded 3x3 convolution, bias and relu."""
    g = _Graph()
    x, w = g.input("x", 1, channels, height, width), g.input("w", outputs, channels, 3, 3)
    conv = g.op("Conv", x, w, g.input("b", outputs), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    return g.model("conv", [(g.op("Relu", conv), (1, outputs, height, width))])


def _bnred(batch: int, channels: int, height: int, width: int) -> ModelProto:
    """Mean and variance of each channel."""
    g = _Graph()
    x = g.input("x", batch, channels, height, width)
    axes = g.constant([0, 2, 3], np.int64)
    mean = g.op("ReduceMean", x, axes, keepdims=0)
    squares = g.op("ReduceMean", g.op("Mul", x, x), axes, keepdims=0)
    variance = g.op("Sub", squares, g.op("Mul", mean, mean))
    return g.model("bnred", [(mean, (channels,)), (variance, (channels,))])


def _transadd(rows: int, columns: int) -> ModelProto:
    g, shape = _Graph(), (rows, columns)
    moved = g.op("Transpose", g.input("a", columns, rows), perm=[1, 0])
    return g.model("transadd", [(g.op("Add", moved, g.input("b", *shape)), shape)])


def _attn(sequence: int, heads: int, depth: int) -> ModelProto:
    """A block of attention: projections, softmax, output projection, residual and layer norm."""
    g, hidden = _Graph(), heads * depth
    shape = (1, sequence, hidden)
    x = g.input("x", *shape)
    weights = {name: g.input(f"w{name}", hidden, hidden) for name in "qkvo"}
    biases = {name: g.input(f"b{name}", hidden) for name in "qkvo"}
    scale, bias = g.input("g", hidden), g.input("be", hidden)
    split = g.constant([1, sequence, heads, depth], np.int64)

    def projected(value: str, name: str) -> str:
        return g.op("Add", g.op("MatMul", value, weights[name]), biases[name])

    def per_head(name: str, perm: Sequence[int]) -> str:
        return g.op("Transpose", g.op("Reshape", projected(x, name), split), perm=list(perm))

    q, k, v = per_head("q", (0, 2, 1, 3)), per_head("k", (0, 2, 3, 1)), per_head("v", (0, 2, 1, 3))
    scores = g.op("Mul", g.op("MatMul", q, k), g.constant(1 / math.sqrt(depth)))
    context = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
    together = g.op("Transpose", context, perm=[0, 2, 1, 3])
    joined = g.op("Reshape", together, g.constant(shape, np.int64))
    total = g.op("Add", projected(joined, "o"), x)
    result = g.op("LayerNormalization", total, scale, bias, axis=-1, epsilon=1e-5)
    return g.model("attn", [(result, shape)])


@dataclass(frozen=True)
class Bar:
    """Kernels and megabytes crossing kernel boundaries: of IREE at its default optimisation level,
    and the least there are (one kernel, every tensor once)."""

    kernels: int
    megabytes: float
    ideal_megabytes: float


BUILDERS: dict[str, Callable[..., ModelProto]] = {
    "attn": _attn,
    "bnred": _bnred,
    "conv": _conv,
    "ew": _ew,
    "layernorm": _layernorm,
    "matmul": _matmul,
    "mmgelu": _mmgelu,
    "softmax": _softmax,
    "transadd": _transadd,
}
FULL: dict[str, tuple[int, ...]] = {
    "attn": (128, 12, 64),
    "bnred": (32, 64, 56, 56),
    "conv": (64, 56, 56, 64),
    "ew": (4096, 4096),
    "layernorm": (4096, 1024),
    "matmul": (1024, 1024, 1024),
    "mmgelu": (1024, 1024, 1024),
    "softmax": (4096, 1024),
    "transadd": (4096, 4096),
}
SMALL: dict[str, tuple[int, ...]] = {
    "attn": (8, 2, 8),
    "bnred": (3, 4, 5, 8),
    "conv": (3, 6, 10, 4),
    "ew": (9, 24),
    "layernorm": (7, 24),
    "matmul": (7, 9, 24),
    "mmgelu": (7, 9, 24),
    "softmax": (7, 24),
    "transadd": (9, 24),
}
IREE: dict[str, Bar] = {
    "attn": Bar(8, 18.5, 10.2),
    "bnred": Bar(2, 51.4, 25.7),
    "conv": Bar(2, 3.5, 1.76),
    "ew": Bar(1, 201.4, 201.4),
    "layernorm": Bar(1, 33.6, 33.6),
    "matmul": Bar(1, 12.6, 12.6),
    "mmgelu": Bar(1, 12.6, 12.6),
    "softmax": Bar(1, 33.6, 33.6),
    "transadd": Bar(1, 201.4, 201.4),
}
"""iree-base-compiler 3.13.0, `--iree-opt-level=O2`: dispatches, and the sum over them of the
tensors they read and write."""


def inputs(model: ModelProto, seed: int = 0) -> list[np.ndarray]:
    """Arguments in [-1, 1)."""
    rng = np.random.default_rng(seed)
    return [
        rng.uniform(-1, 1, [d.dim_value for d in entry.type.tensor_type.shape.dim]).astype("f4")
        for entry in model.graph.input
    ]


TOLERANCE = 1e-5
"""Of f32 results, relative to their largest element."""


def expected(model: ModelProto, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The results by onnx's own reference."""
    names = [entry.name for entry in model.graph.input]
    return ReferenceEvaluator(model).run(None, dict(zip(names, arrays, strict=True)))


def largest_error(results: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    """Over all results; infinite when one lacks, has another shape or is not a number."""
    if [r.shape for r in results] != [w.shape for w in wanted]:
        return math.inf
    errors = [
        float(np.max(np.abs(r - w)) / np.max(np.abs(w)))
        for r, w in zip(results, wanted, strict=True)
    ]
    return max(math.inf if math.isnan(error) else error for error in errors)


def boundaries(source: Path | ModelProto) -> Boundaries:
    """Kernels, and bytes that cross their boundaries, of a program on the standard target."""
    compiled = akg_mlir.compile(source, pipeline="te-to-affine{target=ascend910}")
    return boundaries_of(compiled.compilation.graph)
