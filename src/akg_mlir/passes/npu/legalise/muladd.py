"""`dst = dst + lhs * rhs`, reduced where the result has stride 0."""

from __future__ import annotations

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Opcode, Reduction
from akg_mlir.passes.npu.legalise.elementwise import (
    cut,
    in_parts,
    require,
    write_vec,
)
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.permute import apply, apply_arranged, is_permuted
from akg_mlir.passes.npu.legalise.reduce import reduce
from akg_mlir.passes.npu.legalise.vector import is_single_unknown
from akg_mlir.passes.npu.legalise.views import Box, arrange, box_of, squeeze

LANES = 128
"""Parts of a row start on whole repeats of either element size."""


def lower_muladd(emitter: Emitter, op: npu.VMulAddOp) -> None:
    """Raises `NoVectorForm` where the layout does not fit the vector unit."""
    box = squeeze(box_of(op.dst, op.lhs, op.rhs))
    if not emitter.has(Opcode.VMLA, box.dst.element):
        require(emitter, Opcode.VMUL, box.dst.element)
        _by_products(emitter, box)
    elif 0 not in box.dst.strides:
        _multiply_accumulate(emitter, box)
    elif _keeps_lanes(box):
        _by_steps(emitter, box)
    else:
        _by_products(emitter, box)


def _keeps_lanes(box: Box) -> bool:
    """The result is contiguous along an axis that each factor walks or does not depend on. One
    that is contiguous along another axis is turned, where rows of the result start on blocks,
    unless all factors are contiguous along one axis: their products fill lanes as they are."""
    if 1 not in box.dst.strides:
        return False
    arranged = arrange(box, box.dst.strides.index(1))
    dst, *factors = arranged.operands
    on_blocks = all(stride % dst.block == 0 for stride in dst.strides[:-1])
    together = any(strides == (1,) * len(factors) for strides in zip(*(o.strides for o in factors)))
    turns = on_blocks and not together
    return all(o.strides[-1] in (0, 1) or (turns and is_permuted(arranged, o)) for o in factors)


def _multiply_accumulate(emitter: Emitter, box: Box) -> None:
    """No axis is reduced: one vmla, or vaxpy with a factor known at run time only."""
    dst, lhs, rhs = box.operands
    for single, other in ((lhs, rhs), (rhs, lhs)):
        if is_single_unknown(box, single):
            write = write_vec(emitter, Opcode.VAXPY, register=emitter.scalar_load(single))
            apply(emitter, Box(box.sizes, (dst, other)), write)
            return
    apply(emitter, box, write_vec(emitter, Opcode.VMLA))


def _by_steps(emitter: Emitter, box: Box) -> None:
    """The lanes are kept: vmla accumulates in place along the reduced axes."""
    arranged = arrange(box, box.dst.strides.index(1))
    apply_arranged(emitter, arranged, write_vec(emitter, Opcode.VMLA), reduces=True)


def _by_products(emitter: Emitter, box: Box) -> None:
    """Products into scratch, then an ordinary reduction, part by part: the lanes are reduced, or
    there is no vmla for the element type."""
    lhs = box.operands[1]
    lane = next((a for a, s in enumerate(lhs.strides) if s == 1), len(box.sizes) - 1)
    if lane < 0:
        _products(emitter, arrange(box, None))
    else:
        _products(emitter, box.take([*(a for a in range(len(box.sizes)) if a != lane), lane]))


def _products(emitter: Emitter, box: Box) -> None:
    dst, lhs, rhs = box.operands
    row = -(-box.sizes[-1] // dst.block) * dst.block
    need = box.volume // box.sizes[-1] * row * dst.size
    lanes = len(box.sizes) - 1
    # An instruction multiplies one row at most: rows stay as long as blocks of results allow.
    grains = {axis: dst.block if dst.strides[axis] == 1 else 1 for axis in range(lanes)}
    part = cut(box, grains, need, emitter.scratch_bytes)
    part = part or cut(box, {lanes: LANES}, need, emitter.scratch_bytes)
    if part is not None:
        in_parts(emitter, box, *part, lambda part: _products(emitter, part), compound=True)
        return
    products = emitter.scratch([*box.sizes[:-1], row], dst.element)
    apply(emitter, Box(box.sizes, (products, lhs, rhs)), write_vec(emitter, Opcode.VMUL))
    reduce(emitter, Reduction.ADD, Box(box.sizes, (dst, products)))
