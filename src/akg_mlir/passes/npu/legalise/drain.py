"""Moves of whole fractals between L0C and UB, and of their rows from L0C to GM."""

from __future__ import annotations

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.fractals import SIDE
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand, arrange, box_of


def moves_fractals(box: Box) -> bool:
    """Whether a box between L0C and UB (result first) is made of whole fractals on both sides."""
    return _whole(box, SIDE * SIDE) is not None


def _whole(box: Box, elements: int) -> Box | None:
    """The box in units of so many contiguous elements (fractals, or rows of them), a run of them as
    its last axis; None if it is not made of them. In L0C every run starts at a fractal."""
    lane = next((a for a, s in enumerate(box.dst.strides) if s == 1 and box.sizes[a] > 1), None)
    normal = arrange(box, lane)
    if normal.sizes[-1] % elements or not all(_walks(o, elements) for o in normal.operands):
        return None
    return Box(
        (*normal.sizes[:-1], normal.sizes[-1] // elements),
        tuple(
            o.with_strides((*(s // elements for s in o.strides[:-1]), 1)) for o in normal.operands
        ),
    )


def _walks(operand: Operand, elements: int) -> bool:
    """Whether runs of contiguous units start where they may: at fractals in L0C, else at blocks."""
    in_l0c = operand.space == npu.Space.L0C
    *outer, last = operand.strides
    start, step = (SIDE * SIDE, SIDE * SIDE) if in_l0c else (operand.block, elements)
    aligned = operand.offset.fact.residue(start) == 0 and all(s % step == 0 for s in outer)
    return last == 1 and aligned


def lower_drain(emitter: Emitter, op: npu.DmaOp) -> None:
    """Between L0C and UB in bursts of whole 16 x 16 fractals, from L0C to GM in bursts of their
    rows; out of L0C, f32 may become f16."""
    box = box_of(op.dst, op.src)
    dst, src = box.operands
    narrows = (src.space, str(src.element), str(dst.element)) == (npu.Space.L0C, "f32", "f16")
    if dst.element != src.element and not narrows:
        raise CompileError(
            f"a move from or to l0c cannot convert {src.element} to {dst.element}",
            op,
            hint="cast in ub with npu.vcast",
        )
    rows = dst.space == npu.Space.GM
    elements = SIDE if rows else SIDE * SIDE
    fractals = _whole(box, elements)
    if fractals is None:
        raise CompileError(
            f"a move from or to l0c moves {'rows of' if rows else 'whole'} fractals of {elements} "
            f"elements, got a box of {box.sizes} with strides {[o.strides for o in box.operands]}",
            op,
            hint="lay both sides out as [.., .., 16, 16] with contiguous fractals",
        )
    box = fractals
    length = box.sizes[-1]
    units = [1 if o.space == npu.Space.L0C else elements // o.block for o in (box.dst, src)]

    def gaps(axis: int) -> list[int]:
        return [(o.strides[axis] - length) * unit for o, unit in zip(box.operands, units)]

    limits = emitter.target.limits
    possible = [
        a for a in range(len(box.sizes) - 1) if all(0 <= g <= limits.burst_gap for g in gaps(a))
    ]
    axis = max(possible, key=lambda a: box.sizes[a], default=None)
    loops = [a for a in range(len(box.sizes) - 1) if a != axis]
    bursts, (dst_gap, src_gap) = (1, [0, 0]) if axis is None else (box.sizes[axis], gaps(axis))
    if bursts > limits.bursts or length > limits.burst_blocks:
        raise CompileError(f"{bursts} bursts of {length} do not fit the fields", op)
    in_elements = box.map(lambda o: o.with_strides([s * elements for s in o.strides]))

    def body(indices: tuple[Index, ...]) -> None:
        to, of = (emitter.ptr(o.at_all(loops, indices)) for o in in_elements.operands)
        emitter.insert(npu.CopyOp(to, of, bursts, length, src_gap, dst_gap))

    emitter.nest([box.sizes[a] for a in loops], body)
