"""Single ops with shapes that divide nothing evenly, of every element type that compiles.

Sizes are 1, primes, and those around blocks of 16 and 256. A case is its te text and a target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from hypothesis import strategies as st

from akg_mlir import targets
from bench.cases import Program, tensor

SIZES = (1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 61, 127, 131, 255, 256, 257)
ELEMENTS = 1 << 14
"""Of a tensor, or of the iterations of a window: more only takes longer."""
PRODUCTS = 1 << 19
"""Multiplications of a contraction on the cube, in f16; elsewhere 1/16 of them."""
FLOATS = ("f16", "f32")
NUMBERS = (*FLOATS, "i8", "i32", "i64")
MOVED = (*NUMBERS, "ui8")


@dataclass(frozen=True)
class Case:
    """A program of one op (and what it takes to feed it) for a target."""

    text: str
    target: str


@st.composite
def cases(draw: st.DrawFn, kind: str) -> Case:
    """Cases of a kind of op, one of `KINDS`."""
    return Case(KINDS[kind](draw, Program()), draw(st.sampled_from(targets.names())))


def _size(draw: st.DrawFn, most: int) -> int:
    return draw(st.sampled_from([size for size in SIZES if size <= most]))


def _shape(draw: st.DrawFn, least_rank: int = 1, most: int = ELEMENTS) -> tuple[int, ...]:
    shape: list[int] = []
    for _ in range(draw(st.integers(least_rank, 4))):
        shape.append(_size(draw, most // prod(shape)))
    return tuple(shape[i] for i in draw(st.permutations(range(len(shape)))))


def _unary(draw: st.DrawFn, p: Program) -> str:
    on_floats = ("tanh", "exp", "sigmoid", "gelu", "sin", "atan", "floor", "round")
    name = draw(st.sampled_from(("neg", "abs", "relu", *on_floats)))
    elements = FLOATS if name in on_floats else NUMBERS
    x = p.argument("%x", _shape(draw), draw(st.sampled_from(elements)))
    return p.finish(p.op(f"gelu {x} approximate tanh" if name == "gelu" else f"{name} {x}"))


def _binary(draw: st.DrawFn, p: Program) -> str:
    """The second operand has some sizes of 1 and may lack dimensions in front."""
    name = draw(st.sampled_from(("add", "sub", "mul", "max", "min")))
    shape, element = _shape(draw), draw(st.sampled_from(NUMBERS))
    other = tuple(draw(st.sampled_from((1, size))) for size in shape)
    x = p.argument("%x", shape, element)
    y = p.argument("%y", other[draw(st.integers(0, len(shape))) :], element)
    operands = draw(st.permutations((x, y)))
    return p.finish(p.op(f"{name} {', '.join(operands)}", shape, element))


def _bits(draw: st.DrawFn, p: Program) -> str:
    name = draw(st.sampled_from(("and", "or", "xor", "rem", "shift_left", "shift_right")))
    shape, element = _shape(draw), draw(st.sampled_from(("i8", "i32", "i64")))
    x, y = (p.argument(name, shape, element) for name in ("%x", "%y"))
    return p.finish(p.op(f"{name} {x}, {y}", shape, element))


def _select(draw: st.DrawFn, p: Program) -> str:
    """The larger or smaller of two, by a comparison: values on its edge are equal."""
    predicate = draw(st.sampled_from(("lt", "le", "gt", "ge")))
    shape, element = _shape(draw), draw(st.sampled_from(MOVED))
    x, y = (p.argument(name, shape, element) for name in ("%x", "%y"))
    condition = p.op(f"compare {predicate} {x}, {y}", shape, "i1")
    return p.finish(p.op(f"select {condition}, {x}, {y}", shape, element))


def _cast(draw: st.DrawFn, p: Program) -> str:
    shape = _shape(draw)
    x = p.argument("%x", shape, draw(st.sampled_from(MOVED)))
    return p.finish(p.op(f"cast {x}", shape, draw(st.sampled_from(MOVED))))


def _transpose(draw: st.DrawFn, p: Program) -> str:
    shape, element = _shape(draw, 2), draw(st.sampled_from(MOVED))
    perm = draw(st.permutations(range(len(shape))))
    x = p.argument("%x", shape, element)
    return p.finish(p.op(f"transpose {x} perm {list(perm)}", [shape[i] for i in perm], element))


def _reduce(draw: st.DrawFn, p: Program) -> str:
    shape, element = _shape(draw), draw(st.sampled_from(NUMBERS))
    kind = draw(st.sampled_from(("add", "max", "min")))
    axes = draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    x = p.argument("%x", shape, element)
    kept = [size for axis, size in enumerate(shape) if axis not in axes]
    return p.finish(p.op(f"reduce {kind} {x} axes {sorted(axes)}", kept, element))


def _softmax(draw: st.DrawFn, p: Program) -> str:
    shape = _shape(draw)
    x = p.argument("%x", shape, draw(st.sampled_from(FLOATS)))
    return p.finish(p.op(f"softmax {x} axis {draw(st.integers(0, len(shape) - 1))}"))


def _pad(draw: st.DrawFn, p: Program) -> str:
    shape, element = _shape(draw), draw(st.sampled_from(MOVED))
    low, high = ([draw(st.integers(0, 3)) for _ in shape] for _ in "lh")
    x = p.argument("%x", shape, element)
    value = "1.0" if element in FLOATS else "1"
    padded = [sum(sizes) for sizes in zip(shape, low, high)]
    return p.finish(
        p.op(f"pad {x} value {value} : {element} low {low} high {high}", padded, element)
    )


def _concat(draw: st.DrawFn, p: Program) -> str:
    """Of two or three operands, of which one may be computed in the kernel."""
    shape, element = _shape(draw), draw(st.sampled_from((*MOVED, "i1")))
    axis = draw(st.integers(0, len(shape) - 1))
    sizes = [shape[axis], *(draw(st.integers(1, 17)) for _ in range(draw(st.integers(1, 2))))]
    shapes = [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]
    parts = [p.argument(f"%x{k}", part, element) for k, part in enumerate(shapes)]
    if element not in ("i1", "ui8") and draw(st.booleans()):
        parts[0] = p.op(f"neg {parts[0]}")
    if draw(st.integers(0, 3)) == 0:
        type_ = tensor(shapes[1], element)
        parts[1] = p.define(
            f"te.constant dense<{2.0 if element in FLOATS else 1}> : {type_}", type_
        )
    whole = (*shape[:axis], sum(sizes), *shape[axis + 1 :])
    return p.finish(p.op(f"concat {', '.join(parts)} axis {axis}", whole, element))


def _slice(draw: st.DrawFn, p: Program) -> str:
    """Backwards in some dimensions: from the last of the elements on."""
    shape, element = _shape(draw), draw(st.sampled_from(MOVED))
    x = p.argument("%x", shape, element)
    strides = [draw(st.integers(1, 3)) for _ in shape]
    offsets = [draw(st.integers(0, min(3, size - 1))) for size in shape]
    most = [(size - 1 - o) // s + 1 for size, o, s in zip(shape, offsets, strides)]
    sizes = [draw(st.integers(max(1, size - 3), size)) for size in most]
    for dim in range(len(shape)):
        if draw(st.integers(0, 3)) == 0:
            offsets[dim] += strides[dim] * (sizes[dim] - 1)
            strides[dim] = -strides[dim]
    return p.finish(p.op(f"slice {x} offsets {offsets} strides {strides}", sizes, element))


def _pack(draw: st.DrawFn, p: Program) -> str:
    """A matrix to fractals, and in half of the cases back."""
    shape = (_size(draw, 257), _size(draw, 257))
    element = draw(st.sampled_from(("f16", "f32", "i8", "i32")))
    layout = draw(st.sampled_from(("nz", "zn")))
    summed, other = shape if layout == "zn" else shape[::-1]
    depth = 32 if element == "i8" else 16
    packed = (-(-summed // depth), -(-other // 16), 16, depth)
    x = p.argument("%x", shape, element)
    y = p.op(f"pack {x} {layout}", packed, element)
    return p.finish(p.op(f"unpack {y} {layout}", shape, element) if draw(st.booleans()) else y)


def _product(draw: st.DrawFn, p: Program) -> str:
    """With a bias in a third of the cases."""
    element = draw(st.sampled_from(("f16", "f16", *NUMBERS)))
    wide = {"f16": draw(st.sampled_from(FLOATS)), "i8": "i32"}.get(element, element)
    most = PRODUCTS if element == "f16" else PRODUCTS // 16
    batch = draw(st.sampled_from(((), (), (1,), (3,), (2, 2))))
    m, n, k = (_size(draw, 257) for _ in range(3))
    while prod(batch) * m * n * k > most:
        m, n, k = (m // 2 | 1, n, k) if m >= max(n, k) else (m, n // 2 | 1, k // 2 | 1)
    flags = [draw(st.booleans()) for _ in "ab"]
    a = p.argument("%a", (*batch, *((k, m) if flags[0] else (m, k))), element)
    b = p.argument("%b", (*batch, *((n, k) if flags[1] else (k, n))), element)
    name = "batch_matmul" if batch else "matmul"
    turned = "".join(f" transpose_{x}" for x, flag in zip("ab", flags) if flag)
    y = p.op(f"{name} {a}, {b}{turned}", (*batch, m, n), wide)
    if draw(st.integers(0, 2)) == 0:
        y = p.op(f"add {y}, {p.argument('%bias', (n,), wide)}", (*batch, m, n), wide)
    return p.finish(y)


def _conv2d(draw: st.DrawFn, p: Program) -> str:
    element = draw(st.sampled_from(FLOATS))
    channels = draw(st.sampled_from((1, 2, 3, 15, 16, 17, 32)))
    groups = draw(st.sampled_from((1, 1, channels)))
    outputs = draw(st.sampled_from((1, 3, 15, 16, 17))) if groups == 1 else channels
    rows, columns, geometry, window = _window(draw)
    images = draw(st.integers(1, 2))
    x = p.argument("%x", (images, channels, *window[:2]), element)
    w = p.argument("%w", (outputs, channels // groups, *window[2:]), element)
    wide = draw(st.sampled_from(("f32", element)))
    text = f"conv2d {x}, {w} {geometry} groups {groups}"
    return p.finish(p.op(text, (images, outputs, rows, columns), wide))


def _pool2d(draw: st.DrawFn, p: Program) -> str:
    element = draw(st.sampled_from(FLOATS))
    rows, columns, geometry, window = _window(draw)
    shape = (draw(st.integers(1, 2)), draw(st.sampled_from((1, 3, 16, 17))))
    x = p.argument("%x", (*shape, *window[:2]), element)
    kind = draw(st.sampled_from(("max", "avg")))
    counted = " count_include_pad" if kind == "avg" and draw(st.booleans()) else ""
    text = f"{kind}_pool2d {x} kernel {list(window[2:])} {geometry}{counted}"
    return p.finish(p.op(text, (*shape, rows, columns), element))


def _window(draw: st.DrawFn) -> tuple[int, int, str, tuple[int, int, int, int]]:
    """Rows and columns of the result, the text of strides, dilations and pads, and the sizes of
    image and window. Pads are smaller than the window, so that every window meets the image."""
    kernel = [draw(st.integers(1, 4)) for _ in "hw"]
    strides, dilations = ([draw(st.integers(1, 2)) for _ in "hw"] for _ in "sd")
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    pads = [draw(st.integers(0, k - 1)) for k in kernel * 2]
    sizes = [
        draw(st.sampled_from([s for s in (1, 5, 7, 13, 15, 16, 17, 31) if s >= r])) for r in reach
    ]
    padded = [sizes[i] + pads[i] + pads[i + 2] for i in range(2)]
    rows, columns = ((p - r) // s + 1 for p, r, s in zip(padded, reach, strides))
    text = f"strides {strides} dilations {dilations} pads {pads}"
    return rows, columns, text, (sizes[0], sizes[1], kernel[0], kernel[1])


KINDS: dict[str, Callable[[st.DrawFn, Program], str]] = {
    "unary": _unary,
    "binary": _binary,
    "bits": _bits,
    "select": _select,
    "cast": _cast,
    "transpose": _transpose,
    "reduce": _reduce,
    "softmax": _softmax,
    "pad": _pad,
    "concat": _concat,
    "slice": _slice,
    "pack": _pack,
    "product": _product,
    "conv2d": _conv2d,
    "pool2d": _pool2d,
}
