"""Reductions, over dimensions given by number, axis or name, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product_of
from typing import TypeAlias

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import is_float
from akg_mlir.frontends.python.compute import ComputeTrace
from akg_mlir.frontends.python.dtypes import f32
from akg_mlir.frontends.python.elementwise import cast
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Operand, Tensor, Which, operands_of

Over: TypeAlias = "Which | Sequence[Which] | None"
"""Dimensions to reduce: one, several, or (None) all."""


def sum(x: Tensor, over: Over = None, keepdims: bool = False) -> Tensor:
    """The sum over dimensions; f16 is summed in f32 and rounded once, integers wrap around."""
    return _reduce("add", x, over, keepdims)


def prod(x: Tensor, over: Over = None, keepdims: bool = False) -> Tensor:
    """The product over dimensions, computed as sums are."""
    return _reduce("mul", x, over, keepdims)


def max(x: Tensor, over: Over = None, keepdims: bool = False) -> Tensor:
    """The largest element; NaN if there is one."""
    return _reduce("max", x, over, keepdims)


def min(x: Tensor, over: Over = None, keepdims: bool = False) -> Tensor:
    """The smallest element; NaN if there is one."""
    return _reduce("min", x, over, keepdims)


def mean(x: Tensor, over: Over = None, keepdims: bool = False) -> Tensor:
    """The mean over dimensions of floats, rounded once."""
    if not is_float(te.element_of(x.value)):
        raise error(f"the mean of {x} is no integer", hint="make floats of it with akg.cast")
    count = product_of(x.shape[dim] for dim in _dims(x, over))
    total = sum(cast(x, f32), over, keepdims)
    return cast(total * (1 / count), x.dtype)


def softmax(x: Tensor, over: Which = -1) -> Tensor:
    """`exp(x) / sum(exp(x))` over one dimension, without overflow; rounded once."""
    trace, [x] = operands_of(x)
    dim = x.dim(over)
    return Tensor(trace.emit(lambda: te.SoftmaxOp(x.value, dim)), trace, x.axes)


def layer_norm(
    x: Tensor,
    scale: Operand = 1.0,
    bias: Tensor | None = None,
    over: Which = -1,
    epsilon: float = 1e-5,
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias`, over dimension `over` and all behind.

    Rounded once.
    """
    trace, [x, factor, *term] = operands_of(x, scale, *([] if bias is None else [bias]))
    first = x.dim(over)
    last = term[0].value if term else None
    value = trace.emit(lambda: te.LayerNormOp(x.value, factor.value, last, first, epsilon))
    return Tensor(value, trace, x.axes)


def batch_norm(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    epsilon: float = 1e-5,
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias` per channel (dimension 1)."""
    trace, tensors = operands_of(x, scale, bias, mean, variance)
    values = [t.value for t in tensors]
    value = trace.emit(lambda: te.BatchNormOp(*values, epsilon=epsilon))
    return Tensor(value, trace, x.axes)


def _dims(x: Tensor, over: Over) -> list[int]:
    if isinstance(x.trace, ComputeTrace):
        raise error("no reduction of akg.compute", hint="there are sum, prod, max and min")
    dims = list(range(x.ndim)) if over is None else [x.dim(which) for which in _several(over)]
    if len(set(dims)) != len(dims):
        raise error(f"a dimension of {x} is reduced twice")
    return sorted(dims)


def _several(over: Which | Sequence[Which] | None) -> Sequence[Which]:
    if over is None:
        return ()
    return over if isinstance(over, Sequence) and not isinstance(over, str) else (over,)


def _reduce(kind: str, x: Tensor, over: Over, keepdims: bool) -> Tensor:
    trace, [x] = operands_of(x)
    if isinstance(trace, ComputeTrace):
        return trace.reduce(te.Reduction(kind), x, _several(over))
    dims = _dims(x, over)
    if not dims:
        return x
    value = trace.emit(lambda: te.ReduceOp(kind, x.value, dims, keepdims))
    kept = [
        None if dim in dims else axis
        for dim, axis in enumerate(x.axes)
        if keepdims or dim not in dims
    ]
    return Tensor(value, trace, kept)
