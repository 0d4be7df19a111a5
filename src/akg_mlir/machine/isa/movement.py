"""Copies, fractal loads and block transposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from akg_mlir.machine.errors import FieldError
from akg_mlir.machine.isa.arithmetic import convert
from akg_mlir.machine.isa.plan import (
    Core,
    Execute,
    Plan,
    Scalar,
    Stores,
    access,
    apart,
    check_separate,
    place,
    require_valid,
    valid_view,
)
from akg_mlir.machine.memory import Box, all_ones
from akg_mlir.machine.program import BLOCK, DTYPES, GM, Copy, Fetch, Load2d, Vnchwconv

_SIDE = 16
_FRACTAL_ELEMENTS = _SIDE * _SIDE
_FRACTAL_BYTES = 512
_BYTE = np.dtype(np.uint8)


def burst_units(copy: Copy) -> tuple[int, int, int, int]:
    """Bytes of (source burst unit, source gap unit, destination burst unit, destination gap unit).

    Between L0C and UB bursts, and the gap on the side of L0C, count 16x16 fractals; from L0C to GM
    they count rows of 16 elements.
    """
    elements = _SIDE if copy.dst.memory == GM else _FRACTAL_ELEMENTS
    src, dst = (DTYPES[op.element].itemsize * elements for op in (copy.src, copy.dst))
    if copy.src.memory == "l0c":
        return src, src, dst, BLOCK
    if copy.dst.memory == "l0c":
        return src, BLOCK, dst, dst
    return BLOCK, BLOCK, BLOCK, BLOCK


def plan_copy(copy: Copy) -> Plan:
    """`npu.copy`: bursts; from L0C they may convert f32 to f16."""
    src_unit, src_gap, dst_unit, dst_gap = burst_units(copy)
    source = _bursts(copy, src_unit, copy.src_gap * src_gap)
    target = _bursts(copy, dst_unit, copy.dst_gap * dst_gap)
    rows = copy.len_burst + copy.src_gap
    if (copy.src.memory, copy.dst.memory) == ("l0c", GM) and copy.n_burst > 1 and rows % _SIDE:
        raise FieldError(f"{copy.label}: a burst starts {rows} rows behind the last, in a fractal")
    src_type, dst_type = DTYPES[copy.src.element], DTYPES[copy.dst.element]
    if src_type != dst_type and (copy.src.memory, copy.src.element, copy.dst.element) != (
        "l0c",
        "f32",
        "f16",
    ):
        raise FieldError(f"{copy.label}: cannot convert {copy.src.element} to {copy.dst.element}")
    accesses = (access(1, copy.src, False, [source]), access(0, copy.dst, True, [target]))
    execute = _move(copy, source, target, (src_type, dst_type))
    return Plan(copy, accesses, execute, apart(copy.operands, accesses))


def _bursts(copy: Copy, unit: int, gap: int) -> Box:
    length = copy.len_burst * unit
    return Box((copy.n_burst,), (length + gap,), length)


def _move(
    copy: Copy, source: Box, target: Box, types: tuple[np.dtype[Any], np.dtype[Any]]
) -> Execute:
    """Move elements box to box, with their validity; GM accepts valid bytes only."""
    src_place, dst_place = place(copy.src), place(copy.dst)
    src_type, dst_type = types
    to_gm, converts = copy.dst.memory == GM, src_type != dst_type

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        src, dst = core.spaces[src_place], core.spaces[dst_place]
        if not converts:
            values = source.view(src.data, addresses[1], _BYTE).copy()
            valid = source.view(src.valid, addresses[1], _BYTE)
            if to_gm:
                require_valid(copy.label, copy.src, valid, _BYTE, "are stored to gm")
            return [
                (target.view(dst.data, addresses[0], _BYTE), values),
                (target.view(dst.valid, addresses[0], _BYTE), valid.copy()),
            ]
        values = convert(source.view(src.data, addresses[1], src_type), dst_type)
        known = valid_view(source, src, addresses[1], src_type) == all_ones(src_type)
        return [
            (target.view(dst.data, addresses[0], dst_type), values),
            (
                valid_view(target, dst, addresses[0], dst_type),
                np.where(known, all_ones(dst_type), 0),
            ),
        ]

    return execute


def plan_fetch(fetch: Fetch) -> Plan:
    """`npu.fetch`: a copy from one of several places. What is no place leaves all as it is, which
    is written all the same: nothing that data says changes what may happen when."""
    source, target = (_bursts(fetch, BLOCK, gap * BLOCK) for gap in (fetch.src_gap, fetch.dst_gap))
    whole = Box((), (), (fetch.places - 1) * fetch.step + source.high)
    accesses = (
        replace(access(1, fetch.src, False, [whole]), part=fetch.n_burst * source.run),
        access(0, fetch.dst, False, [target]),
        access(0, fetch.dst, True, [target]),
    )
    src_place, dst_place = place(fetch.src), place(fetch.dst)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        src, dst = core.spaces[src_place], core.spaces[dst_place]
        number = int(scalar)
        if fetch.from_end and number < 0:
            number += fetch.places
        if 0 <= number < fetch.places:
            start = addresses[1] + number * fetch.step
            taken = [source.view(array, start, _BYTE) for array in (src.data, src.valid)]
        else:
            taken = [target.view(array, addresses[0], _BYTE) for array in (dst.data, dst.valid)]
        return [
            (target.view(array, addresses[0], _BYTE), values.copy())
            for array, values in zip((dst.data, dst.valid), taken)
        ]

    return Plan(fetch, accesses, execute)


def plan_load2d(load: Load2d) -> Plan:
    """`npu.load2d`: fractals of 512 B from L1 to L0A or L0B."""
    source = Box((load.repeat,), (load.src_stride * _FRACTAL_BYTES,), _FRACTAL_BYTES)
    target = Box((load.repeat,), ((1 + load.dst_gap) * _FRACTAL_BYTES,), _FRACTAL_BYTES)
    accesses = (access(1, load.src, False, [source]), access(0, load.dst, True, [target]))
    src_place, dst_place = place(load.src), place(load.dst)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        src, dst = core.spaces[src_place], core.spaces[dst_place]
        return [
            (
                target.view(to, addresses[0], _BYTE),
                source.view(of, addresses[1], _BYTE).copy(),
            )
            for of, to in ((src.data, dst.data), (src.valid, dst.valid))
        ]

    return Plan(load, accesses, execute)


def plan_vnchwconv(conv: Vnchwconv) -> Plan:
    """`npu.vnchwconv`: 16 blocks by 16 (two-byte) or 8 (four-byte) elements, transposed."""
    dtype = DTYPES[conv.src.element]
    size = dtype.itemsize
    if size not in (2, 4):
        raise FieldError(f"{conv.label}: elements of {size} bytes cannot be transposed")
    source = Box((conv.repeat, 16), (conv.src_repeat * BLOCK, conv.src_stride * BLOCK), BLOCK)
    target = Box((conv.repeat, 16), (conv.dst_repeat * BLOCK, conv.dst_stride * BLOCK), BLOCK)
    accesses = (access(1, conv.src, False, [source]), access(0, conv.dst, True, [target]))
    check_separate(conv, [target])
    src_place, dst_place = place(conv.src), place(conv.dst)
    bits = np.dtype(f"u{size}")

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        src, dst = core.spaces[src_place], core.spaces[dst_place]
        stores: Stores = []
        for of, to in ((src.data, dst.data), (src.valid, dst.valid)):
            rows = source.view(of, addresses[1], bits).swapaxes(1, 2)
            # A row of 16 four-byte elements fills two destination blocks.
            blocks = np.ascontiguousarray(rows).reshape(conv.repeat, 16, BLOCK // size)
            stores.append((target.view(to, addresses[0], bits), blocks))
        return stores

    return Plan(conv, accesses, execute, apart(conv.operands, accesses))
