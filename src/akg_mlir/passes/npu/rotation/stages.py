"""The two stages of a loop body: what fills the buffers of an iteration, and the rest.

Fills read nothing that the loop writes, and write slots or pieces of buffers that nothing else
writes: those of the next iteration may therefore come before the rest of this one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.dialects.npu import CopyOp, PipeOp, ScalarLoadOp, Space, space_of
from akg_mlir.passes.npu.memory.footprint import accesses

Root = SSAValue | str


@dataclass(frozen=True)
class Stages:
    """The ops of a body by stage, each with what computes its operands, in program order; `filled`
    are the slots and the buffers of pieces that the first stage writes."""

    fill: tuple[Operation, ...]
    rest: tuple[Operation, ...]
    filled: frozenset[Root]


def stages_of(
    loop: scf.ForOp, slots: Sequence[SSAValue], pieces: Collection[SSAValue] = ()
) -> Stages:
    """Split a body; `slots` are the buffers that the next iteration has copies of, `pieces` those
    of which it touches other bytes."""
    touched = {op: roots_of(op) for op in loop.body.block.ops}
    items = [op for op, (reads, writes) in touched.items() if reads or writes]
    written = {root for _, writes in touched.values() for root in writes}
    own = {*slots, *pieces}
    fills = [op for op in items if not touched[op][0] & written and touched[op][1] <= own]
    while True:
        others = {root for op in items if op not in fills for root in touched[op][1]}
        kept = [op for op in fills if not touched[op][1] & others]
        if len(kept) == len(fills):
            break
        fills = kept
    rest = [op for op in items if op not in fills]
    block = loop.body.block
    filled = frozenset(root for op in fills for root in touched[op][1])
    return Stages(with_operands(fills, block), with_operands(rest, block), filled)


def roots_of(item: Operation) -> tuple[set[Root], set[Root]]:
    """Buffers and tensors that an op and those in it (read, write). What its registers hold counts
    as read where it is loaded from: it means nothing before that is written."""
    found: tuple[set[Root], set[Root]] = set(), set()
    for op in item.walk():
        if isinstance(op, PipeOp):
            registers = [v.owner for v in op.operands if isinstance(v.owner, ScalarLoadOp)]
            for access in chain(accesses(op), *map(accesses, registers)):
                found[access.writes].add(access.root)
    return found


def shares_operands(loop: scf.ForOp) -> bool:
    """Whether all iterations of a loop read operands of the cube that are loaded in front of it."""
    reads, _ = roots_of(loop)
    before: Operation | None = loop
    loaded: set[Root] = set()
    while (before := before.prev_op) is not None:
        if isinstance(before, CopyOp) and space_of(before.dst.type) is Space.L1:
            loaded |= roots_of(before)[1]
    return bool(loaded & reads)


def with_operands(items: Iterable[Operation], block: Block) -> tuple[Operation, ...]:
    """The items and the ops of the block whose results they use, in order."""
    wanted = set(items)
    pending = list(wanted)
    while pending:
        for op in pending.pop().walk():
            for operand in op.operands:
                owner = operand.owner
                if isinstance(owner, Operation) and owner.parent is block and owner not in wanted:
                    wanted.add(owner)
                    pending.append(owner)
    return tuple(op for op in block.ops if op in wanted)


def inside_out(op: Operation) -> Iterator[scf.ForOp]:
    """The loops in an op, inner ones before those around them."""
    for region in op.regions:
        for block in region.blocks:
            for inner in block.ops:
                yield from inside_out(inner)
    if isinstance(op, scf.ForOp):
        yield op
