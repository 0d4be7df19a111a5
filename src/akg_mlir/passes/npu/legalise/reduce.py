"""Reductions: outer axes by element-wise folding, the lanes by halves and a transpose.

`ascend910` has no cross-lane operation on f32, so a row of lanes is first halved down to one block;
vnchwconv then turns the blocks of 16 rows into rows of 16 lanes, and the folding ends element-wise
(machine reference 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.builder import Builder
from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Opcode, Reduction
from akg_mlir.passes.npu.legalise.broadcast import splat
from akg_mlir.passes.npu.legalise.elementwise import in_parts, require
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.folding import (
    accumulate,
    accumulation,
    fold,
    fold_cycles,
    halve,
    row_bytes,
)
from akg_mlir.passes.npu.legalise.issue import BLOCKS, cycles, fits
from akg_mlir.passes.npu.legalise.scalar import binary as scalar_binary
from akg_mlir.passes.npu.legalise.scalar import is_float, number, scalar_box
from akg_mlir.passes.npu.legalise.side_by_side import accumulate_groups, groups_of, is_faster
from akg_mlir.passes.npu.legalise.transpose import ROWS, lanes_to_rows
from akg_mlir.passes.npu.legalise.vector import copy, fill
from akg_mlir.passes.npu.legalise.views import Box, Operand, box_of, merge, squeeze

OPCODES = {
    Reduction.ADD: Opcode.VADD,
    Reduction.MAX: Opcode.VMAX,
    Reduction.MIN: Opcode.VMIN,
}
KINDS = {
    Reduction.ADD: Binary.ADD,
    Reduction.MAX: Binary.MAX,
    Reduction.MIN: Binary.MIN,
}
CROSS_LANE = {
    Reduction.ADD: Opcode.VCADD,
    Reduction.MAX: Opcode.VCMAX,
    Reduction.MIN: Opcode.VCMIN,
}
CROSS_LANE_ROWS = 64
"""A cross-lane instruction takes 7 cycles per row; with more rows transposing is faster."""

F16_ROWS = 16
"""Longest f16 sum that is accumulated one after the other."""

_IDENTITY = {
    Reduction.ADD: (0.0, 0),
    Reduction.MAX: (float("-inf"), -(2**31)),
    Reduction.MIN: (float("inf"), 2**31 - 1),
}


def lower_reduce(emitter: Emitter, op: npu.VReduceOp) -> None:
    reduce(emitter, op.kind.data, box_of(op.dst, op.src))


def reduce(emitter: Emitter, kind: Reduction, box: Box) -> None:
    """`dst = dst op src` where the result has stride 0 along reduced axes.

    Raises `NoVectorForm` where the layout does not fit the vector unit.
    """
    require(emitter, OPCODES[kind], box.dst.element)
    box = squeeze(box)
    src = box.operands[1]
    lane = next((a for a, s in enumerate(src.strides) if s == 1), None)
    if lane is None or (box.dst.strides[lane] not in (0, 1)):
        lane = None
    if lane is None:
        alone = box.map(lambda o: o.with_strides((*o.strides, 1)))
        box, lane = Box((*box.sizes, 1), alone.operands), len(box.sizes)
    others = [a for a in range(len(box.sizes)) if a != lane]
    kept = sorted((a for a in others if box.dst.strides[a]), key=lambda a: -box.dst.strides[a])
    reduced = sorted((a for a in others if not box.dst.strides[a]), key=lambda a: -src.strides[a])
    ordered = merge(box.take([*reduced, *kept, lane]))
    _fold_outer(emitter, kind, ordered, sum(s == 0 for s in ordered.dst.strides[:-1]))


def _fold_outer(emitter: Emitter, kind: Reduction, box: Box, reduced: int) -> None:
    """Fold the leading `reduced` axes, then the lanes if the result has stride 0 there."""
    dst, src = box.operands
    if reduced == 1 and _goes_in_groups(emitter, kind, box):
        accumulate_groups(emitter, OPCODES[kind], box)
        return
    if dst.strides[-1] and (reduced == 0 or _accumulates_well(emitter, kind, box)):
        accumulate(emitter, OPCODES[kind], box)
        return
    if reduced == 0:
        _fold_lanes(emitter, kind, box)
        return
    source = Box(box.sizes, (src,))
    if row_bytes(source, 0) * 2 <= emitter.scratch_bytes:
        folded = fold(emitter, OPCODES[kind], source, 0)
        rest = Box(folded.sizes, (dst.with_strides(dst.strides[1:]), folded.dst))
        _fold_outer(emitter, kind, rest, reduced - 1)
    else:
        in_parts(
            emitter,
            box,
            0,
            1,
            lambda part: _fold_outer(emitter, kind, part.drop(0), reduced - 1),
        )


def _goes_in_groups(emitter: Emitter, kind: Reduction, box: Box) -> bool:
    """Short rows, side by side; but few of them for sums of f16, which lose precision."""
    if kind == Reduction.ADD and box.dst.size == 2 and groups_of(emitter, box)[1] > F16_ROWS:
        return False
    return is_faster(emitter, box)


def _accumulates_well(emitter: Emitter, kind: Reduction, box: Box) -> bool:
    """Adding row after row into the result costs little more than adding halves to each other.

    Long f16 sums go by halves: they keep more precision.
    """
    arranged = accumulation(box)
    rows = prod(s for s, t in zip(box.sizes, box.dst.strides) if t == 0)
    if kind == Reduction.ADD and box.dst.size == 2 and rows > F16_ROWS:
        return False
    if not fits(arranged, reduces=True):
        return False
    source = Box(box.sizes, (box.operands[1],))
    return cycles(arranged, emitter.target) * 4 <= fold_cycles(source, 0, emitter) * 5


def _fold_lanes(emitter: Emitter, kind: Reduction, box: Box) -> None:
    """Every row's lanes onto one element of the result; the rows are the outer axes."""
    if not box.operands[1].is_aligned(range(len(box.sizes) - 1)):
        raise NoVectorForm("a reduced row does not start on a 32-byte block")
    if len(box.sizes) == 1:
        one = tuple(o.with_strides((0, *o.strides)) for o in box.operands)
        _fold_rows(emitter, kind, Box((1, *box.sizes), one))
    elif len(box.sizes) == 2:
        halves = -(-box.sizes[1] // (2 * box.dst.block))
        rows = emitter.scratch_bytes // (halves * npu.BLOCK_BYTES)
        rows = max(ROWS, rows - rows % ROWS)
        in_parts(emitter, box, 0, rows, lambda part: _fold_rows(emitter, kind, part))
    else:
        in_parts(emitter, box, 0, 1, lambda part: _fold_lanes(emitter, kind, part.drop(0)))


def _fold_rows(emitter: Emitter, kind: Reduction, box: Box) -> None:
    """[rows, lanes], few enough rows for a block of scratch each."""
    src, rows = box.operands[1], box.sizes[0]
    source = Box(box.sizes, (src,))
    if rows <= CROSS_LANE_ROWS and emitter.has(CROSS_LANE[kind], src.element):
        _combine(emitter, kind, box.dst, _cross_lane(emitter, kind, source), rows)
        return
    blocks, readable = _rows_to_width(emitter, kind, source, src.block)
    groups = -(-rows // ROWS)
    stride = blocks.strides[0] if rows > 1 else src.block
    lanes = lanes_to_rows(emitter, blocks, readable, stride)
    columns = Box((groups, src.block, ROWS), (lanes,))
    result = halve(emitter, OPCODES[kind], columns, 1).dst
    _combine(emitter, kind, box.dst, result, rows)


def _cross_lane(emitter: Emitter, kind: Reduction, rows: Box) -> Operand:
    """Rows folded onto one repeat and then across lanes: [groups, 16] in scratch."""
    src, (count, lanes) = rows.dst, rows.sizes
    width = emitter.target.vector.repeat_bytes // src.size
    if lanes > width:
        src, lanes = _rows_to_width(emitter, kind, rows, width)[0], width
    out = emitter.scratch([-(-count // ROWS), ROWS], src.element)
    step = src.strides[0] // src.block
    if step > emitter.target.limits.repeat_stride:
        raise NoVectorForm(f"rows are {step} blocks apart")
    op = npu.VecOp(
        CROSS_LANE[kind],
        emitter.ptr(out),
        [emitter.ptr(src)],
        repeat=count,
        mask=lanes,
        dst_stride=(1, 1),
        src_strides=[(1, step if count > 1 else BLOCKS)],
    )
    emitter.insert(op)
    return out


def _rows_to_width(emitter: Emitter, kind: Reduction, rows: Box, width: int) -> tuple[Operand, int]:
    """Each row of lanes folded onto its first `width`, and how many rows may be read."""
    src, (count, lanes) = rows.dst, rows.sizes
    opcode = OPCODES[kind]
    full, tail = divmod(lanes, width)
    if full == 1 and not tail:
        return src, count
    readable = count
    if full > 1:
        whole = Box((count, full, width), (src.with_strides((src.strides[0], width, 1)),))
        out = fold(emitter, opcode, whole, 1).dst
    else:
        readable = -(-count // ROWS) * ROWS
        out = emitter.scratch([readable, width], src.element)
        if full:
            copy(emitter, Box((count, width), (out, src)))
        else:
            floating, integer = _IDENTITY[kind]
            identity = number(floating if is_float(src.element) else integer, src.element)
            fill(emitter, Box((count, width), (out,)), identity)
    if tail:
        ends = Box((count, tail), (out, src.moved(full * width)))
        accumulate(emitter, opcode, ends)
    return out, readable


def _combine(emitter: Emitter, kind: Reduction, dst: Operand, result: Operand, rows: int) -> None:
    """`dst[r] = dst[r] op result[r]`; `result` is [groups, 16] and `dst` has stride 0 in lanes."""
    pitch = dst.strides[0] if rows > 1 else 1
    start, (full, tail) = dst.offset.fact.residue(dst.block), divmod(rows, ROWS)
    if pitch == 1 and start == 0:
        whole = Box((full + 1, ROWS), (dst.with_strides((ROWS, 1)), result))
    elif pitch % dst.block == 0 and start == 0:
        groups = full + bool(tail)
        column = Box((groups, ROWS, 1), (result.with_strides((*result.strides, 0)),))
        blocks = splat(emitter, column, column.dst)
        per_row = blocks.with_strides((*blocks.strides[:2], 0))
        whole = Box((full + 1, ROWS, 1), (dst.with_strides((ROWS * pitch, pitch, 1)), per_row))
    else:
        _combine_by_scalar(emitter, kind, dst, result, rows)
        return
    if full:
        accumulate(emitter, OPCODES[kind], whole.slice(0, 0, full))
    if tail:
        accumulate(emitter, OPCODES[kind], whole.drop(0, full).slice(0, 0, tail))


def _combine_by_scalar(
    emitter: Emitter, kind: Reduction, dst: Operand, result: Operand, rows: int
) -> None:
    """For a result that is not on block boundaries."""
    emitter.remark("missed", "reduction result is not block aligned", elements=rows)
    pitch = dst.strides[0]

    def compute(builder: Builder, values: Sequence[SSAValue]) -> SSAValue:
        return scalar_binary(builder, KINDS[kind], *values)

    full, tail = divmod(rows, ROWS)
    whole = Box((full + 1, ROWS), (dst.with_strides((ROWS * pitch, pitch)), result))
    if full:
        scalar_box(emitter, whole.slice(0, 0, full), compute, reads_result=True)
    if tail:
        scalar_box(emitter, whole.drop(0, full).slice(0, 0, tail), compute, reads_result=True)
