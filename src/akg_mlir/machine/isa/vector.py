"""Vector instructions that work lane by lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from akg_mlir.machine.errors import FieldError, PoisonError
from akg_mlir.machine.isa import arithmetic
from akg_mlir.machine.isa.lanes import Layout, Piece, pieces
from akg_mlir.machine.isa.plan import (
    Access,
    Core,
    Execute,
    Plan,
    Scalar,
    Stores,
    access,
    check_separate,
    overlaps,
    place,
    valid_view,
)
from akg_mlir.machine.memory import Box, all_ones
from akg_mlir.machine.program import BLOCK, DTYPES, Array, Operand, Vec

Compute: TypeAlias = Callable[[Sequence[Array], Scalar, Core, Piece], Array]
"""Values of one piece from the values of its sources."""

ACCUMULATING = frozenset(("vmla", "vaxpy"))


def layout(operand: Operand, strides: tuple[int, int]) -> Layout:
    """The layout of a vector operand."""
    return Layout(DTYPES[operand.element].itemsize, *strides)


def plan_lanes(vec: Vec) -> Plan:
    """An element-wise instruction: arithmetic, conversion, select, broadcast of a scalar."""
    assert vec.dst is not None
    # vmla and vaxpy read their destination: it becomes one more source.
    extra = (0,) if vec.opcode in ACCUMULATING else ()
    positions = (*range(1, len(vec.srcs) + 1), *extra)
    strides = (vec.dst_stride, *vec.src_strides)
    layouts = [layout(op, s) for op, s in zip(vec.operands, strides)]
    dst_pieces = pieces([layouts[0], *(layouts[p] for p in positions)], vec.repeat, vec.mask)
    accesses = [
        access(position, vec.operands[position], False, [p.boxes[i + 1] for p in dst_pieces])
        for i, position in enumerate(positions)
    ]
    accesses.append(access(0, vec.dst, True, [p.boxes[0] for p in dst_pieces]))
    compute = _computation(vec)
    if vec.repeat > 1 and vec.dst_stride[1] == 0:
        first = pieces([layouts[0], *(layouts[p] for p in positions)], 1, vec.mask)
        check_separate(vec, [p.boxes[0] for p in first])
        execute = _accumulate(vec, compute, positions, first)
        return Plan(vec, tuple(accesses), execute, _accumulation_rule(vec, positions, accesses))
    check_separate(vec, accesses[-1].boxes)
    execute = _parallel(vec, compute, positions, dst_pieces)
    return Plan(vec, tuple(accesses), execute, _overlap_rule(vec, positions, accesses))


def _computation(vec: Vec) -> Compute:
    dtype = DTYPES[vec.operands[0].element]
    if vec.opcode in arithmetic.BINARY:
        binary = arithmetic.BINARY[vec.opcode]
        return lambda v, s, c, p: binary(v[0], v[1])
    if vec.opcode in arithmetic.UNARY:
        unary = arithmetic.UNARY[vec.opcode]
        return lambda v, s, c, p: unary(v[0])
    if vec.opcode in arithmetic.SCALAR:
        with_scalar = arithmetic.SCALAR[vec.opcode]
        return lambda v, s, c, p: with_scalar(v[0], dtype.type(s))
    match vec.opcode:
        case "vmla":
            return lambda v, s, c, p: arithmetic.multiply_add(v[0], v[1], v[2])
        case "vaxpy":
            return lambda v, s, c, p: arithmetic.multiply_add(v[0], dtype.type(s), v[1])
        case "vconv":
            return lambda v, s, c, p: arithmetic.convert(v[0], dtype)
        case "vector_dup":
            return lambda v, s, c, p: dtype.type(s)
        case "vsel":
            return _select
        case _:
            raise FieldError(f"{vec.label}: unknown vector instruction '{vec.opcode}'")


def _select(values: Sequence[Array], scalar: Scalar, core: Core, piece: Piece) -> Array:
    count = int(np.prod(piece.shape))
    bits = core.compare_mask[piece.first : piece.first + count].reshape(piece.shape)
    return np.where(bits, values[0], values[1])


def _validity(vec: Vec, valid: Sequence[Array], core: Core, piece: Piece) -> Any:
    """An element is valid when everything it was computed from is."""
    ones = all_ones(DTYPES[vec.operands[0].element])
    if vec.opcode == "vsel":
        return _select(valid, None, core, piece)
    if vec.opcode == "vconv":
        source = DTYPES[vec.srcs[0].element]
        return np.where(valid[0] == all_ones(source), ones, 0)
    if not valid:
        return ones
    if len(valid) == 1:
        return valid[0].copy()
    result = valid[0] & valid[1]
    for other in valid[2:]:
        result &= other
    return result


def _check_mask(vec: Vec, core: Core) -> None:
    if vec.opcode == "vsel" and not core.compare_mask_set[: vec.mask].all():
        raise PoisonError(f"{vec.label}: the compare mask was never set for all of its lanes")


def _parallel(
    vec: Vec, compute: Compute, positions: Sequence[int], cut: Sequence[Piece]
) -> Execute:
    """All repeats at once; the usual case."""
    places = [place(op) for op in vec.operands]
    dtypes = [DTYPES[op.element] for op in vec.operands]

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        _check_mask(vec, core)
        stores: Stores = []
        target = core.spaces[places[0]]
        for piece in cut:
            values: list[Array] = []
            valid: list[Array] = []
            for box, p in zip(piece.boxes[1:], positions):
                memory = core.spaces[places[p]]
                values.append(box.view(memory.data, addresses[p], dtypes[p]))
                valid.append(valid_view(box, memory, addresses[p], dtypes[p]))
            box = piece.boxes[0]
            stores.append(
                (
                    box.view(target.data, addresses[0], dtypes[0]),
                    compute(values, scalar, core, piece),
                )
            )
            known = _validity(vec, valid, core, piece)
            stores.append((valid_view(box, target, addresses[0], dtypes[0]), known))
        return stores

    return execute


def _accumulate(
    vec: Vec, compute: Compute, positions: Sequence[int], cut: Sequence[Piece]
) -> Execute:
    """Repeat after repeat into one destination that is also a source (repeat stride 0)."""
    places = [place(op) for op in vec.operands]
    dtypes = [DTYPES[op.element] for op in vec.operands]
    strides = (vec.dst_stride, *vec.src_strides)

    def execute(core: Core, addresses: Sequence[int], scalar: Scalar) -> Stores:
        _check_mask(vec, core)
        stores: Stores = []
        target = core.spaces[places[0]]
        for piece in cut:
            data = piece.boxes[0].view(target.data, addresses[0], dtypes[0])
            known = valid_view(piece.boxes[0], target, addresses[0], dtypes[0])
            result, result_known = data.copy(), known.copy()
            for r in range(vec.repeat):
                values: list[Array] = []
                valid: list[Array] = []
                for box, p in zip(piece.boxes[1:], positions):
                    if _same(vec, p, addresses):
                        values.append(result)
                        valid.append(result_known)
                        continue
                    memory, address = (
                        core.spaces[places[p]],
                        addresses[p] + r * strides[p][1] * BLOCK,
                    )
                    values.append(box.view(memory.data, address, dtypes[p]))
                    valid.append(valid_view(box, memory, address, dtypes[p]))
                result = compute(values, scalar, core, piece)
                result_known = _validity(vec, valid, core, piece)
            stores += [(data, result), (known, result_known)]
        return stores

    return execute


def _same(vec: Vec, position: int, addresses: Sequence[int]) -> bool:
    """Whether a source is exactly the destination: address, strides and element type."""
    strides = (vec.dst_stride, *vec.src_strides)
    operands = vec.operands
    return (
        addresses[position] == addresses[0]
        and strides[position] == strides[0]
        and place(operands[position]) == place(operands[0])
        and operands[position].element == operands[0].element
    )


def _accumulation_rule(
    vec: Vec, positions: Sequence[int], accesses: Sequence[Access]
) -> Callable[..., str | None]:
    """One source must be the destination; the others follow the usual rule."""
    overlap = _overlap_rule(vec, positions, accesses)

    def conflict(addresses: Sequence[int]) -> str | None:
        if not any(_same(vec, p, addresses) for p in positions):
            return "destination repeats overlap and no source accumulates in place"
        return overlap(addresses)

    return conflict


def _overlap_rule(
    vec: Vec, positions: Sequence[int], accesses: Sequence[Access]
) -> Callable[..., str | None]:
    """A source may be exactly the destination, or lie where no earlier or same repeat writes."""
    written = accesses[-1].boxes

    def conflict(addresses: Sequence[int]) -> str | None:
        for p, read in zip(positions, accesses):
            if _same(vec, p, addresses) or place(vec.operands[p]) != place(vec.operands[0]):
                continue
            if _clobbers(written, read.boxes, addresses[p] - addresses[0]):
                return f"source {p} partly overlaps the destination"
        return None

    return conflict


@lru_cache(maxsize=4096)
def _clobbers(written: tuple[Box, ...], read: tuple[Box, ...], distance: int) -> bool:
    """Whether a repeat reads what it or an earlier repeat writes."""
    if not overlaps(written, read, distance):
        return False
    low = min(box.low for box in written)
    writer = np.full(max(box.high for box in written) - low, np.iinfo(np.int64).max)
    for box in written:
        positions = box.bytes().reshape(box.counts[0], -1) - low
        np.minimum.at(writer, positions, np.arange(box.counts[0])[:, None])
    for box in read:
        positions = box.bytes().reshape(box.counts[0], -1) + distance - low
        repeats = np.broadcast_to(np.arange(box.counts[0])[:, None], positions.shape)
        inside = (positions >= 0) & (positions < writer.size)
        if (writer[positions[inside]] <= repeats[inside]).any():
            return True
    return False
