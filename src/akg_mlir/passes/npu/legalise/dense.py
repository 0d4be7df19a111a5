"""Stores of short rows that follow each other in GM without gaps: one burst for all of them.

On chip every row starts on a block. Rows in which some number of them fills whole 16-lane rows are
put behind each other by transposes: transposed, what is not part of a row is whole rows of lanes,
which are left out.

    [groups, rows x pitch] -> [rows x pitch, groups] -> [rows x length, groups]
                           -> [groups, rows x length]
"""

from __future__ import annotations

from math import gcd

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.bursts import write_bursts
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.permute import move, transpose
from akg_mlir.passes.npu.legalise.scalar import scalar_copy
from akg_mlir.passes.npu.legalise.transpose import ROWS
from akg_mlir.passes.npu.legalise.views import Box

SHORT = 512
"""Bytes from row to row on chip up to which transposing them takes less than bursts of their own
(24 cycles for the row, and again for the block in which it ends)."""
WORTH = 4
"""Groups of rows from which it does: transposes take as long for few of them as for 16."""
SHARE = 2
"""Times that transposes of the fewest rows may take what scratch of one op should: they have three
buffers."""
ELEMENTS = 32
"""Elements from which they take less than the scalar unit, which moves rows shorter than a block
(some 25 cycles each)."""


def grouped(length: int) -> int:
    """The least number of rows of that many elements that fill whole rows of 16 lanes."""
    return ROWS // gcd(length, ROWS)


def is_dense(emitter: Emitter, box: Box) -> bool:
    """A store from UB of enough short rows that follow each other without gaps, block-aligned on
    chip."""
    if len(box.sizes) < 2 or box.operands[1].space != npu.Space.UB:
        return False
    dst, src = box.operands
    rows, length = box.sizes[-2:]
    movable = emitter.has(npu.Opcode.VMAX, dst.element)
    turned = emitter.target.supports("vnchwconv", str(dst.element))
    short = src.strides[-2] * src.size <= SHORT
    adjacent = dst.strides[-2] == length
    turned_bytes = grouped(length) * ROWS * src.strides[-2] * src.size
    short = short and turned_bytes <= SHARE * emitter.scratch_bytes
    enough = rows >= WORTH * grouped(length)
    if length < dst.block:
        enough = rows >= grouped(length) and rows * length >= ELEMENTS
    return movable and turned and short and adjacent and enough


def store_dense(emitter: Emitter, box: Box) -> None:
    """Store [rows, length] of a box that `is_dense`, rows being a multiple of `grouped(length)`."""
    (rows, length), pitch = box.sizes, box.operands[1].strides[0]
    per_group = grouped(length) * ROWS
    room = emitter.scratch_bytes // (pitch * box.dst.size)
    step = max(per_group, room // per_group * per_group)
    for start in range(0, rows, step):
        _store(emitter, box.slice(0, start, min(step, rows - start)))


def _store(emitter: Emitter, box: Box) -> None:
    (rows, length), (dst, src) = box.sizes, box.operands
    together, pitch, element = grouped(length), src.strides[0], src.element
    groups = rows // together
    room = -(-groups // ROWS) * ROWS
    wide, narrow = together * pitch, together * length
    turned = emitter.scratch([wide, room], element)
    transpose(emitter, Box((wide, groups), (turned, src.with_strides((1, wide)))))
    packed = emitter.scratch([narrow, room], element)
    to, of = packed.with_strides((length * room, 1)), turned.with_strides((pitch * room, 1))
    move(emitter, Box((together, length * room), (to, of)))
    dense = emitter.scratch([groups, narrow], element)
    transpose(emitter, Box((groups, narrow), (dense, packed.with_strides((1, room)))))
    line = Box((rows * length,), (dst.with_strides((1,)), dense.with_strides((1,))))
    rest = rows * length % dst.block
    if rows * length > rest:
        write_bursts(emitter, line.slice(0, 0, rows * length - rest))
    if rest:
        end = line.slice(0, rows * length - rest, rest)
        scalar_copy(emitter, end.dst, end.operands[1], end.sizes)
