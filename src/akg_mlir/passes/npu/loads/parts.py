"""A load as a row of parts that copies of their own may move: its bursts, or pieces of the only
one."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineMap

from akg_mlir.dialects.npu import BLOCK_BYTES, CopyOp, PtrOp
from akg_mlir.passes.npu.memory.footprint import FRACTAL_BYTES, locate

_BLOCKS = FRACTAL_BYTES // BLOCK_BYTES


@dataclass(frozen=True, eq=False)
class Parts:
    """`count` parts of `length` bytes, of which each starts `pitch` bytes after the one before in
    `buffer`, from byte `start` on, and `source_pitch` bytes in GM."""

    copy: CopyOp
    buffer: SSAValue
    start: int
    count: int
    length: int
    pitch: int
    source_pitch: int


def parts_of(copy: CopyOp) -> Parts:
    """The parts of a load. Its place in the buffer must be known."""
    buffer, start = locate(copy.dst)
    bursts, length = copy.n_burst.value.data, copy.len_burst.value.data
    gaps = copy.src_gap.value.data, copy.dst_gap.value.data
    if bursts == 1:
        piece = _BLOCKS if length % _BLOCKS == 0 else length
        bursts, length, gaps = length // piece, piece, (0, 0)
    source, pitch = ((length + gap) * BLOCK_BYTES for gap in gaps)
    return Parts(copy, buffer, start.const, bursts, length * BLOCK_BYTES, pitch, source)


def load_parts(builder: Builder, load: Parts, first: int, end: int) -> None:
    """Load the parts from `first` to before `end` by a copy of their own."""
    copy, count = load.copy, end - first
    dst = _moved(builder, copy.dst, first * load.pitch)
    src = _moved(builder, copy.src, first * load.source_pitch)
    if copy.n_burst.value.data == 1:
        builder.insert(CopyOp(dst, src, 1, count * load.length // BLOCK_BYTES, 0, 0))
        return
    gaps = copy.src_gap.value.data, copy.dst_gap.value.data
    builder.insert(CopyOp(dst, src, count, copy.len_burst.value.data, *gaps))


def _moved(builder: Builder, pointer: SSAValue, by: int) -> SSAValue:
    """A pointer `by` bytes further on."""
    op = pointer.owner
    assert isinstance(op, PtrOp)
    if by == 0:
        return pointer
    map_ = op.offset.data
    offset = AffineMap(map_.num_dims, map_.num_symbols, (map_.results[0] + by,))
    return builder.insert(PtrOp(op.source, offset, op.indices, op.result.type)).result
