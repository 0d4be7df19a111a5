"""Lane permutations by vnchwconv: 16 blocks at a time, written into scratch."""

from __future__ import annotations

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand

MAX_STRIDE = 65535
"""vnchwconv strides are 16 bits wide (machine reference 2.2)."""

ROWS = 16
"""Source blocks per repeat, and lanes per row of the result (also for four-byte elements)."""


def vnchwconv(
    emitter: Emitter,
    dst: Operand,
    src: Operand,
    *,
    repeat: int,
    src_stride: int,
    src_repeat: int,
    dst_stride: int = 1,
    dst_repeat: int = ROWS,
) -> None:
    """`repeat` transposes of 16 source blocks into 16 result blocks; strides in blocks.

    Raises `NoVectorForm` where a stride does not fit its field or the target cannot.
    """
    if not emitter.target.supports("vnchwconv", str(src.element)):
        raise NoVectorForm(f"vnchwconv does not take {src.element}")
    strides = (src_stride, src_repeat, dst_stride, dst_repeat)
    if not all(0 <= s <= MAX_STRIDE for s in strides):
        raise NoVectorForm(f"strides of {strides} blocks do not fit their fields")
    limit = emitter.target.limits.repeat
    for start in range(0, repeat, limit):
        emitter.insert(
            npu.VnchwconvOp(
                emitter.ptr(dst.moved(start * dst_repeat * dst.block)),
                emitter.ptr(src.moved(start * src_repeat * src.block)),
                repeat=min(limit, repeat - start),
                dst_stride=dst_stride,
                src_stride=src_stride,
                dst_repeat=dst_repeat,
                src_repeat=src_repeat,
            )
        )


def lanes_to_rows(emitter: Emitter, src: Operand, rows: int, stride: int) -> Operand:
    """Transpose rows of one block each, `stride` elements apart, 16 at a time.

    Returns scratch of [groups, lanes of a block, 16 rows]: lane `e` of row `16 g + k` is at
    [g, e, k]. Where `rows` is not a multiple of 16, what stands for the missing ones is garbage.
    """
    groups = -(-rows // ROWS)
    if rows % ROWS:
        src, stride = _padded(emitter, src, rows, stride), src.block
    out = emitter.scratch([groups, src.block, ROWS], src.element)
    blocks = stride // src.block
    vnchwconv(emitter, out, src, repeat=groups, src_stride=blocks, src_repeat=ROWS * blocks)
    return out


def _padded(emitter: Emitter, src: Operand, rows: int, stride: int) -> Operand:
    """The blocks of `rows` rows one after another in scratch, with room up to 16 rows."""
    padded = emitter.scratch([-(-rows // ROWS) * ROWS, src.block], src.element)
    gap, limits = stride // src.block - 1, emitter.target.limits
    if not 0 <= gap <= limits.burst_gap or rows > limits.bursts:
        raise NoVectorForm(f"{rows} rows {stride} elements apart do not fit one copy")
    emitter.insert(npu.CopyOp(emitter.ptr(padded), emitter.ptr(src), rows, 1, gap, 0))
    return padded


def splat_blocks(emitter: Emitter, box: Box) -> None:
    """Each element of a source block becomes 16 equal lanes of the result, for every point of the
    box (result, source; strides are whole blocks). Instructions walk its longest axis."""
    along = max(range(len(box.sizes)), key=lambda axis: box.sizes[axis])
    others = [axis for axis in range(len(box.sizes)) if axis != along]

    def blocks(at: tuple[Index, ...]) -> None:
        to, of = (operand.at_all(others, at) for operand in box.operands)
        vnchwconv(
            emitter,
            to,
            of,
            repeat=box.sizes[along],
            src_stride=0,
            src_repeat=of.strides[along] // of.block,
            dst_repeat=to.strides[along] // to.block,
        )

    emitter.nest([box.sizes[axis] for axis in others], blocks)


def floor_to_block(operand: Operand) -> tuple[Operand, int] | None:
    """The operand moved back to the start of its block and the lane it was at, where known."""
    lane = operand.offset.fact.residue(operand.block)
    return None if lane is None else (operand.moved(-lane), lane)
