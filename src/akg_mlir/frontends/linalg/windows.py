"""Nests on sliding windows into te: convolutions and pooling, in any layout.

`te` has windows over the last two of four dimensions; images are transposed to that, and what
slides over one dimension gets another of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_of
from akg_mlir.frontends.linalg.operands import arranged, plain
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.subscripts import Access, along
from akg_mlir.frontends.linalg.translation import Emitter, Function


@dataclass(frozen=True)
class _Window:
    """One dimension that windows slide over: `outer * stride + inner * dilation`."""

    dim: int
    outer: int
    inner: int
    stride: int
    dilation: int


def _windows(nest: Structured, number: int) -> list[_Window] | None:
    """The windows of an operand; None where other sums are among its indices."""
    found = list[_Window]()
    for dim, subscript in enumerate(nest.accesses[number]):
        if len(subscript.scales) < 2:
            continue
        outer = [loop for loop in subscript.scales if loop not in nest.reductions]
        inner = [loop for loop in subscript.scales if loop in nest.reductions]
        if not subscript.is_window or len(outer) != 1 or len(inner) != 1:
            return None
        scales = subscript.scales
        found.append(_Window(dim, outer[0], inner[0], scales[outer[0]], scales[inner[0]]))
    return found


def _slides(nest: Structured, window: _Window) -> bool:
    return nest.bounds[window.inner] > 1 and nest.bounds[window.outer] > 1


def _still(nest: Structured, number: int, windows: Sequence[_Window]) -> Access:
    """The subscripts of an operand whose windows are dimensions that their outer loops run over."""
    outer = {window.dim: along(window.outer) for window in windows}
    return tuple(outer.get(dim, found) for dim, found in enumerate(nest.accesses[number]))


def _taken(
    nest: Structured,
    number: int,
    windows: Sequence[_Window],
    function: Function,
    emit: Emitter,
) -> tuple[SSAValue, list[int | None], list[int]]:
    """An image, the loop over each dimension, and their sizes.

    Those outside of windows run over all that windows slide over, without more elements than make
    another place for a window.
    """
    value = function.value(nest.inputs[number], nest.op)
    sizes = list(nest.bounds)
    for window in windows:
        size, places = shape_of(value)[window.dim], nest.bounds[window.outer]
        span = (nest.bounds[window.inner] - 1) * window.dilation + 1
        fits = (size - span) // window.stride + 1 == places
        sizes[window.outer] = size if fits else (places - 1) * window.stride + span
    taken, loops = plain(value, _still(nest, number, windows), sizes, emit)
    return taken, loops, sizes


def _two(values: Sequence[int]) -> list[int]:
    """Sizes or steps over two dimensions; the first may be missing."""
    return [1] * (2 - len(values)) + list(values)


def _loops(nest: Structured, number: int) -> set[int]:
    return {loop for subscript in nest.accesses[number] for loop in subscript.scales}


# Convolutions.


@dataclass(frozen=True)
class _Roles:
    """What the loops of a convolution are: batch, groups, channels of the image and the result."""

    windows: list[_Window]
    batch: list[int]
    groups: list[int]
    inputs: list[int]
    outputs: list[int]


def _roles(nest: Structured, image: int, weights: int) -> _Roles | None:
    windows = _windows(nest, image) or []
    if len(windows) > 2:
        windows = [window for window in windows if _slides(nest, window)]
    if not 1 <= len(windows) <= 2:
        return None
    outer, inner = {w.outer for w in windows}, {w.inner for w in windows}
    left, right = _loops(nest, image), _loops(nest, weights)
    if any(s.alone is None and s.scales for s in nest.accesses[weights]):
        return None
    single = {loop for loop, size in enumerate(nest.bounds) if size == 1}
    shared = (left & right) - inner
    if (
        outer & right
        or not inner - single <= right
        or not nest.reductions <= (left & right) | single
    ):
        return None
    return _Roles(
        windows,
        sorted(left - right - outer - inner),
        sorted(shared - nest.reductions),
        sorted(shared & nest.reductions),
        sorted(right - left),
    )


def is_convolution(nest: Structured, image: int, weights: int) -> bool:
    """Whether the sum of products of two inputs is one of windows of an image and weights."""
    return _roles(nest, image, weights) is not None


def convolve(
    nest: Structured, image: int, weights: int, function: Function, emit: Emitter, to: Attribute
) -> SSAValue:
    """A `te.conv2d`; the result has one dimension per parallel loop."""
    roles = _roles(nest, image, weights)
    assert roles is not None
    channels = [*roles.groups, *roles.inputs]
    spare: list[list[int]] = [[]] * (2 - len(roles.windows))
    outer = [[w.outer] for w in roles.windows]
    taken, loops, sizes = _taken(nest, image, roles.windows, function, emit)
    x = arranged(taken, loops, [roles.batch, channels, *spare, *outer], sizes, emit)
    taken, loops = plain(
        function.value(nest.inputs[weights], nest.op), nest.accesses[weights], nest.bounds, emit
    )
    inner = [[w.inner] for w in roles.windows]
    kernel = [[*roles.groups, *roles.outputs], roles.inputs, *spare, *inner]
    w = arranged(taken, loops, kernel, nest.bounds, emit)
    groups = prod(nest.bounds[loop] for loop in roles.groups)
    x, pads = _unpadded(x)
    steps = _two([w.stride for w in roles.windows]), _two([w.dilation for w in roles.windows])
    result = emit(te.Conv2dOp(x, w, *steps, pads, groups, to))
    return _in_order(
        nest,
        result,
        [*roles.batch, *roles.groups, *roles.outputs, *(w.outer for w in roles.windows)],
        emit,
    )


def _unpadded(image: SSAValue) -> tuple[SSAValue, tuple[int, ...]]:
    """The image without zeros around its rows and columns, and how many there were."""
    owner = image.owner
    if isinstance(owner, te.PadOp) and owner.value.value.data == 0:
        low, high = owner.low.get_values(), owner.high.get_values()
        if not any((*low[:2], *high[:2])):
            return owner.operand, (*low[2:], *high[2:])
    return image, (0, 0, 0, 0)


def _in_order(nest: Structured, value: SSAValue, order: Sequence[int], emit: Emitter) -> SSAValue:
    """A result whose dimensions run over `order`, in the order of the parallel loops."""
    value = emit.reshape(value, [nest.bounds[loop] for loop in order])
    value = emit.transpose(value, [order.index(loop) for loop in sorted(order)])
    return emit.reshape(value, [nest.bounds[loop] for loop in nest.parallel])


# Pooling.


def is_pooling(nest: Structured, image: int) -> bool:
    """Whether a reduction of one input combines windows of it that slide."""
    windows = _windows(nest, image)
    if not windows or not any(_slides(nest, window) for window in windows):
        return False
    slid = {window.inner for window in windows}
    still = {loop for loop in nest.reductions - slid if nest.bounds[loop] > 1}
    return not still and _loops(nest, image) >= set(nest.parallel)


def pool(nest: Structured, image: int, kind: str, function: Function, emit: Emitter) -> SSAValue:
    """One `te.pool2d` per two windows; the result has one dimension per parallel loop."""
    windows = [w for w in _windows(nest, image) or [] if nest.bounds[w.inner] > 1]
    value, loops, sizes = _taken(nest, image, windows, function, emit)
    while windows:
        value, loops = _pooled(nest, value, loops, windows[-2:], sizes, kind, emit)
        windows = windows[:-2]
    return _in_order(nest, value, [loop for loop in loops if loop is not None], emit)


def _pooled(
    nest: Structured,
    value: SSAValue,
    loops: Sequence[int | None],
    windows: Sequence[_Window],
    sizes: list[int],
    kind: str,
    emit: Emitter,
) -> tuple[SSAValue, list[int]]:
    """An image whose dimensions run over `loops`, pooled along two windows or one of them.

    The dimensions of the result, and the loops they run over; `sizes` becomes theirs.
    """
    outer = [window.outer for window in windows]
    rest = [loop for loop in loops if loop is not None and loop not in outer]
    kernel = _two([nest.bounds[window.inner] for window in windows])
    strides, dilations = (_two([w.stride for w in windows]), _two([w.dilation for w in windows]))
    places = [[], *([loop] for loop in outer)][-2:]
    # Batch and channels are alike to pooling, and so is a dimension behind that nothing slides
    # over: no transpose where windows come last, or one of them in the middle.
    behind = [] if len(windows) == 2 else rest[list(loops).index(outer[0]) :]
    if behind:
        places = [outer, behind]
        kernel, strides, dilations = kernel[::-1], strides[::-1], dilations[::-1]
    before = [loop for loop in rest if loop not in behind]
    groups = [before[:1], before[1:], *places]
    x = arranged(value, loops, groups, sizes, emit)
    result = emit(te.Pool2dOp(kind, x, kernel, strides, dilations))
    for loop in outer:
        sizes[loop] = nest.bounds[loop]
    order = [loop for group in groups for loop in group]
    return emit.reshape(result, [sizes[loop] for loop in order]), order
