"""The scalar unit: register loads and blocks that walk a box element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from akg_mlir.machine.errors import MachineError
from akg_mlir.machine.isa.plan import (
    Access,
    Core,
    Plan,
    Scalar,
    Stores,
    access,
    overlaps,
    place,
    require_valid,
    valid_view,
)
from akg_mlir.machine.memory import Box, unsigned
from akg_mlir.machine.program import DTYPES, Array, ScalarBlock, ScalarLoad, View


def plan_scalar_load(load: ScalarLoad) -> Plan:
    """`npu.scalar_load`: returns the value as a store into a one-element array."""
    dtype = DTYPES[load.src.element]
    box = Box((), (), dtype.itemsize)
    where = place(load.src)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        memory = core.spaces[where]
        valid = valid_view(box, memory, addresses[0], dtype)
        require_valid(load.label, load.src, valid, dtype, "are loaded into a register")
        register = np.empty(1, dtype)
        return [(register, box.view(memory.data, addresses[0], dtype).copy())]

    return Plan(load, (access(0, load.src, False, [box], dtype.itemsize),), execute)


def plan_scalar_block(block: ScalarBlock) -> Plan:
    """`npu.scalar`: runs to its end at once, so it has nothing left to store."""
    boxes = [_box(view) for view in block.views]
    dtypes = [DTYPES[view.operand.element] for view in block.views]
    places = [place(view.operand) for view in block.views]
    accesses = [
        access(i, block.views[i].operand, write, [boxes[i]], dtypes[i].itemsize)
        for write, positions in ((False, block.reads), (True, block.writes))
        for i in positions
    ]
    parts = {i: prod(block.sizes) * dtypes[i].itemsize for i in block.found}
    accesses = [a if a.write else replace(a, part=parts.get(a.operand)) for a in accesses]
    written = [a for a in accesses if a.write]

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        memories = [core.spaces[p] for p in places]
        data = [
            _elements(m.data, a, v, t, t)
            for m, a, v, t in zip(memories, addresses, block.views, dtypes)
        ]
        valid = [
            _elements(m.valid, a, v, t, unsigned(t))
            for m, a, v, t in zip(memories, addresses, block.views, dtypes)
        ]
        run = block.elementwise
        if block.vectorised is not None and not _aliased(places, accesses, written, addresses):
            run = block.vectorised
        try:
            run(data, valid)
        except MachineError as error:
            raise type(error)(f"{block.label}: {error}") from None
        return []

    return Plan(block, tuple(accesses), execute)


def _box(view: View) -> Box:
    size = DTYPES[view.operand.element].itemsize
    strides = tuple(s * size for s in view.strides)
    if view.sizes and view.strides[-1] == 1:
        return Box(view.sizes[:-1], strides[:-1], view.sizes[-1] * size)
    return Box(view.sizes, strides, size)


def _elements(
    array: Array, address: int, view: View, element: np.dtype[Any], seen_as: np.dtype[Any]
) -> Array:
    strides = [s * element.itemsize for s in view.strides]
    return np.ndarray(view.sizes, seen_as, array, address, strides)


def _aliased(
    places: Sequence[str | int],
    accesses: Sequence[Access],
    written: Sequence[Access],
    addresses: Sequence[int],
) -> bool:
    """Whether a written view shares bytes with a different view."""
    return any(
        other.operand != store.operand
        and places[other.operand] == places[store.operand]
        and overlaps(store.boxes, other.boxes, addresses[other.operand] - addresses[store.operand])
        for store in written
        for other in accesses
    )
