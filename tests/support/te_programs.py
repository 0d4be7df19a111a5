"""Random tensor programs as plain data, and the te module of one.

Hypothesis draws a `Program` (never IR: its repr of IR is megabytes); `build` makes the module.
Values stay moderate and continuous in the inputs by construction, so that a comparison against
numpy means something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st
from xdsl.builder import Builder
from xdsl.dialects.builtin import ModuleOp, TensorType, f16, f32, i32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import te
from akg_mlir.reference.te import shaped

SIZES = (1, 2, 3, 5, 7, 8, 15, 16, 17, 33)
LARGEST = 1 << 18
"""Elements of the largest value that broadcasting may make."""

UNARY: dict[str, Callable[[SSAValue], te.TeOp]] = {
    "neg": te.NegOp,
    "abs": te.AbsOp,
    "relu": te.ReluOp,
    "tanh": te.TanhOp,
    "sigmoid": te.SigmoidOp,
    "gelu": te.GeluOp,
}
BINARY: dict[str, Callable[[SSAValue, SSAValue], te.TeOp]] = {
    "add": te.AddOp,
    "sub": te.SubOp,
    "max": te.MaxOp,
    "min": te.MinOp,
}


@dataclass(frozen=True)
class Step:
    """One op: `kind` of `KINDS`; `pick` and `axis` choose operands, shapes and variants."""

    kind: str
    pick: int
    axis: int


@dataclass(frozen=True)
class Program:
    """`steps` over one input of `shape`; every step appends a value, some take a new input.

    The last value is the result; with `two_results` another one is, too.
    """

    shape: tuple[int, ...]
    element: str
    steps: tuple[Step, ...]
    two_results: bool = False

    @property
    def tolerance(self) -> float:
        """Of results, relative to their largest element."""
        in_f16 = self.element == "f16" or any(step.kind == "convert" for step in self.steps)
        return 2e-2 if in_f16 else 1e-4


@st.composite
def programs(draw: st.DrawFn, max_steps: int = 8) -> Program:
    """Programs of 1 to `max_steps` steps, ranks 1 to 4, odd sizes, f16 or f32."""
    rank = draw(st.integers(1, 4))
    limit = (33, 33, 17, 8)[rank - 1]
    sizes = st.sampled_from([s for s in SIZES if s <= limit])
    shape = tuple(draw(sizes) for _ in range(rank))
    step = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 15), st.integers(0, 3))
    steps = draw(st.lists(step, min_size=1, max_size=max_steps))
    return Program(shape, draw(st.sampled_from(["f16", "f32"])), tuple(steps), draw(st.booleans()))


def inputs(program: Program, seed: int = 0) -> list[np.ndarray]:
    """The arguments of `build(program)`: floats in [-1, 1), integers in [-4, 4]."""
    (function,) = build(program).ops
    assert isinstance(function, FuncOp)
    rng = np.random.default_rng(seed)
    arrays = list[np.ndarray]()
    for argument in function.body.block.args:
        shape, dtype = shaped(argument)
        drawn = rng.integers(-4, 5, shape) if dtype.kind == "i" else rng.uniform(-1, 1, shape)
        arrays.append(np.asarray(drawn).astype(dtype))
    return arrays


def relative_error(got: np.ndarray, want: np.ndarray) -> float:
    """The largest difference over the largest wanted value; infinite for another shape or type.

    Values are of order one: where all of them cancel, the difference counts against 1/100.
    """
    if (got.shape, got.dtype) != (want.shape, want.dtype):
        return float("inf")
    expected = want.astype(np.float64)
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-2)
    return float(np.max(np.abs(got.astype(np.float64) - expected), initial=0.0)) / scale


def build(program: Program) -> ModuleOp:
    """The program as `@main` in a module."""
    block = Block()
    graph = _Graph(block)
    graph.values.append(graph.argument(f16 if program.element == "f16" else f32, program.shape))
    for step in program.steps:
        graph.values.append(_append(graph, step))
    returned = graph.values[-1:]
    if program.two_results:
        returned = [graph.values[program.steps[0].pick % len(graph.values)], *returned]
    graph.builder.insert(ReturnOp(*returned))
    types = [argument.type for argument in block.args], [value.type for value in returned]
    return ModuleOp([FuncOp("main", types, Region(block))])


def _type(value: SSAValue) -> TensorType[Attribute]:
    assert isinstance(value.type, TensorType)
    return value.type


def _shape(value: SSAValue) -> tuple[int, ...]:
    return _type(value).get_shape()


@dataclass
class _Graph:
    """The block under construction and the values of its steps."""

    block: Block
    values: list[SSAValue] = field(default_factory=list[SSAValue])

    @property
    def builder(self) -> Builder:
        return Builder(InsertPoint.at_end(self.block))

    def emit(self, op: te.TeOp) -> SSAValue:
        return self.builder.insert(op).results[0]

    def argument(self, element: Attribute, shape: tuple[int, ...]) -> SSAValue:
        return self.block.insert_arg(TensorType(element, shape), len(self.block.args))

    def like(self, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
        """A new input of another shape."""
        return self.argument(_type(value).element_type, shape)

    def scaled(self, value: SSAValue, by: float) -> SSAValue:
        scalar = TensorType(_type(value).element_type, [1] * len(_shape(value)))
        factor = self.builder.insert(te.ConstantOp.splat(scalar, by)).results[0]
        return self.emit(te.MulOp(value, factor))


def _append(graph: _Graph, step: Step) -> SSAValue:
    last = graph.values[-1]
    if step.kind in UNARY:
        return graph.emit(UNARY[step.kind](last))
    if step.kind in BINARY:
        return graph.emit(BINARY[step.kind](last, _other(graph, last, step)))
    return _STEPS[step.kind](graph, last, step) if _shape(last) else last


def _other(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """An earlier value that broadcasts to the last one."""
    same = [
        value
        for value in graph.values
        if _type(value).element_type == _type(last).element_type
        and _broadcasts(_shape(value), _shape(last))
    ]
    return same[step.pick % len(same)]


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) <= len(b) and all(
        x in (1, y) for x, y in zip(reversed(a), reversed(b), strict=False)
    )


def _axis(value: SSAValue, step: Step) -> int:
    return step.axis % len(_shape(value))


def _exp_decay(graph: _Graph, last: SSAValue, _: Step) -> SSAValue:
    return graph.emit(te.ExpOp(graph.emit(te.NegOp(graph.emit(te.AbsOp(last))))))


def _scale(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    return graph.scaled(last, 0.5 + 0.25 * (step.pick % 4))


def _softmax(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    return graph.emit(te.SoftmaxOp(last, _axis(last, step)))


def _layer_norm(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    axis = _axis(last, step)
    inner = _shape(last)[axis:]
    scale = graph.like(last, inner if step.pick % 2 else inner[-1:])
    bias = graph.like(last, inner) if step.pick % 4 < 2 else None
    return graph.emit(te.LayerNormOp(last, scale, bias, axis, 0.1))


def _reduce(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """A mean, maximum or minimum over all axes but one, or over one."""
    shape, axis = _shape(last), _axis(last, step)
    axes = [axis]
    if step.pick & 8 and len(shape) > 1:
        axes = [other for other in range(len(shape)) if other != axis]
    kind = ("add", "max", "add", "min")[step.pick % 4]
    if kind == "add":
        last = graph.scaled(last, 1.0 / float(np.prod([shape[axis] for axis in axes])))
    return graph.emit(te.ReduceOp(kind, last, axes, keepdims=not step.pick & 4))


def _transpose(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    order = list(range(len(_shape(last))))
    axis = _axis(last, step)
    return graph.emit(te.TransposeOp(last, order[axis:] + order[:axis]))


def _reshape(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    total = int(np.prod(_shape(last)))
    return graph.emit(te.ReshapeOp(last, [total] if step.pick % 2 else [1, total]))


def _matmul(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """A product with a new input, scaled before or after; `axis` says what is transposed."""
    if len(_shape(last)) == 1:
        last = graph.emit(te.ReshapeOp(last, [1, *_shape(last)]))
    *batch, rows, columns = _shape(last)
    transpose_a, transpose_b = bool(step.axis & 1), bool(step.axis & 2)
    k = rows if transpose_a else columns
    n = SIZES[step.pick % len(SIZES)]
    b = graph.like(last, (*batch, *((n, k) if transpose_b else (k, n))))
    op = te.BatchMatmulOp if batch else te.MatmulOp
    if step.pick % 2:
        return graph.emit(op(graph.scaled(last, k**-0.5), b, transpose_a, transpose_b))
    return graph.scaled(graph.emit(op(last, b, transpose_a, transpose_b)), k**-0.5)


def _broadcast(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """Combine with a new input of lower, equal or higher rank, with some sizes of 1."""
    shape = _shape(last)
    other = tuple(
        1 if step.pick >> (position % 4) & 1 else size for position, size in enumerate(shape)
    )[step.axis % (len(shape) + 1) :]
    if step.pick == 15 and len(shape) < 5 and 3 * np.prod(shape) <= LARGEST:
        other = (3, *[1] * len(shape))
    op = (te.AddOp, te.MulOp, te.SubOp)[step.pick % 3]
    new = graph.like(last, other)
    return graph.emit(op(last, new) if step.axis % 2 else op(new, last))


def _select(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """One of two values by their order; they agree where the condition changes."""
    other = _other(graph, last, step) if step.pick % 2 else graph.scaled(last, 0.25)
    predicate = ("lt", "ge", "gt", "le")[step.axis]
    condition = graph.emit(te.CompareOp(predicate, last, other))
    sides = (last, other) if step.pick % 4 < 2 else (other, last)
    return graph.emit(te.SelectOp(condition, *sides))


def _convert(graph: _Graph, last: SSAValue, _: Step) -> SSAValue:
    """To the other floating-point type."""
    return graph.emit(te.CastOp(last, f32 if _type(last).element_type == f16 else f16))


def _integers(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """Multiply with integers, themselves converted back and forth (all of it exact)."""
    element = _type(last).element_type
    new = graph.argument(i32, _shape(last)[step.axis % (len(_shape(last)) + 1) :])
    if step.pick % 2:
        new = graph.emit(te.AddOp(new, new))
    floats = graph.emit(te.CastOp(new, element))
    if step.pick % 4 == 0:
        truncated = graph.emit(te.CastOp(graph.scaled(floats, 2.5), i32))
        floats = graph.emit(te.CastOp(truncated, element))
    return graph.emit(te.MulOp(last, graph.scaled(floats, 0.125)))


def _image(graph: _Graph, value: SSAValue) -> SSAValue:
    """The value with dimensions of size 1 in front, up to rank 4; of a higher rank, the first
    dimensions as one."""
    shape = _shape(value)
    if len(shape) < 4:
        return graph.emit(te.ReshapeOp(value, [1] * (4 - len(shape)) + list(shape)))
    if len(shape) > 4:
        batch = int(np.prod(shape[: len(shape) - 3]))
        return graph.emit(te.ReshapeOp(value, [batch, *shape[len(shape) - 3 :]]))
    return value


def _window(image: SSAValue, step: Step) -> dict[str, list[int]]:
    """A window of 1 to 3, strides, dilations and pads that fit the image and meet it."""
    sizes, pick = _shape(image)[2:], step.pick
    kernel = [min(1 + (pick + step.axis) % 3, sizes[0]), min(1 + pick % 3, sizes[1])]
    dilations = [
        2 if pick & 4 and 2 * (k - 1) < size else 1 for k, size in zip(kernel, sizes, strict=True)
    ]
    reach = [d * (k - 1) for d, k in zip(dilations, kernel, strict=True)]
    pads = [min(1, reach[0]), min(pick & 1, reach[1]), 0, min(1, reach[1])]
    return {
        "kernel": kernel,
        "strides": [1 + (step.axis & 1), 1 + (step.axis >> 1)],
        "dilations": dilations,
        "pads": pads if pick & 2 else [0, 0, 0, 0],
    }


def _conv2d(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """A convolution with new weights; channels in one group, in one each, or in between."""
    image = _image(graph, last)
    window = _window(image, step)
    channels, kernel = _shape(image)[1], window.pop("kernel")
    divisors = [g for g in range(1, channels + 1) if channels % g == 0]
    groups = divisors[step.pick % len(divisors)]
    outputs = groups * (1 + step.axis % 2)
    weights = graph.like(image, (outputs, channels // groups, *kernel))
    summands = channels // groups * int(np.prod(kernel))
    result = graph.emit(te.Conv2dOp(image, weights, **window, groups=groups))
    return graph.scaled(result, summands**-0.5)


def _max_pool2d(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    image = _image(graph, last)
    return graph.emit(te.MaxPool2dOp(image, **_window(image, step)))


def _avg_pool2d(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    image = _image(graph, last)
    include = bool(step.pick & 8)
    return graph.emit(te.AvgPool2dOp(image, **_window(image, step), count_include_pad=include))


def _pad(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    """Up to 3 elements in front of one dimension and behind the others."""
    rank, axis = len(_shape(last)), _axis(last, step)
    low = [step.pick % 3 if dim == axis else 0 for dim in range(rank)]
    high = [step.pick % 4 if dim != axis else 0 for dim in range(rank)]
    return graph.emit(te.PadOp(last, low, high, 0.25 * (step.pick % 5)))


def _batch_norm(graph: _Graph, last: SSAValue, step: Step) -> SSAValue:
    if len(_shape(last)) < 2:
        return last
    channels = (_shape(last)[1],)
    scale, bias, mean = (graph.like(last, channels) for _ in range(3))
    variance = graph.emit(te.AbsOp(graph.like(last, channels)))
    return graph.emit(te.BatchNormOp(last, scale, bias, mean, variance, 0.5))


_STEPS: dict[str, Callable[[_Graph, SSAValue, Step], SSAValue]] = {
    "exp_decay": _exp_decay,
    "scale": _scale,
    "softmax": _softmax,
    "layer_norm": _layer_norm,
    "reduce": _reduce,
    "transpose": _transpose,
    "reshape": _reshape,
    "matmul": _matmul,
    "broadcast": _broadcast,
    "select": _select,
    "convert": _convert,
    "integers": _integers,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "pad": _pad,
    "batch_norm": _batch_norm,
}
KINDS = (*UNARY, *BINARY, *_STEPS)
