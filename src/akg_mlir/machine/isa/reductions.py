"""Vector instructions across lanes: whole and block reductions, compares into the mask register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from akg_mlir.machine.errors import FieldError
from akg_mlir.machine.isa import arithmetic
from akg_mlir.machine.isa.lanes import Piece, pieces
from akg_mlir.machine.isa.plan import (
    Core,
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
from akg_mlir.machine.isa.vector import layout
from akg_mlir.machine.memory import Box, all_ones
from akg_mlir.machine.program import BLOCK, DTYPES, Array, Vec

_BLOCKS = 8

# The neutral element keeps every value as it is, the sign of zero included.
_COMBINE: Mapping[str, tuple[Callable[[Array, Array], Array], float]] = {
    "add": (np.add, -0.0),
    "max": (arithmetic.maximum, -np.inf),
    "min": (arithmetic.minimum, np.inf),
}
WHOLE: Mapping[str, str] = {"vcadd": "add", "vcmax": "max", "vcmin": "min"}
GROUP: Mapping[str, str] = {"vcgadd": "add", "vcgmax": "max", "vcgmin": "min"}


def plan_whole(vec: Vec) -> Plan:
    """`vcadd`, `vcmax`, `vcmin`: one element per repeat; the repeat stride counts elements."""
    size = DTYPES[vec.srcs[0].element].itemsize
    return _plan(vec, WHOLE[vec.opcode], 1, size)


def plan_group(vec: Vec) -> Plan:
    """`vcg*`: one element per active source block, adjacent; the repeat stride counts blocks."""
    size = DTYPES[vec.srcs[0].element].itemsize
    return _plan(vec, GROUP[vec.opcode], -(-vec.mask * size // BLOCK), BLOCK)


def _plan(vec: Vec, kind: str, blocks: int, stride_unit: int) -> Plan:
    assert vec.dst is not None
    dtype = DTYPES[vec.dst.element]
    size = dtype.itemsize
    cut = pieces([layout(vec.srcs[0], vec.src_strides[0])], vec.repeat, vec.mask)
    result = Box((vec.repeat,), (vec.dst_stride[1] * stride_unit,), blocks * size)
    check_separate(vec, [result])
    alignment = size if vec.opcode in WHOLE else _BLOCKS * size
    accesses = (
        access(1, vec.srcs[0], False, [p.boxes[0] for p in cut]),
        access(0, vec.dst, True, [result], alignment),
    )
    combine, neutral = _COMBINE[kind]
    lanes = BLOCK * _BLOCKS // size
    groups = _BLOCKS if vec.opcode in GROUP else 1
    source, target = place(vec.srcs[0]), place(vec.dst)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        values = np.full((vec.repeat, lanes), neutral, dtype)
        memory = core.spaces[source]
        for piece in cut:
            box = piece.boxes[0]
            valid = valid_view(box, memory, addresses[1], dtype)
            require_valid(vec.label, vec.srcs[0], valid, dtype, "are reduced")
            view = box.view(memory.data, addresses[1], dtype)
            values[:, _lanes_of(piece)] = view.reshape(vec.repeat, -1)
        reduced = arithmetic.tree(combine, values.reshape(vec.repeat, groups, -1))[:, :blocks]
        out = core.spaces[target]
        return [
            (result.view(out.data, addresses[0], dtype), reduced),
            (valid_view(result, out, addresses[0], dtype), np.array(all_ones(dtype))),
        ]

    return Plan(vec, accesses, execute, apart(vec.operands, accesses))


def _lanes_of(piece: Piece) -> slice:
    return slice(piece.first, piece.first + int(np.prod(piece.shape)))


def plan_compare(vec: Vec) -> Plan:
    """`vcmp_*`: set the active bits of the compare mask register, which `vsel` reads in order."""
    if vec.dst is not None or vec.repeat != 1:
        raise FieldError(f"{vec.label}: a compare has no destination and one repeat")
    layouts = [layout(op, s) for op, s in zip(vec.srcs, vec.src_strides)]
    cut = pieces(layouts, 1, vec.mask)
    accesses = tuple(
        access(i, op, False, [p.boxes[i] for p in cut]) for i, op in enumerate(vec.srcs)
    )
    dtype = DTYPES[vec.srcs[0].element]
    compare = arithmetic.COMPARE[vec.opcode]
    places = [place(op) for op in vec.srcs]

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        for piece in cut:
            values: list[Array] = []
            for box, operand, where, address in zip(piece.boxes, vec.srcs, places, addresses):
                memory = core.spaces[where]
                valid = valid_view(box, memory, address, dtype)
                require_valid(vec.label, operand, valid, dtype, "are compared")
                values.append(box.view(memory.data, address, dtype))
            lanes = _lanes_of(piece)
            core.compare_mask[lanes] = compare(values[0], values[1]).ravel()
            core.compare_mask_set[lanes] = True
        return []

    return Plan(vec, accesses, execute)
