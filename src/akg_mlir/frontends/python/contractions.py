"""Products of matrices, and convolution."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import broadcast_shape, shape_text
from akg_mlir.frontends.python.dtypes import element_type
from akg_mlir.frontends.python.layouts import broadcast_to, reshape
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Tensor, broadcast_axes, operands_of

Pair: TypeAlias = "int | Sequence[int]"
"""One number for height and width, or two."""


def matmul(a: Tensor, b: Tensor, dtype: type[Tensor] | None = None) -> Tensor:
    """`a @ b` as numpy has it: matrices in the last two dimensions, the others broadcast, vectors
    are a row or a column.

    Products are summed in f32 (f16, bf16, f32) or i32 (i8) and rounded once to `dtype`, by default
    the operands' type, i32 for i8.
    """
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error("@ takes two tensors", hint="scale with *")
    _, [a, b] = operands_of(a, b)
    if 0 in (a.ndim, b.ndim):
        raise error(f"{a} @ {b}: takes vectors and matrices", hint="scale with *")
    row, column = a.ndim == 1, b.ndim == 1
    rows = reshape(a, (1, *a.shape)) if row else a
    columns = reshape(b, (*b.shape, 1)) if column else b
    if rows.shape[-1] != columns.shape[-2]:
        raise error(f"{a} @ {b}: sizes {rows.shape[-1]} and {columns.shape[-2]} are summed over")
    product = _product(rows, columns, dtype)
    shape = list(product.shape)
    axes = list(product.axes)
    for dim in (-1,) * column + ((-1,) if column and row else (-2,)) * row:
        del shape[dim], axes[dim]
    return Tensor(reshape(product, shape).value, product.trace, axes)


def _product(a: Tensor, b: Tensor, dtype: type[Tensor] | None) -> Tensor:
    element = None if dtype is None else element_type(dtype)
    batch = _batch(a, b)
    trace, axes = a.trace, [*broadcast_axes([a, b], but_last=2), a.axes[-2], b.axes[-1]]
    if prod(b.shape[:-2]) == 1:  # one matrix for all rows: they form one matrix
        rows, matrix = reshape(a, (prod(a.shape[:-1]), a.shape[-1])), reshape(b, b.shape[-2:])
        value = trace.emit(lambda: te.MatmulOp(rows.value, matrix.value, element_type=element))
    else:
        left, right = (broadcast_to(t, (*batch, *t.shape[-2:])) for t in (a, b))
        value = trace.emit(lambda: te.BatchMatmulOp(left.value, right.value, element_type=element))
    flat = Tensor(value, trace, [None] * len(te.shape_of(value)))
    shape = (*batch, a.shape[-2], b.shape[-1])
    return Tensor(reshape(flat, shape).value, trace, axes)


def _batch(a: Tensor, b: Tensor) -> tuple[int, ...]:
    left, right = a.shape[:-2], b.shape[:-2]
    if any(1 not in (s, t) and s != t for s, t in zip(reversed(left), reversed(right))):
        raise error(
            f"{a} @ {b}: leading dimensions {shape_text(left)} and {shape_text(right)} do not "
            "broadcast"
        )
    return broadcast_shape([left, right])


def conv2d(
    image: Tensor,
    weights: Tensor,
    strides: Pair = 1,
    dilations: Pair = 1,
    pads: Pair = 0,
    groups: int = 1,
    dtype: type[Tensor] | None = None,
) -> Tensor:
    """Convolution of images `[N, C, H, W]` with weights `[O, C / groups, KH, KW]`.

    `pads` are one number, two (height, width), or four: top, left, bottom, right.
    """
    trace, [image, weights] = operands_of(image, weights)
    element = None if dtype is None else element_type(dtype)
    value = trace.emit(
        lambda: te.Conv2dOp(
            image.value,
            weights.value,
            pair(strides),
            pair(dilations),
            sides(pads),
            groups,
            element,
        )
    )
    return Tensor(value, trace, [image.axes[0], None, None, None])


def pair(values: Pair) -> Sequence[int]:
    """Numbers along height and width."""
    return (values, values) if isinstance(values, int) else tuple(values)


def sides(values: Pair) -> Sequence[int]:
    """Numbers on top, left, bottom and right."""
    numbers = pair(values)
    return (*numbers, *numbers) if len(numbers) == 2 else numbers
