"""Loads by img2col: the windows of an image as rows of a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from akg_mlir.machine.isa.plan import Core, Plan, Scalar, Stores, access, place
from akg_mlir.machine.memory import VALID, Box
from akg_mlir.machine.program import BLOCK, Array, Load3d

_SIDE = 16
_FRACTAL_BYTES = _SIDE * BLOCK
_BYTE = np.dtype(np.uint8)


def plan_load3d(load: Load3d) -> Plan:
    """`npu.load3d`: one block of channels of one tap, for 16 output points per fractal. What lies
    outside the image, and points beyond the last one, read valid zeros."""
    height, width = load.image
    source = Box((height * width,), (BLOCK,), BLOCK)
    target = Box((load.repeat,), (load.jump * _FRACTAL_BYTES,), _FRACTAL_BYTES)
    accesses = (access(1, load.src, False, [source]), access(0, load.dst, True, [target]))
    src_place, dst_place = place(load.src), place(load.dst)
    pixels, inside = _pixels(load)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        src, dst = core.spaces[src_place], core.spaces[dst_place]
        stores: Stores = []
        for of, to, outside in ((src.data, dst.data, 0), (src.valid, dst.valid, VALID)):
            rows = np.full((load.repeat * _SIDE, BLOCK), outside, _BYTE)
            rows[inside] = source.view(of, addresses[1], _BYTE)[pixels]
            stores.append((target.view(to, addresses[0], _BYTE), rows.reshape(load.repeat, -1)))
        return stores

    return Plan(load, accesses, execute)


def _pixels(load: Load3d) -> tuple[Array, Array]:
    """The pixels that are read, and the rows of the matrix they become."""
    top, left, bottom, right = load.pads
    height, width = load.image
    rows, columns = (
        (size + around - dilation * (taps - 1) - 1) // stride + 1
        for size, around, dilation, taps, stride in zip(
            load.image, (top + bottom, left + right), load.dilations, load.kernel, load.strides
        )
    )
    row, column = np.divmod(np.arange(load.repeat * _SIDE), max(1, columns))
    y = row * load.strides[0] + load.tap[0] * load.dilations[0] - top
    x = column * load.strides[1] + load.tap[1] * load.dilations[1] - left
    inside = (row < rows) & (0 <= y) & (y < height) & (0 <= x) & (x < width)
    return (y * width + x)[inside], np.flatnonzero(inside)
