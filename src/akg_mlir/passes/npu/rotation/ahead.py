"""Ops that move in front of others of their block: loads that are issued before what is long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from xdsl.dialects import affine
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects.npu import Pipe, PipeOp, PtrOp, ViewOp
from akg_mlir.passes.npu.rotation.stages import roots_of

_INDICES = (affine.ApplyOp, PtrOp, ViewOp)


def make_way(
    start: Operation, needs: Iterable[SSAValue], may_pass: Callable[[PipeOp], bool]
) -> Operation:
    """Go back from `start` over instructions that something may pass which needs the values
    `needs`; indices among those move along. Returns what it may be put in front of."""
    wanted = set(needs)
    place = before = start
    needed: list[Operation] = []
    found: Sequence[Operation] = ()
    while (before := before.prev_op) is not None:
        if isinstance(before, PipeOp):
            if not may_pass(before):
                break
            place, found = before, tuple(needed)
        elif not isinstance(before, _INDICES):
            break
        elif any(result in wanted for result in before.results):
            needed.insert(0, before)
            wanted |= set(before.operands)
    block = start.parent
    assert block is not None
    for op in found:
        op.detach()
    block.insert_ops_before(found, place)
    return place


def load_early(kernel: FuncOp) -> None:
    """Move loads in front of the products before them: the front end issues in order, and products
    fill its queues."""
    for op in [o for o in kernel.walk() if isinstance(o, PipeOp) and o.pipe is Pipe.MTE2]:
        place = make_way(op, op.operands, partial(_may_pass, op))
        if place is not op:
            block = op.parent
            assert block is not None
            op.detach()
            block.insert_op_before(op, place)


def _may_pass(load: PipeOp, before: PipeOp) -> bool:
    """Whether a load may be put in front of an instruction: one of the cube, on other bytes."""
    if before.pipe not in (Pipe.M, Pipe.MTE1):
        return False
    (reads, writes), (others, written) = roots_of(load), roots_of(before)
    return not (writes & (others | written) or reads & written)
