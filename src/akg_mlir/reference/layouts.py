"""What packing means: blocks of 16 (or 32, of i8), padded with zeros, in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, fractal_depth

Array = np.ndarray[Any, np.dtype[Any]]


def pack(op: te.PackOp, x: Array) -> Array:
    """A tensor in blocks."""
    layout = op.layout.data
    if layout == te.Layout.ROW:
        return _blocks(x, (0,))[:, None, None]
    if layout == te.Layout.NC1HWC0:
        return np.moveaxis(_blocks(x, (1,)), 2, -1)
    if layout == te.Layout.FRACTAL_Z:
        # [o1, o0, c1, c0, kh, kw] to [c1, kh, kw, o1, o0, c0]
        return _blocks(x, (0, 1)).transpose(2, 4, 5, 0, 1, 3)
    depth = fractal_depth(te.element_of(op.operand))
    if layout == te.Layout.NZ:  # from [.., r1, r0, c1, c0]
        return np.moveaxis(_blocks(x, (x.ndim - 1, x.ndim - 2), depth), -2, -4)
    return np.moveaxis(_blocks(x, (x.ndim - 2, x.ndim - 1), depth), -3, -1)


def unpack(op: te.UnpackOp, x: Array) -> Array:
    """The tensor that was packed."""
    shape, layout = te.shape_of(op.result), op.layout.data
    if layout == te.Layout.ROW:
        whole = x.reshape(-1)
    elif layout == te.Layout.NC1HWC0:
        whole = np.moveaxis(x, -1, 2).reshape(len(x), -1, *x.shape[2:-1])
    elif layout == te.Layout.FRACTAL_Z:
        blocks = x.transpose(3, 4, 0, 5, 1, 2)
        whole = blocks.reshape(x.shape[3] * FRACTAL, x.shape[0] * FRACTAL, *x.shape[1:3])
    else:
        blocks = np.moveaxis(x, -4, -2) if layout == te.Layout.NZ else np.moveaxis(x, -1, -3)
        *batch, rows, r0, columns, c0 = blocks.shape
        whole = blocks.reshape(*batch, rows * r0, columns * c0)
    return whole[tuple(slice(size) for size in shape)]


def _blocks(x: Array, dims: Sequence[int], depth: int = FRACTAL) -> Array:
    """The dimensions `dims` as blocks and what is in them: `depth` of the first, 16 of others."""
    lanes = {dim: depth if dim == dims[0] else FRACTAL for dim in dims}
    padded = np.pad(x, [(0, -size % lanes.get(k, 1)) for k, size in enumerate(x.shape)])
    shape: list[int] = []
    for k, size in enumerate(padded.shape):
        shape += [size // lanes[k], lanes[k]] if k in lanes else [size]
    return padded.reshape(shape)
