"""What a loop does again in every iteration: items that may run once, in front of it.

An item is invariant if its addresses do not move with the loop, what it reads is written by
nothing in the loop but invariant items, and so is what it writes, into buffers that mean something
in one iteration only and that other items read afterwards alone. Readers of the compare mask go
with its last writer.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.passes.npu.memory.footprint import MASK_REGISTER
from akg_mlir.passes.npu.rotation.stages import Root, roots_of, with_operands


@dataclass(frozen=True, eq=False)
class _Item:
    """An op of the body that touches memory, its place there, and what it reads and writes."""

    op: Operation
    place: int
    reads: frozenset[Root]
    writes: frozenset[Root]


def invariants_of(loop: scf.ForOp, private: set[SSAValue]) -> tuple[Operation, ...]:
    """The invariant items of a loop with what computes their operands, in program order.

    `private` are the buffers that mean something in one iteration only.
    """
    block = loop.body.block
    moving = _moving(block)
    items = [
        _Item(op, place, frozenset(reads), frozenset(writes))
        for place, op in enumerate(block.ops)
        for reads, writes in [roots_of(op)]
        if reads or writes
    ]
    chosen = [item for item in items if item.op not in moving and _is_private(item, private)]
    while True:
        kept = _kept(chosen, items)
        if len(kept) == len(chosen):
            return with_operands((item.op for item in chosen), block)
        chosen = kept


def _moving(block: Block) -> set[Operation]:
    """Ops that depend on the index of the loop of a body."""
    found: set[Operation] = set()
    values: set[SSAValue] = {*block.args}
    for op in block.ops:
        if any(operand in values for inner in op.walk() for operand in inner.operands):
            found.add(op)
            values |= {*op.results}
    return found


def _is_private(item: _Item, private: set[SSAValue]) -> bool:
    return all(root in private or root == MASK_REGISTER for root in item.writes)


def _kept(chosen: list[_Item], items: list[_Item]) -> list[_Item]:
    """The chosen items that may go if the others stay."""
    going = set(chosen)
    written: set[Root] = set()
    first_read: dict[Root, int] = {}
    for other in (item for item in items if item not in going):
        written |= other.writes
        for root in other.reads:
            first_read.setdefault(root, other.place)

    def may_go(item: _Item) -> bool:
        if (item.reads | item.writes) & written - {MASK_REGISTER}:
            return False
        results = item.writes - {MASK_REGISTER}
        if any(first_read.get(root, item.place) < item.place for root in results):
            return False
        return _mask_stays_whole(item, going, items)

    return [item for item in chosen if may_go(item)]


def _mask_stays_whole(item: _Item, going: set[_Item], items: list[_Item]) -> bool:
    """Whether the items that use the same mask as this one go with it."""
    if MASK_REGISTER not in item.reads | item.writes:
        return True
    group: list[_Item] = []
    for other in items:
        if MASK_REGISTER in other.writes:
            if item in group:
                break
            group = [other]
        elif MASK_REGISTER in other.reads:
            group.append(other)
    return all(other in going for other in group)
