"""Stores of rows that end inside a block, where the next row follows at once in GM.

A block may not be stored beyond the end of a row, but one that holds the end of a row *and* the
beginning of the next may. These seams are put together on chip: transposed, lanes are rows, and
rows can be put behind each other.
"""

from __future__ import annotations

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.bursts import write_bursts
from akg_mlir.passes.npu.legalise.elementwise import in_parts
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.permute import move, transpose
from akg_mlir.passes.npu.legalise.scalar import scalar_copy
from akg_mlir.passes.npu.legalise.transpose import ROWS
from akg_mlir.passes.npu.legalise.views import Box, Index

WORTH = 32
"""Elements at row ends from which seams are faster than the scalar unit (some 50 cycles each)."""

BUFFERS = 3
"""Of a block per row, alive together, that share the scratch of one op: ends, heads and seams."""


def has_seams(emitter: Emitter, box: Box) -> bool:
    """Rows of a store follow each other without gaps, and there are enough of them."""
    if len(box.sizes) < 2 or box.operands[1].space != npu.Space.UB:
        return False
    rows, length = box.sizes[-2:]
    tail = length % box.dst.block
    movable = emitter.has(npu.Opcode.VMAX, box.dst.element)
    return (
        movable
        and length >= box.dst.block
        and box.dst.strides[-2] == length
        and (rows - 1) * tail >= WORTH
    )


def store_with_seams(emitter: Emitter, box: Box) -> None:
    """Store a box that `has_seams`: whole blocks, then seams, then the end of the last row."""
    rows, length = box.sizes[-2:]
    tail = length % box.dst.block
    step = max(ROWS, emitter.scratch_bytes // (BUFFERS * npu.BLOCK_BYTES) // ROWS * ROWS)

    def matrix(at: tuple[Index, ...]) -> None:
        operands = (o.at_all(range(len(at)), at) for o in box.operands)
        part = Box((rows, length), tuple(o.with_strides(o.strides[-2:]) for o in operands))
        write_bursts(emitter, part.slice(1, 0, length - tail))
        starts = part.slice(0, 0, rows - 1)
        in_parts(emitter, starts, 0, step, lambda some: _seams(emitter, some, tail))
        last = part.drop(0, rows - 1).slice(0, length - tail, tail)
        scalar_copy(emitter, last.dst, last.operands[1], last.sizes)

    emitter.nest(box.sizes[:-2], matrix)


def _seams(emitter: Emitter, box: Box, tail: int) -> None:
    """The seams behind each of these rows, of which each has a next one."""
    (rows, length), (dst, src) = box.sizes, box.operands
    block = dst.block
    room = -(-rows // ROWS) * ROWS
    ends, heads = (emitter.scratch([block, room], src.element) for _ in range(2))
    across = src.with_strides((1, src.strides[0]))
    transpose(emitter, Box((block, rows), (ends, across.moved(length - tail))))
    transpose(emitter, Box((block, rows), (heads, across.at(1, 1))))
    move(emitter, Box((block - tail, rows), (ends.at(0, tail), heads)))
    seams = emitter.scratch([rows, block], src.element)
    transpose(emitter, Box((rows, block), (seams, ends.with_strides((1, room)))))
    at = dst.moved(length - tail)
    write_bursts(emitter, Box((rows, block), (at, seams)))
