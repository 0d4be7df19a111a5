"""Packed forms of values: `te.pack`, and what broadcasts to a packed value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import BlockArgument, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, fractal_depth
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.padding import ANY, ZERO, Padding
from akg_mlir.passes.tensor.rewriting import Expression, aligned_shape, shown
from akg_mlir.reference.te import constant_array

_COLUMNS = Padding(None, ZERO.columns)
"""Of what has no rows, or where they do not matter: zeros beyond its columns."""


@dataclass(frozen=True)
class Packed:
    """A value in layout nz, or nc1hwc0: then `padding.columns` is that of the channels."""

    value: SSAValue
    padding: Padding
    layout: te.Layout = te.Layout.NZ


def columns_of(layout: te.Layout) -> int:
    """The dimension that is the columns of the product."""
    return 1 if layout == te.Layout.NC1HWC0 else -1


def filled(e: Expression, x: SSAValue, layout: te.Layout) -> SSAValue:
    """A matrix, row or image with zeros where its last fractals or blocks are not full, which tiles
    make on chip; what the host packs needs none."""
    if is_weight(x):
        return x
    shape, depth = te.shape_of(x), fractal_depth(te.element_of(x))
    rows, columns = len(shape) - 2, len(shape) - 1
    lanes = {
        te.Layout.NZ: {rows: FRACTAL, columns: depth},
        te.Layout.ZN: {rows: depth, columns: FRACTAL},
        te.Layout.NC1HWC0: {1: FRACTAL},
        te.Layout.ROW: {columns: FRACTAL},
    }[layout]
    missing = [-size % lanes.get(dim, 1) for dim, size in enumerate(shape)]
    return e(te.PadOp(x, [0] * len(shape), missing, 0.0)) if any(missing) else x


def is_cheap(value: SSAValue) -> bool:
    """Whether the value is given from outside, or the host moves it: packing it costs no kernel's
    fusion."""
    return isinstance(shown(value), BlockArgument) or is_weight(value)


def is_per_channel(value: SSAValue, shape: Sequence[int], layout: te.Layout) -> bool:
    """Whether the value is a number for each channel of images of `shape`, or each column."""
    own = aligned_shape(value, len(shape))
    others = list(own)
    del others[columns_of(layout)]
    return max(others, default=1) == 1


def broadcasting(
    e: Expression, value: SSAValue, shape: Sequence[int], layout: te.Layout
) -> Packed | None:
    """A cheap value that broadcasts to `shape`, in a form that broadcasts to its packing.

    None for the forms that would have to be copied.
    """
    own = aligned_shape(value, len(shape))
    form = _channels if layout == te.Layout.NC1HWC0 else _vector
    return form(e, value, own, shape)


def _vector(
    e: Expression, value: SSAValue, own: Sequence[int], shape: Sequence[int]
) -> Packed | None:
    """A scalar, row or column. Rows and columns that fill their fractals are reshaped, others
    packed."""
    *batch, rows, columns = own
    m, n = shape[-2:]
    if (rows, columns) == (1, 1):
        return Packed(e.reshaped(value, [*batch, 1, 1, 1, 1]), ANY)
    if (rows, columns) == (1, n) and n % FRACTAL == 0:
        form = e.reshaped(value, [*batch, n // FRACTAL, 1, 1, FRACTAL])
        return Packed(form, _COLUMNS)
    if (rows, columns) == (1, n) and set(batch) <= {1}:
        return Packed(_row(e, value, n), _COLUMNS)
    if (rows, columns) == (m, 1) and m % FRACTAL == 0:
        form = e.reshaped(value, [*batch, 1, m // FRACTAL, FRACTAL, 1])
        return Packed(form, Padding(ZERO.rows, None))
    return None


def _channels(
    e: Expression, value: SSAValue, own: Sequence[int], shape: Sequence[int]
) -> Packed | None:
    """A scalar, constants per point, channels or an image."""
    images = te.Layout.NC1HWC0
    channels = shape[1]
    if own[1] == 1 and all(size == 1 for size in own):
        return Packed(e.reshaped(value, [1] * 5), ANY, images)
    if own[:2] == (1, 1) and isinstance(value.owner, te.ConstantOp):
        return _points(e, value.owner, own)
    if own[1] != channels:
        return None
    if channels % FRACTAL == 0 and set(own[2:]) == {1}:
        form = e.reshaped(value, [own[0], channels // FRACTAL, 1, 1, FRACTAL])
        return Packed(form, _COLUMNS, images)
    if set((own[0], *own[2:])) == {1}:
        return Packed(_row(e, value, channels), _COLUMNS, images)
    form = e(te.PackOp(e.reshaped(value, own), images))
    return Packed(form, _COLUMNS, images)


def _points(e: Expression, constant: te.ConstantOp, own: Sequence[int]) -> Packed:
    """Numbers per point, `[1, 1, H, W]`, repeated for the channels of a block, padding among
    them."""
    values = constant_array(constant).reshape(own[2:])
    lanes = np.repeat(values.ravel(), FRACTAL).tolist()
    type_ = TensorType(te.element_of(constant.result), [*own, FRACTAL])
    form = e(te.ConstantOp.of(lanes, type_))
    return Packed(form, Padding(None, values), te.Layout.NC1HWC0)


def _row(e: Expression, value: SSAValue, size: int) -> SSAValue:
    return e(te.PackOp(filled(e, e.reshaped(value, [size]), te.Layout.ROW), te.Layout.ROW))
