"""What ops on sliding windows mean: every window is gathered element by element, then combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from akg_mlir.dialects import te
from akg_mlir.dialects.te.pooling import PACKED
from akg_mlir.dialects.te.types import FRACTAL

Array = np.ndarray[Any, np.dtype[Any]]


def conv2d(op: te.Conv2dOp, image: Array, weights: Array) -> Array:
    """Sums of products over each window, one group of channels at a time."""
    groups = op.group_count
    found = windows(op, image, 0)
    batch, channels, *sizes = found.shape
    found = found.reshape(batch, groups, channels // groups, *sizes)
    weights = weights.reshape(groups, -1, *weights.shape[1:])
    total = np.einsum("ngchwij,gocij->ngohw", found, weights, optimize=True)
    return total.reshape(batch, -1, *sizes[:2])


def fractal_conv2d(op: te.FractalConv2dOp, image: Array, weights: Array) -> Array:
    """Sums of products over each window of a packed image, packed."""
    found = windows(op, _channels_first(image), 0)
    if op.by_block:
        blocks = found.reshape(len(found), -1, FRACTAL, *found.shape[2:])
        apart = np.einsum("nbchwij,bijoc->nbohw", blocks, weights, optimize=True)
        return np.moveaxis(apart, 2, -1)
    plain = np.moveaxis(weights, (3, 4, 0, 5), (0, 1, 2, 3))  # [o1, o0, c1, c0, kh, kw]
    plain = plain.reshape(-1, found.shape[1], *plain.shape[4:])
    total = np.einsum("nchwij,ocij->nohw", found, plain, optimize=True)
    return _in_blocks(total, FRACTAL)


def _channels_first(image: Array) -> Array:
    """`[N, C1, .., C0]` to `[N, C, ..]`."""
    blocks = np.moveaxis(image, -1, 2)
    return blocks.reshape(len(blocks), -1, *blocks.shape[3:])


def _in_blocks(image: Array, lanes: int) -> Array:
    """`[N, C, ..]` to `[N, C1, .., C0]`, C0 = `lanes`."""
    blocks = image.reshape(len(image), -1, lanes, *image.shape[2:])
    return np.moveaxis(blocks, 2, -1)


def pool2d(op: te.Pool2dOp, x: Array, combine: Callable[..., Array]) -> Array:
    """The elements of each window combined along `axis`; of a packed image, packed."""
    packed = x.ndim == PACKED
    plain = _channels_first(x) if packed else x
    pooled = combine(windows(op, plain, 0), axis=(4, 5))
    return _in_blocks(pooled, x.shape[-1]) if packed else pooled


def max_pool2d(op: te.MaxPool2dOp, x: Array) -> Array:
    """The largest element of the image in each window."""
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return windows(op, x, least).max(axis=(4, 5))


def avg_pool2d(op: te.AvgPool2dOp, x: Array) -> Array:
    """The sum over each window by the number of its elements that count."""
    total = windows(op, x, 0).sum(axis=(4, 5))
    outside = 0 if op.count_include_pad is None else 1
    return total / windows(op, np.ones_like(x), outside).sum(axis=(4, 5))


def windows(op: te.WindowOp, image: Array, outside: float) -> Array:
    """`[N, C, H, W]` to `[N, C, OH, OW, KH, KW]`; what lies beyond the image is `outside`."""
    rows, columns = (_read(op, axis, image.shape[axis + 2]) for axis in (0, 1))
    inside = np.logical_and.outer(_within(rows, image.shape[2]), _within(columns, image.shape[3]))
    clipped = [np.clip(r, 0, size - 1) for r, size in zip((rows, columns), image.shape[2:])]
    taken = image[:, :, clipped[0][:, :, None, None], clipped[1][None, None]]
    # [.., oh, kh, ow, kw]
    return np.swapaxes(np.where(inside, taken, np.asarray(outside, image.dtype)), 3, 4)


def _read(op: te.WindowOp, axis: int, size: int) -> Array:
    """The positions along one dimension that each window reads, `[outputs, window]`."""
    (stride, dilation), window = (step[axis] for step in op.steps), op.window[axis]
    before, after = op.padding[axis], op.padding[axis + 2]
    outputs = (size + before + after - dilation * (window - 1) - 1) // stride + 1
    return np.add.outer(np.arange(outputs) * stride - before, np.arange(window) * dilation)


def _within(positions: Array, size: int) -> Array:
    return (positions >= 0) & (positions < size)


def padded(x: Array, amounts: Sequence[tuple[int, int]], value: float) -> Array:
    """The array with elements of one value around it."""
    result = np.full([low + n + high for n, (low, high) in zip(x.shape, amounts)], value, x.dtype)
    result[tuple(slice(low, low + n) for n, (low, _) in zip(x.shape, amounts))] = x
    return result
