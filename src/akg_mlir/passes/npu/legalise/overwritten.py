"""Fills that start inside a block: what is in front may be filled, too, if it is written next.

Where it has been written before, as by the copy of an image that zeros are put behind, the fill
goes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import Operation

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import Box, Operand, box_of, squeeze


def from_blocks(op: Operation, box: Box) -> Box:
    """The box of a fill, from the start of its blocks on where the lanes in front are written
    before anything reads the buffer: the vector unit writes from block boundaries only."""
    box = squeeze(box)
    found = _front(box)
    if found is None or not _is_overwritten(op, *found):
        return box
    front, axis = found
    size = front.sizes[axis] + box.sizes[axis]
    return Box((*box.sizes[:axis], size, *box.sizes[axis + 1 :]), front.operands)


def put_in_front(op: npu.VFillOp) -> None:
    """Move a fill that starts inside a block before the op that writes the lanes in front of it, if
    that leaves those of the fill alone."""
    box = squeeze(box_of(op.dst))
    found = _front(box)
    view = op.dst.owner
    if found is None or not isinstance(view, npu.ViewOp) or view.indices:
        return
    front, axis = found
    earlier = op.prev_op
    while earlier is not None:
        if earlier.regions or (isinstance(earlier, npu.PipeOp) and _has_pointers(earlier)):
            return
        if isinstance(earlier, npu.PipeOp):
            if any(box_of(value).dst.base is box.dst.base for value in earlier.reads):
                return
            written = [squeeze(box_of(value)) for value in earlier.writes]
            if any(each.dst.base is box.dst.base for each in written):
                if len(written) == 1 and _ends_before(written[0], box, front, axis):
                    _move_before(earlier, view, op)
                return
        earlier = earlier.prev_op


def _ends_before(written: Box, fill: Box, front: Box, axis: int) -> bool:
    """Whether a box has all of `front`, and nothing of the fill behind it."""
    if not _covers(written, front, axis):
        return False
    end = written.dst.offset.fact.rem + written.sizes[axis]
    return end <= fill.dst.offset.fact.rem


def _move_before(earlier: Operation, *moved: Operation) -> None:
    block = earlier.parent
    assert block is not None, "an op of a kernel is in a block"
    for op in moved:
        op.detach()
        block.insert_op_before(op, earlier)


def _front(box: Box) -> tuple[Box, int] | None:
    """The lanes between the start of a block and that of a box, and their axis; None where a box
    starts with a block."""
    lanes = [axis for axis, stride in enumerate(box.dst.strides) if stride == 1]
    inside = box.dst.offset.fact.residue(box.dst.block)
    if len(lanes) != 1 or not inside:
        return None
    (axis,) = lanes
    sizes = (*box.sizes[:axis], inside, *box.sizes[axis + 1 :])
    return Box(sizes, (box.dst.moved(-inside),)), axis


def _is_overwritten(op: Operation, front: Box, axis: int) -> bool:
    """Whether an op that follows in the same block writes all of `front`, and none before it reads
    the buffer."""
    for later in _following(op):
        if not isinstance(later, npu.PipeOp) or _has_pointers(later):
            return False
        if any(box_of(value).dst.base is front.dst.base for value in later.reads):
            return False
        if any(_covers(squeeze(box_of(value)), front, axis) for value in later.writes):
            return True
    return False


def _has_pointers(op: npu.PipeOp) -> bool:
    return any(isinstance(value.type, npu.PtrType) for value in (*op.reads, *op.writes))


def _following(op: Operation) -> Iterator[Operation]:
    """The ops behind `op` that touch memory."""
    while (next_op := op.next_op) is not None:
        op = next_op
        if isinstance(op, npu.PipeOp) or op.regions:
            yield op


def _covers(box: Box, front: Box, axis: int) -> bool:
    """Whether a box with rows like those of `front` has all its elements."""
    if front.sizes[axis] == 1 and len(box.sizes) < len(front.sizes):  # a box of single lanes, too
        box = Box((*box.sizes[:axis], 1, *box.sizes[axis:]), (_with_lanes(box.dst, axis),))
    whole, part = box.dst, front.dst
    if whole.base is not part.base or whole.strides != part.strides:
        return False
    start, first = whole.offset.fact, part.offset.fact
    if start.mod or first.mod:  # not known as numbers
        return False
    skipped = first.rem - start.rem
    rows = all(n >= m for k, (n, m) in enumerate(zip(box.sizes, front.sizes)) if k != axis)
    return rows and 0 <= skipped <= box.sizes[axis] - front.sizes[axis]


def _with_lanes(operand: Operand, axis: int) -> Operand:
    return operand.with_strides((*operand.strides[:axis], 1, *operand.strides[axis:]))
