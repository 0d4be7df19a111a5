"""The graphs that the compiler is measured and tested on, as te text of given sizes.

Sub-graphs 1 to 5 are those of the AKG paper's evaluation (PLDI 2021, section 6): softmax, gelu,
Lamb's moments, Lamb's update and tanh. `PUBLISHED` has the graphs at their published sizes,
`SMALL` at sizes that execute in little time. Results that the original updates in place are
results here: a te program has values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

Shape = Sequence[int]


def tensor(shape: Shape, element: str) -> str:
    """The text of a tensor type."""
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


class Program:
    """Writes the te text of one function: remembers the type of every value."""

    def __init__(self) -> None:
        self._arguments: list[str] = []
        self._lines: list[str] = []
        self._types: dict[str, str] = {}

    def argument(self, name: str, shape: Shape, element: str) -> str:
        """Declare an argument and return it."""
        self._types[name] = tensor(shape, element)
        self._arguments.append(f"{name}: {self._types[name]}")
        return name

    def constant(self, value: float, element: str = "f32") -> str:
        """A scalar."""
        type_ = tensor((), element)
        return self.define(f"te.constant dense<{value:.17e}> : {type_}", type_)

    def op(self, text: str, shape: Shape | None = None, element: str = "f32") -> str:
        """Append `te.text`; without a shape the result has the type of the (single) operand."""
        types = [self._types[value] for value in re.findall(r"%\w+", text)]
        if shape is None:
            return self.define(f"te.{text} : {types[0]}", types[0])
        result = tensor(shape, element)
        operands = types[0] if len(types) == 1 else f"({', '.join(types)})"
        return self.define(f"te.{text} : {operands} -> {result}", result)

    def finish(self, *results: str) -> str:
        """The function `@main` that returns the results."""
        types = ", ".join(self._types[r] for r in results)
        lines = (*self._lines, f"func.return {', '.join(results)} : {types}")
        body = "\n".join(f"  {line}" for line in lines)
        return f"func.func @main({', '.join(self._arguments)}) -> ({types}) {{\n{body}\n}}\n"

    def define(self, text: str, type_: str) -> str:
        """Append `%name = text`, of the given type, and return the name."""
        name = f"%v{len(self._lines)}"
        self._types[name] = type_
        self._lines.append(f"{name} = {text}")
        return name


def softmax(shape: Shape, element: str = "f16") -> str:
    """Sub-graph 1: softmax along the last dimension."""
    p = Program()
    return p.finish(p.op(f"softmax {p.argument('%x', shape, element)} axis -1"))


def gelu(shape: Shape, element: str = "f16") -> str:
    """Sub-graph 2: gelu by the tanh formula."""
    p = Program()
    return p.finish(p.op(f"gelu {p.argument('%x', shape, element)} approximate tanh"))


def lamb_moments(shape: Shape) -> str:
    """Sub-graph 3: the next moments of Lamb, and the update with weight decay.

    Results: the update, the direction before decay, and both moments, which are in place in the
    original.
    """
    p = Program()
    square, v = p.argument("%square", shape, "f32"), p.argument("%v", shape, "f32")
    correct_v = p.argument("%correct_v", (1,), "f32")
    gradient, m = p.argument("%gradient", shape, "f32"), p.argument("%m", shape, "f32")
    correct_m = p.argument("%correct_m", (1,), "f32")
    weight = p.argument("%weight", shape, "f32")

    def scaled(value: str, factor: float) -> str:
        return p.op(f"mul {p.constant(factor)}, {value}", shape)

    new_square = scaled(square, 0.0009999871253967285)
    next_v = p.op(f"add {scaled(v, 0.9990000128746033)}, {new_square}", shape)
    root = p.op(f"sqrt {p.op(f'div {next_v}, {correct_v}', shape)}")
    deviation = p.op(f"add {root}, {p.constant(9.999999974752427e-07)}", shape)
    new_gradient = scaled(gradient, 0.10000002384185791)
    next_m = p.op(f"add {scaled(m, 0.8999999761581421)}, {new_gradient}", shape)
    direction = p.op(f"div {p.op(f'div {next_m}, {correct_m}', shape)}, {deviation}", shape)
    update = p.op(f"add {direction}, {scaled(weight, 0.009999999776482582)}", shape)
    return p.finish(update, direction, next_m, next_v)


def lamb_update(shape: Shape) -> str:
    """Sub-graph 4: a clamped trust ratio, and the step along the update (in place originally)."""
    p = Program()
    guard = p.argument("%guard", (), "f32")
    weight_norm, update_norm = p.argument("%wn", (), "f32"), p.argument("%un", (), "f32")
    rate = p.argument("%rate", (1,), "f32")
    update, weight = p.argument("%update", shape, "f32"), p.argument("%weight", shape, "f32")
    zero, one, ten = (p.constant(value) for value in (0.0, 1.0, 10.0))
    ratio = p.op(f"div {weight_norm}, {update_norm}", ())
    moves = p.op(f"compare gt {guard}, {zero}", (), "i1")
    first = p.op(f"select {moves}, {ratio}, {one}", ())
    exists = p.op(f"compare gt {weight_norm}, {zero}", (), "i1")
    second = p.op(f"select {exists}, {first}, {one}", ())
    trust = p.op(f"max {p.op(f'min {second}, {ten}', ())}, {zero}", ())
    step = p.op(f"mul {trust}, {rate}", (1,))
    return p.finish(p.op(f"sub {weight}, {p.op(f'mul {step}, {update}', shape)}", shape))


def tanh(shape: Shape, element: str = "f16") -> str:
    """Sub-graph 5."""
    p = Program()
    return p.finish(p.op(f"tanh {p.argument('%x', shape, element)}"))


def layer_norm(shape: Shape, element: str = "f16") -> str:
    """Layer normalisation of the last dimension, with scale and bias."""
    p = Program()
    x, row = p.argument("%x", shape, element), shape[-1:]
    scale, bias = p.argument("%scale", row, element), p.argument("%bias", row, element)
    types = ", ".join((tensor(shape, element), *2 * (tensor(row, element),)))
    text = f"te.layer_norm {x} scale {scale} bias {bias} axis -1 epsilon 1.0e-05 : {types}"
    return p.finish(p.define(text, tensor(shape, element)))


def batch_norm_training(shape: Shape, element: str = "f32", momentum: float = 0.1) -> str:
    """Normalise over all dimensions but the channels (the second); update running statistics.

    The variance is the mean of squares less the square of the mean, so that both sums read the
    input once. Computed in f32. Results: the normalised tensor, running mean and variance.
    """
    p, channel = Program(), (1, shape[1], *(1,) * (len(shape) - 2))
    x = p.argument("%x", shape, element)
    scale, bias = (p.argument(name, channel, "f32") for name in ("%scale", "%bias"))
    old_mean, old_var = (p.argument(name, channel, "f32") for name in ("%mean", "%var"))
    wide = x if element == "f32" else p.op(f"cast {x}", shape)
    axes = ", ".join(str(axis) for axis in range(len(shape)) if axis != 1)
    share = p.constant(shape[1] / math.prod(shape))

    def average(value: str) -> str:
        total = p.op(f"reduce add {value} axes [{axes}] keepdims", channel)
        return p.op(f"mul {total}, {share}", channel)

    def running(old: str, new: str) -> str:
        kept = p.op(f"mul {old}, {p.constant(1 - momentum)}", channel)
        return p.op(f"add {kept}, {p.op(f'mul {new}, {p.constant(momentum)}', channel)}", channel)

    mean, squares = average(wide), average(p.op(f"mul {wide}, {wide}", shape))
    variance = p.op(f"sub {squares}, {p.op(f'mul {mean}, {mean}', channel)}", channel)
    deviation = p.op(f"sqrt {p.op(f'add {variance}, {p.constant(1e-5)}', channel)}")
    normal = p.op(f"div {p.op(f'sub {wide}, {mean}', shape)}, {deviation}", shape)
    y = p.op(f"add {p.op(f'mul {normal}, {scale}', shape)}, {bias}", shape)
    y = y if element == "f32" else p.op(f"cast {y}", shape, element)
    return p.finish(y, running(old_mean, mean), running(old_var, variance))


def attention(heads: int, sequence: int, depth: int, element: str = "f16") -> str:
    """`softmax(Q K^T / sqrt(depth)) V` for each of `heads` (batch times heads)."""
    p, shape, scores = Program(), (heads, sequence, depth), (heads, sequence, sequence)
    q, k, v = (p.argument(name, shape, element) for name in ("%q", "%k", "%v"))
    product = p.op(f"batch_matmul {q}, {k} transpose_b", scores, element)
    factor = p.constant(1 / math.sqrt(depth), element)
    weights = p.op(f"softmax {p.op(f'mul {product}, {factor}', scores, element)} axis -1")
    return p.finish(p.op(f"batch_matmul {weights}, {v}", shape, element))


def conv_relu_pool(image: Shape, channels: int, element: str = "f32", *, pool: bool = True) -> str:
    """3 by 3 convolution with padding, bias, relu, and maxima of 2 by 2 windows.

    `image` is `[N, C, H, W]`; `channels` those of the result.
    """
    p = Program()
    x = p.argument("%x", image, element)
    w = p.argument("%w", (channels, image[1], 3, 3), element)
    b = p.argument("%b", (channels, 1, 1), element)
    shape = (image[0], channels, *image[2:])
    text = "strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1"
    y = p.op(f"conv2d {x}, {w} {text}", shape, element)
    y = p.op(f"relu {p.op(f'add {y}, {b}', shape, element)}")
    if pool:
        halves = (*shape[:2], shape[2] // 2, shape[3] // 2)
        text = "kernel [2, 2] strides [2, 2] dilations [1, 1]"
        y = p.op(f"pool2d max {y} {text}", halves, element)
    return p.finish(y)


def transpose_add(rows: int, columns: int, element: str = "f32") -> str:
    """`A^T + B`."""
    p, shape = Program(), (rows, columns)
    a, b = p.argument("%a", (columns, rows), element), p.argument("%b", shape, element)
    moved = p.op(f"transpose {a} perm [1, 0]", shape, element)
    return p.finish(p.op(f"add {moved}, {b}", shape, element))


def mean_and_variance(shape: Shape) -> str:
    """Statistics of the channels (the second dimension) in one pass over the input."""
    p, channel = Program(), shape[1:2]
    x, count = p.argument("%x", shape, "f32"), math.prod(shape) / shape[1]
    axes = ", ".join(str(axis) for axis in range(len(shape)) if axis != 1)

    def average(value: str) -> str:
        total = p.op(f"reduce add {value} axes [{axes}]", channel)
        return p.op(f"div {total}, {p.constant(count)}", channel)

    mean, squares = average(x), average(p.op(f"mul {x}, {x}", shape))
    return p.finish(mean, p.op(f"sub {squares}, {p.op(f'mul {mean}, {mean}', channel)}", channel))


PUBLISHED: dict[str, str] = {
    "sg1_softmax": softmax((16, 16, 512, 512)),
    "sg2_gelu": gelu((256, 512, 16, 16)),
    "sg3_lamb_moments": lamb_moments((30522, 1024)),
    "sg4_lamb_update": lamb_update((1024, 1024)),
    "sg5_tanh": tanh((64, 1, 16, 16)),
    "layer_norm": layer_norm((8192, 1024)),
    "batch_norm_training": batch_norm_training((32, 256, 14, 14)),
    "attention_f16": attention(12 * 16, 128, 64),
    "attention_f32": attention(12 * 16, 128, 64, "f32"),
    "conv_relu": conv_relu_pool((1, 64, 56, 56), 64, pool=False),
    "conv_relu_pool": conv_relu_pool((1, 64, 56, 56), 64),
    "transpose_add": transpose_add(4096, 4096),
    "mean_and_variance": mean_and_variance((32, 64, 56, 56)),
}
"""At the sizes of the paper, of BERT (batch 16, 12 heads) and ResNet-50."""

SMALL: dict[str, str] = {
    "sg1_softmax": softmax((2, 3, 16, 48)),
    "sg2_gelu": gelu((3, 5, 16, 16)),
    "sg3_lamb_moments": lamb_moments((37, 64)),
    "sg4_lamb_update": lamb_update((48, 40)),
    "sg5_tanh": tanh((4, 1, 16, 16)),
    "layer_norm": layer_norm((37, 64)),
    "batch_norm_training": batch_norm_training((3, 5, 4, 8)),
    "attention_f16": attention(2, 32, 16),
    "attention_f32": attention(2, 32, 16, "f32"),
    "conv_relu": conv_relu_pool((1, 3, 8, 8), 4, pool=False),
    "conv_relu_pool": conv_relu_pool((1, 3, 8, 8), 4),
    "transpose_add": transpose_add(48, 32),
    "mean_and_variance": mean_and_variance((3, 5, 4, 8)),
}


def elementwise_chain(length: int, shape: Shape = (8, 16, 32, 64)) -> str:
    """`length` element-wise ops, each on the result of the one before."""
    p = Program()
    value, other = p.argument("%x", shape, "f32"), p.argument("%y", shape, "f32")
    unary = ("exp", "tanh", "relu")
    for k in range(length):
        if k % 2:
            value = p.op(f"{unary[k // 2 % 3]} {value}")
        else:
            value = p.op(f"add {value}, {other}", shape)
    return p.finish(value)


def reduction_chain(length: int, shape: Shape = (8, 16, 32, 64)) -> str:
    """`length` ops: rows are summed, the sums subtracted from them, and the results go on."""
    p, rows = Program(), (*shape[:-1], 1)
    value = total = p.argument("%x", shape, "f32")
    for k in range(length):
        if k % 5 == 2 and k < length - 1:
            total = p.op(f"reduce add {value} axes [{len(shape) - 1}] keepdims", rows)
        elif k % 5 == 3:
            value = p.op(f"sub {value}, {total}", shape)
        else:
            value = p.op(f"{'exp' if k % 5 == 1 else 'relu'} {value}")
    return p.finish(value)
