"""Moves between memories: bursts of whole blocks, and what to do where rows end inside a block."""

from __future__ import annotations

from math import prod

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.bursts import fits_bursts, write_bursts
from akg_mlir.passes.npu.legalise.dense import grouped, is_dense, store_dense
from akg_mlir.passes.npu.legalise.drain import lower_drain
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.padding import Writers
from akg_mlir.passes.npu.legalise.scalar import scalar_copy
from akg_mlir.passes.npu.legalise.seams import has_seams, store_with_seams
from akg_mlir.passes.npu.legalise.vector import copy
from akg_mlir.passes.npu.legalise.views import Box, Index, arrange, box_of


def lower_dma(emitter: Emitter, op: npu.DmaOp, writers: Writers) -> None:
    """Raises `NoVectorForm` where only the scalar unit can do it, `CompileError` where none can."""
    box = box_of(op.dst, op.src)
    match box.operands[1].space, box.dst.space:
        case (npu.Space.L0C, _) | (_, npu.Space.L0C):
            lower_drain(emitter, op)
        case npu.Space.UB, npu.Space.UB:
            copy(emitter, box)
        case _:
            _move_rows(emitter, op, rows_of(box), writers)


def rows_of(box: Box) -> Box:
    """Arranged with an axis that is contiguous on both sides as the rows."""
    contiguous = [
        a for a, n in enumerate(box.sizes) if n > 1 and all(o.strides[a] == 1 for o in box.operands)
    ]
    return arrange(box, contiguous[0] if contiguous else None)


def _move_rows(emitter: Emitter, op: npu.DmaOp, box: Box, writers: Writers) -> None:
    if not fits_bursts(box):
        raise NoVectorForm("rows are not contiguous on both sides and on block boundaries on chip")
    tail = box.sizes[-1] % box.dst.block
    if not tail:
        write_bursts(emitter, box)
    elif box.dst.space == npu.Space.GM and is_dense(emitter, box):
        _store_short_rows(emitter, box)
    elif box.dst.space == npu.Space.GM and has_seams(emitter, box):
        store_with_seams(emitter, box)
    elif box.dst.space == npu.Space.GM or not writers.leaves_free(op, box.dst, box.sizes):
        _split_tail(emitter, box)
    else:
        _overhang(emitter, box)


def _store_short_rows(emitter: Emitter, box: Box) -> None:
    """Whole groups of rows as one, those that are left one by one."""
    rows, length = box.sizes[-2:]
    left = rows % grouped(length)

    def matrix(at: tuple[Index, ...]) -> None:
        operands = (o.at_all(range(len(at)), at) for o in box.operands)
        part = Box((rows, length), tuple(o.with_strides(o.strides[-2:]) for o in operands))
        store_dense(emitter, part.slice(0, 0, rows - left))
        if left:
            _split_tail(emitter, part.slice(0, rows - left, left))

    emitter.nest(box.sizes[:-2], matrix)


def _split_tail(emitter: Emitter, box: Box) -> None:
    """Whole blocks in bursts, the rest of every row element by element."""
    axis = len(box.sizes) - 1
    whole = box.sizes[-1] - box.sizes[-1] % box.dst.block
    if whole:
        write_bursts(emitter, box.slice(axis, 0, whole))
    rest = box.slice(axis, whole, box.sizes[-1] - whole)
    rows = prod(box.sizes[:-1])
    emitter.remark("missed", "row ends move element by element", rows=rows, each=rest.sizes[-1])
    scalar_copy(emitter, rest.dst, rest.operands[1], rest.sizes)


def _overhang(emitter: Emitter, box: Box) -> None:
    """Move the last block of each row whole where that stays inside the source tensor."""
    src = box.operands[1]
    excess = _excess(box)
    if src.space != npu.Space.GM or excess <= 0:
        write_bursts(emitter, box, overhang=True)
        return
    axes = range(len(box.sizes) - 1)
    axis = max(axes, key=lambda a: src.strides[a], default=None)
    unsafe = -(-excess // max(src.strides[axis], 1)) if axis is not None else 0
    if axis is None or src.strides[axis] <= 0 or unsafe >= box.sizes[axis]:
        _split_tail(emitter, box)
        return
    write_bursts(emitter, box.slice(axis, 0, box.sizes[axis] - unsafe), overhang=True)
    last = box.slice(axis, box.sizes[axis] - unsafe, unsafe)
    _overhang(emitter, last.drop(axis) if unsafe == 1 else last)


def _excess(box: Box) -> int:
    """Elements past the end of the source tensor that whole blocks might read, at most.

    An access never leaves its tensor, so the box itself ends inside it.
    """
    src = box.operands[1]
    total = prod(npu.memref_type(src.base).get_shape())
    extent = sum((n - 1) * max(s, 0) for n, s in zip(box.sizes, src.strides)) + 1
    start = src.offset.fact.hi
    end = total if start is None else min(total, start + extent)
    return end + -box.sizes[-1] % src.block - total
