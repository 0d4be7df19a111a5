"""Rows too short for a repeat, combined several side by side."""

from __future__ import annotations

from math import prod

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import apply_normal, in_parts, write_vec
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.folding import accumulate, accumulation
from akg_mlir.passes.npu.legalise.issue import cycles, fits
from akg_mlir.passes.npu.legalise.views import Box, arrange


def groups_of(emitter: Emitter, box: Box) -> tuple[int, int]:
    """How many rows of a box (result, source) fill a repeat, and how many such groups there are.

    The first axis has the rows, which follow each other in the source and all go into one row of
    the result; there may be axes of such rows between it and the lanes. (1, 0) where that is not
    so, or the rows are no whole blocks.
    """
    dst, src = box.operands
    lanes = box.sizes[-1]
    follow = (src.strides[0], src.strides[-1]) == (lanes, 1) and dst.strides[0] == 0
    width = emitter.target.vector.repeat_bytes // (src.size * lanes)
    addressable = dst.strides[-1] == 1 and fits(accumulation(box), reduces=True)
    if not follow or not addressable or lanes % src.block or width < 2:
        return 1, 0
    return width, box.sizes[0] // width


def is_faster(emitter: Emitter, box: Box) -> bool:
    """Whether groups of rows take fewer cycles than row after row."""
    width, groups = groups_of(emitter, box)
    if groups < 3:
        return False
    rest = box.sizes[0] - groups * width
    instructions = 3 + (rest > 0)
    own = instructions * emitter.target.vector.startup + groups + width + rest
    return own * prod(box.sizes[1:-1]) < cycles(accumulation(box), emitter.target)


def accumulate_groups(emitter: Emitter, opcode: Opcode, box: Box) -> None:
    """`dst = dst op src` by groups of rows into scratch, then its rows and those left over."""
    planes = len(box.sizes) - 2
    if planes:
        in_parts(emitter, box, 1, 1, lambda part: accumulate_groups(emitter, opcode, part.drop(1)))
        return
    width, groups = groups_of(emitter, box)
    dst, src = box.operands
    lanes = box.sizes[-1]
    wide = width * lanes
    partial = emitter.scratch([wide], src.element)
    row = src.with_strides((1,))
    first = arrange(Box((wide,), (partial, row, row.moved(wide))), 0)
    apply_normal(emitter, first, write_vec(emitter, opcode))
    others = (partial.with_strides((0, 1)), src.with_strides((wide, 1)).moved(2 * wide))
    accumulate(emitter, opcode, Box((groups - 2, wide), others))
    accumulate(emitter, opcode, Box((width, lanes), (dst, partial.with_strides((lanes, 1)))))
    if rest := box.sizes[0] - groups * width:
        accumulate(emitter, opcode, Box((rest, lanes), (dst, src.moved(groups * wide))))
