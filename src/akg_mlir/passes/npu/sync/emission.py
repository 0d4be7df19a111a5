"""From a schedule to ops."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, Operation

from akg_mlir.dialects.npu import PipeBarrierOp, SetFlagOp, WaitFlagOp
from akg_mlir.passes.npu.memory.structure import Program
from akg_mlir.passes.npu.sync.schedule import Node, Schedule, once, to_op


def emit(program: Program, schedule: Schedule) -> None:
    """Insert the ops of every node around the op of its item."""
    block = program.kernel.body.block
    last = block.last_op
    assert last is not None, "a function ends with a terminator"
    for item, nodes in schedule.before.items():
        _block_of(item.op).insert_ops_before(_ops(nodes), item.op)
    for item, nodes in schedule.after.items():
        _block_of(item.op).insert_ops_after(_ops(nodes), item.op)
    block.insert_ops_before(_ops(once(schedule.epilogue)), last)
    if program.body.items:
        first = _first_op(program, schedule)
        block.insert_ops_before(_ops(once(schedule.prologue)), first)


def _first_op(program: Program, schedule: Schedule) -> Operation:
    """The first sync op or instruction at the top of the kernel: the prologue goes before it."""
    op: Operation = program.body.items[0].op
    while isinstance(op.prev_op, SetFlagOp | WaitFlagOp | PipeBarrierOp):
        op = op.prev_op
    return op


def _block_of(op: Operation) -> Block:
    block = op.parent
    assert block is not None
    return block


def _ops(nodes: Sequence[Node]) -> list[Operation]:
    return [to_op(node) for node in nodes]
