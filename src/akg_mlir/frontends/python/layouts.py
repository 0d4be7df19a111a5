"""Constants, and functions that move elements without changing them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import TensorType

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_text
from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.dtypes import element_type
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Number, Tensor, Which, operands_of
from akg_mlir.frontends.python.tracing import current

MOST_CONSTANTS = 1 << 16
"""Elements of an array that becomes a constant: what is larger belongs in an argument."""


def reshape(x: Tensor, shape: Sequence[int]) -> Tensor:
    """The same elements in row-major order under another shape; one size may be -1."""
    trace, [x] = operands_of(x)
    sizes = list(shape)
    if sizes.count(-1) == 1:
        known = prod(size for size in sizes if size != -1)
        if known and prod(x.shape) % known == 0:
            sizes[sizes.index(-1)] = prod(x.shape) // known
    if min((*sizes, 1)) < 1:
        raise error(
            f"{x} has no shape {tuple(shape)}", hint="one size may be -1 where the others divide"
        )
    if x.shape == tuple(sizes):
        return x
    value = trace.emit(lambda: te.ReshapeOp(x.value, sizes))
    return Tensor(value, trace, [None] * len(sizes))


def transpose(x: Tensor, dims: Sequence[Which] | None = None) -> Tensor:
    """The dimensions in another order: those named, first to last; reversed by default."""
    trace, [x] = operands_of(x)
    perm = [x.dim(which) for which in (dims if dims is not None else range(x.ndim - 1, -1, -1))]
    value = trace.emit(lambda: te.TransposeOp(x.value, perm))
    return Tensor(value, trace, [x.axes[p] for p in perm])


def broadcast_to(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Elements repeated to a larger shape, as numpy broadcasts."""
    trace, [x] = operands_of(x)
    if x.shape == tuple(shape):
        return x
    value = trace.emit(lambda: te.BroadcastToOp(x.value, shape))
    added: list[Axis | None] = [None] * (len(shape) - x.ndim)
    grown = zip(x.axes, x.shape, shape[len(added) :])
    return Tensor(value, trace, [*added, *(a if s == t else None for a, s, t in grown)])


def concat(parts: Sequence[Tensor], over: Which = 0) -> Tensor:
    """Tensors one behind the other along a dimension."""
    if not parts:
        raise error("no tensors to put together")
    trace, tensors = operands_of(*parts)
    dim = tensors[0].dim(over)
    value = trace.emit(lambda: te.ConcatOp([t.value for t in tensors], dim))
    axes = [None if d == dim else a for d, a in enumerate(tensors[0].axes)]
    return Tensor(value, trace, axes)


def take(x: Tensor, indices: Tensor, over: Which = 0) -> Tensor:
    """The parts of `x` at computed places (i32) along a dimension, whose place the dimensions of
    the indices take; 0 where there is no such place."""
    trace, [x, indices] = operands_of(x, indices)
    dim = x.dim(over)
    value = trace.emit(lambda: te.GatherOp(x.value, indices.value, dim))
    return Tensor(value, trace, [*x.axes[:dim], *indices.axes, *x.axes[dim + 1 :]])


def pad(x: Tensor, low: Sequence[int], high: Sequence[int], value: Number = 0) -> Tensor:
    """`low[d]` elements of one value in front of dimension `d`, `high[d]` behind it."""
    trace, [x] = operands_of(x)
    number = value.item() if isinstance(value, np.generic) else value
    result = trace.emit(lambda: te.PadOp(x.value, low, high, number))
    same = [a == b == 0 for a, b in zip(low, high)]
    return Tensor(result, trace, [a if s else None for a, s in zip(x.axes, same)])


def one_hot(
    x: Tensor, depth: int, dtype: type[Tensor], dim: int = -1, on: Number = 1, off: Number = 0
) -> Tensor:
    """`on` where the place along a new dimension equals the element (of i32), else `off`."""
    trace, [x] = operands_of(x)
    element = element_type(dtype)
    values = [v.item() if isinstance(v, np.generic) else v for v in (on, off)]
    result = trace.emit(lambda: te.OneHotOp(x.value, dim, depth, *values, element=element))
    axes: list[Axis | None] = list(x.axes)
    axes.insert(dim % (x.ndim + 1), None)
    return Tensor(result, trace, axes)


def full(shape: Sequence[int], value: Number, dtype: type[Tensor]) -> Tensor:
    """A tensor of equal elements."""
    number = value.item() if isinstance(value, np.generic) else value
    type_ = TensorType(element_type(dtype), list(shape))
    trace = current()
    result = trace.emit(lambda: te.ConstantOp.splat(type_, number))
    return Tensor(result, trace, [None] * len(shape))


def constant(values: object, dtype: type[Tensor]) -> Tensor:
    """Numbers known when compiling, as an array or as (nested) lists; up to 65,536 of them."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise error(f"a constant of {array.dtype} elements", hint="give numbers")
    if array.size > MOST_CONSTANTS:
        raise error(
            f"a constant of shape {shape_text(array.shape)}", hint="pass large arrays as arguments"
        )
    type_ = TensorType(element_type(dtype), array.shape)
    trace = current()
    result = trace.emit(lambda: te.ConstantOp.of(array.ravel().tolist(), type_))
    return Tensor(result, trace, [None] * array.ndim)
