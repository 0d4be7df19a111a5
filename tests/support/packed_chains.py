"""Random chains of ops on images between two convolutions of the cube, as te text."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

Shape = tuple[int, ...]
STEPS = (
    "relu",
    "sigmoid",
    "bias",
    "scale",
    "max_pool",
    "avg_pool",
    "pool",
    "pad",
    "slice",
    "concat",
    "reduce",
    "depthwise",
    "depth_to_space",
)


@dataclass
class _Text:
    """The body of a function that is written op by op."""

    arguments: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])

    def argument(self, shape: Shape) -> tuple[str, Shape]:
        name = f"%a{len(self.arguments)}"
        self.arguments.append(f"{name}: {_type(shape)}")
        return name, shape

    def op(self, text: str, operands: list[tuple[str, Shape]], shape: Shape) -> tuple[str, Shape]:
        """`text` holds `{}` for each operand; ops on each element alone have one type."""
        name = f"%v{len(self.lines)}"
        names, types = [n for n, _ in operands], [_type(s) for _, s in operands]
        taken = types[0] if len(types) == 1 else f"({', '.join(types)})"
        of = taken if text.split()[0] in ("relu", "sigmoid") else f"{taken} -> {_type(shape)}"
        self.lines.append(f"  {name} = te.{text.format(*names)} : {of}")
        return name, shape


def _type(shape: Shape) -> str:
    return f"tensor<{'x'.join(map(str, shape))}xf16>"


@st.composite
def chains(draw: st.DrawFn, most: int = 4) -> str:
    """A convolution, up to `most` ops on images, and another convolution."""
    text = _Text()
    channels = st.sampled_from((3, 16, 21, 32))
    images = draw(st.integers(1, 2))
    sizes = (draw(st.integers(4, 9)), draw(st.integers(4, 9)))
    value = _convolved(draw, text, text.argument((images, draw(channels), *sizes)), draw(channels))
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=most)):
        value = _step(draw, text, step, value)
    value = _convolved(draw, text, value, draw(channels))
    name, shape = value
    lines = "\n".join(text.lines)
    return (
        f"func.func @main({', '.join(text.arguments)}) -> {_type(shape)} {{\n{lines}\n"
        f"  func.return {name} : {_type(shape)}\n}}"
    )


def _convolved(
    draw: st.DrawFn, text: _Text, image: tuple[str, Shape], outputs: int
) -> tuple[str, Shape]:
    _, (batch, channels, *sizes) = image
    kernel = [draw(st.sampled_from([k for k in (1, 3) if k <= size])) for size in sizes]
    strides = [draw(st.integers(1, 2)) for _ in sizes]
    dilations = [draw(st.integers(1, 2 if 2 * k - 1 <= n else 1)) for k, n in zip(kernel, sizes)]
    pads = [draw(st.integers(0, min(1, k - 1))) for k in kernel]
    shape = (batch, outputs, *_outputs(sizes, kernel, strides, dilations, pads))
    weights = text.argument((outputs, channels, *kernel))
    steps = f"strides {strides} dilations {dilations} pads {[*pads, *pads]} groups 1"
    return text.op(f"conv2d {{}}, {{}} {steps}", [image, weights], shape)


def _outputs(sizes: list[int], *windows: list[int]) -> list[int]:
    rows = zip(sizes, *windows)
    return [(n + 2 * p - (d * (k - 1) + 1)) // s + 1 for n, k, s, d, p in rows]


def _step(draw: st.DrawFn, text: _Text, step: str, value: tuple[str, Shape]) -> tuple[str, Shape]:
    _, (batch, channels, *sizes) = value
    shape = (batch, channels, *sizes)
    match step:
        case "relu" | "sigmoid":
            return text.op(f"{step} {{}}", [value], shape)
        case "bias":
            return text.op("add {}, {}", [value, text.argument((channels, 1, 1))], shape)
        case "scale":
            factors = [text.argument((channels, 1, 1)) for _ in range(2)]
            factor = text.op("add {}, {}", factors, (channels, 1, 1))
            return text.op("mul {}, {}", [value, factor], shape)
        case "max_pool" | "avg_pool" | "pool":
            return _pooled(draw, text, step, value)
        case "pad":
            low, high = ([0, 0, draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in "lh")
            padded = tuple(a + n + b for n, a, b in zip(shape, low, high))
            number = draw(st.sampled_from((0.0, -2.0)))
            return text.op(f"pad {{}} value {number} : f16 low {low} high {high}", [value], padded)
        case "slice":
            start = draw(st.sampled_from([c for c in (0, 1, 16) if c < channels]))
            kept = draw(st.integers(1, channels - start))
            row = draw(st.integers(0, sizes[0] - 1))
            taken = (batch, kept, sizes[0] - row, sizes[1])
            where = f"offsets {[0, start, row, 0]} strides [1, 1, 1, 1]"
            return text.op(f"slice {{}} {where}", [value], taken)
        case "depthwise":
            return _depthwise(draw, text, value)
        case "depth_to_space":
            return _spread(draw, text, value)
        case "concat":
            axis = draw(st.integers(0, 3))
            given = draw(st.booleans())
            other = text.argument(shape) if given else text.op("sigmoid {}", [value], shape)
            longer = tuple(2 * n if k == axis else n for k, n in enumerate(shape))
            return text.op(f"concat {{}}, {{}} axis {axis}", [value, other], longer)
        case _:
            kind = draw(st.sampled_from(("max", "add")))
            whole = (batch, channels, 1, 1)
            return text.op(f"reduce {kind} {{}} axes [2, 3] keepdims", [value], whole)


def _pooled(draw: st.DrawFn, text: _Text, step: str, value: tuple[str, Shape]) -> tuple[str, Shape]:
    _, (batch, channels, *sizes) = value
    kernel = [draw(st.integers(1, min(3, n))) for n in sizes]
    strides = [draw(st.integers(1, 2)) for _ in sizes]
    pads = [0, 0] if step == "pool" else [draw(st.integers(0, (k - 1) // 2)) for k in kernel]
    shape = (batch, channels, *_outputs(sizes, kernel, strides, [1, 1], pads))
    windows = f"kernel {kernel} strides {strides} dilations [1, 1]"
    if step == "pool":
        kind = draw(st.sampled_from(("add", "max", "min")))
        return text.op(f"pool2d {kind} {{}} {windows}", [value], shape)
    return text.op(f"{step}2d {{}} {windows} pads {[*pads, *pads]}", [value], shape)


def _spread(draw: st.DrawFn, text: _Text, value: tuple[str, Shape]) -> tuple[str, Shape]:
    """Parts of the channels as places, where there are as many and the image stays small."""
    _, (batch, channels, *sizes) = value
    small = max(sizes) <= 8
    fit = [b for b in ((1, 1), (1, 2), (2, 2), (3, 1)) if small and channels % (b[0] * b[1]) == 0]
    rows, columns = draw(st.sampled_from(fit or [(1, 1)]))
    shape = (batch, channels // (rows * columns), sizes[0] * rows, sizes[1] * columns)
    where = f"axis 1 blocks {[1, 1, rows, columns]}"
    return text.op(f"depth_to_space {{}} {where}", [value], shape)


def _depthwise(draw: st.DrawFn, text: _Text, value: tuple[str, Shape]) -> tuple[str, Shape]:
    """In f32, with weights that the host knows."""
    name, (batch, channels, *sizes) = value
    kernel = [draw(st.integers(1, min(3, n))) for n in sizes]
    strides = [draw(st.integers(1, 2)) for _ in sizes]
    pads = [draw(st.integers(0, (k - 1) // 2)) for k in kernel]
    shape = (batch, channels, *_outputs(sizes, kernel, strides, [1, 1], pads))
    count = len(text.lines)
    wide, result = (_type(s).replace("f16", "f32") for s in (value[1], shape))
    weights = _type((channels, 1, *kernel)).replace("f16", "f32")
    text.arguments.append(f'%w{count}: {weights} {{te.resource = "w{count}"}}')
    text.lines += [
        f"  %u{count} = te.cast {name} : {_type(value[1])} -> {wide}",
        f"  %c{count} = te.conv2d %u{count}, %w{count} strides {strides} dilations [1, 1] pads "
        f"{[*pads, *pads]} groups {channels} : ({wide}, {weights}) -> {result}",
        f"  %d{count} = te.cast %c{count} : {result} -> {_type(shape)}",
    ]
    return f"%d{count}", shape
