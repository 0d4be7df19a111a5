"""Random convolutional networks: chains with branches that meet again, of images `[N, C, H, W]`."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from bench.cases import Program

Shape = tuple[int, int, int, int]
CHANNELS = (1, 2, 3, 8, 12)
STEPS = (
    *("conv", "conv", "groups", "point", "bias", "relu", "pool", "mean", "pad", "slice"),
    *("add", "concat", "gate", "transpose", "half"),
)


@st.composite
def networks(draw: st.DrawFn, most: int = 6) -> str:
    """The te text of a network of up to `most` steps, which returns its last and another value."""
    shape = (draw(st.integers(1, 2)), draw(st.sampled_from(CHANNELS)), *draw(_SIZES))
    network = _Network(draw, draw(st.sampled_from(("f32", "f32", "f16"))), shape)
    for kind in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=most)):
        network.append(kind)
    return network.text()


_SIZES = st.tuples(st.sampled_from((1, 4, 7, 9)), st.sampled_from((1, 5, 8, 11)))


@dataclass
class _Network:
    draw: st.DrawFn
    element: str
    shape: Shape
    program: Program = field(default_factory=Program)
    values: list[tuple[str, Shape]] = field(default_factory=list[tuple[str, Shape]])
    arguments: int = 0

    def __post_init__(self) -> None:
        self.values.append((self.argument(self.shape), self.shape))

    def argument(self, shape: tuple[int, ...]) -> str:
        self.arguments += 1
        return self.program.argument(f"%a{self.arguments}", shape, self.element)

    def append(self, kind: str) -> None:
        """A step of the last value, most of the time."""
        x, shape = self.values[-1] if self.draw(st.integers(0, 3)) else self.pick(self.values)
        getattr(self, f"_{kind}")(x, shape)

    def pick(self, values: list[tuple[str, Shape]]) -> tuple[str, Shape]:
        return self.draw(st.sampled_from(values))

    def text(self) -> str:
        return self.program.finish(self.values[-1][0], self.pick(self.values[1:])[0])

    def _emit(self, text: str, shape: Shape) -> None:
        self.values.append((self.program.op(text, shape, self.element), shape))

    def _conv(self, x: str, shape: Shape, groups: int = 1, each: int | None = None) -> None:
        size, text = self._window(shape)
        outputs = self.draw(st.sampled_from(CHANNELS)) if each is None else each * groups
        weights = self.argument((outputs, shape[1] // groups, *size[2:]))
        self._emit(f"conv2d {x}, {weights} {text} groups {groups}", (shape[0], outputs, *size[:2]))

    def _groups(self, x: str, shape: Shape) -> None:
        """In one group per channel, or in between; of one or two channels each."""
        divisors = [g for g in range(1, shape[1] + 1) if shape[1] % g == 0]
        groups = self.draw(st.sampled_from((shape[1], *divisors)))
        self._conv(x, shape, groups, self.draw(st.integers(1, 2)))

    def _point(self, x: str, shape: Shape) -> None:
        outputs = self.draw(st.sampled_from(CHANNELS))
        weights = self.argument((outputs, shape[1], 1, 1))
        steps = "strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0]"
        self._emit(f"conv2d {x}, {weights} {steps} groups 1", (shape[0], outputs, *shape[2:]))

    def _pool(self, x: str, shape: Shape) -> None:
        size, text = self._window(shape)
        kind = self.draw(st.sampled_from(("max", "avg")))
        kernel = f"kernel {list(size[2:])}"
        self._emit(f"{kind}_pool2d {x} {kernel} {text}", (*shape[:2], *size[:2]))

    def _bias(self, x: str, shape: Shape) -> None:
        forms = ((shape[1], 1, 1), (1, shape[1], 1, 1), shape[2:], (shape[0], 1, 1, 1), (1,))
        other = self.argument(self.draw(st.sampled_from(forms)))
        kind = self.draw(st.sampled_from(("add", "mul", "max")))
        self._emit(f"{kind} {x}, {other}", shape)

    def _relu(self, x: str, shape: Shape) -> None:
        self.values.append((self.program.op(f"relu {x}"), shape))

    def _half(self, x: str, shape: Shape) -> None:
        factor = self.program.constant(0.5, self.element)
        self._emit(f"mul {factor}, {x}", shape)

    def _mean(self, x: str, shape: Shape) -> None:
        """Over the points, or over the channels."""
        axes = self.draw(st.sampled_from(((2, 3), (1,), (3,))))
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        keeps = self.draw(st.booleans())
        short = tuple(size for axis, size in enumerate(shape) if axis not in axes)
        text = f"reduce add {x} axes {list(axes)}{' keepdims' if keeps else ''}"
        mean = self.program.op(text, kept if keeps else short, self.element)
        if not keeps:
            mean = self.program.op(f"reshape {mean}", kept, self.element)
        self._emit(f"sub {x}, {mean}", shape)

    def _gate(self, x: str, shape: Shape) -> None:
        """A factor for every channel of every image, made from its maximum."""
        kept = (*shape[:2], 1, 1)
        most = self.program.op(f"reduce max {x} axes [2, 3] keepdims", kept, self.element)
        self._emit(f"mul {most}, {x}", shape)

    def _pad(self, x: str, shape: Shape) -> None:
        low, high = ([self.draw(st.integers(0, 2)) for _ in shape] for _ in "lh")
        sizes = tuple(a + size + b for a, size, b in zip(low, shape, high))
        value = f"value {self.draw(st.integers(-1, 1))}.0 : {self.element}"
        padded = (sizes[0], sizes[1], sizes[2], sizes[3])
        self._emit(f"pad {x} {value} low {low} high {high}", padded)

    def _slice(self, x: str, shape: Shape) -> None:
        starts = [self.draw(st.integers(0, size // 2)) for size in shape]
        steps = [self.draw(st.integers(1, 2)) for _ in shape]
        sizes = [-(-(size - at) // by) for size, at, by in zip(shape, starts, steps)]
        taken = (sizes[0], sizes[1], sizes[2], sizes[3])
        self._emit(f"slice {x} offsets {starts} strides {steps}", taken)

    def _transpose(self, x: str, shape: Shape) -> None:
        order = self.draw(st.sampled_from(((0, 2, 3, 1), (0, 3, 1, 2), (0, 1, 3, 2))))
        moved = (shape[order[0]], shape[order[1]], shape[order[2]], shape[order[3]])
        self._emit(f"transpose {x} perm {list(order)}", moved)

    def _add(self, x: str, shape: Shape) -> None:
        """With an earlier value of the same shape, which may be the same one."""
        other = self.pick([value for value in self.values if value[1] == shape])[0]
        self._emit(f"add {x}, {other}", shape)

    def _concat(self, x: str, shape: Shape) -> None:
        """Channels behind those of an earlier value with as many points."""
        points = (shape[0], *shape[2:])
        others = [v for v in self.values if (v[1][0], *v[1][2:]) == points]
        other, size = self.pick(others)
        joined = (shape[0], shape[1] + size[1], *shape[2:])
        self._emit(f"concat {x}, {other} axis 1", joined)

    def _window(self, shape: Shape) -> tuple[Shape, str]:
        """Sizes of the result and of the window, and the text of strides, dilations and pads."""
        axes = [self._steps(size) for size in shape[2:]]
        (oh, kh, sh, dh, ph), (ow, kw, sw, dw, pw) = axes
        pads = [ph[0], pw[0], ph[1], pw[1]]
        text = f"strides [{sh}, {sw}] dilations [{dh}, {dw}] pads {pads}"
        return (oh, ow, kh, kw), text

    def _steps(self, size: int) -> tuple[int, int, int, int, list[int]]:
        """Along one dimension: sizes of the result and the window, stride, dilation, pads."""
        kernel = min(self.draw(st.integers(1, 3)), size)
        dilation = self.draw(st.integers(1, 2)) if 2 * (kernel - 1) < size else 1
        most = kernel - 1 if dilation == 1 else 0
        pads = [self.draw(st.integers(0, most)) for _ in "lh"]
        stride = self.draw(st.integers(1, 2))
        outputs = (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1
        return outputs, kernel, stride, dilation, pads
