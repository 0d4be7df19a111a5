"""Whether the ops of a tile may be done for one slice of its result after the other."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.rotation.stages import Root, roots_of
from akg_mlir.passes.npu.slices.axis import Axis, NotAlong, memrefs

Roots = tuple[set[Root], set[Root]]
"""What an op reads and what it writes."""


def check_order(kernel: FuncOp, block: Block, axis: Axis, result: SSAValue) -> None:
    """Raises `NotAlong` unless the ops along an axis may move behind those between them, to be done
    for slice after slice of `result` on buffers of their own."""
    passed: list[Operation] = []
    written: set[Root] = {result}
    for op in block.ops:
        reads, writes = roots_of(op)
        if op not in axis.ops:
            if any(_conflict((reads, writes), roots_of(other)) for other in passed):
                raise NotAlong(f"{op.name} is between what would be done in slices")
            continue
        if any(root in axis.pitches and root not in written for root in reads):
            raise NotAlong(f"{op.name} reads what an earlier tile wrote")
        written |= writes
        if any(not _beside(op, other) for other in passed):
            raise NotAlong(f"{op.name} may read what another slice writes")
        passed.append(op)
    for op in kernel.walk():
        if isinstance(op, npu.PipeOp) and op not in axis.ops:
            used = {resolve(value).base for value in memrefs(op)}
            if used & axis.pitches.keys() - {result}:
                raise NotAlong(f"{op.name} needs all of a buffer")


def _conflict(first: Roots, second: Roots) -> bool:
    """Whether two ops, by what they (read, write), must keep their order."""
    return bool(first[1] & (second[0] | second[1]) or first[0] & second[1])


def _beside(first: Operation, second: Operation) -> bool:
    """Whether ops that touch one tensor, and write it, touch the same elements for a slice."""
    assert isinstance(first, npu.PipeOp)
    assert isinstance(second, npu.PipeOp)
    written = {resolve(v).base for op in (first, second) for v in op.writes}
    return all(
        resolve(a) == resolve(b) and npu.memref_type(a) == npu.memref_type(b)
        for a in memrefs(first)
        for b in memrefs(second)
        if npu.space_of(a.type) is npu.Space.GM
        and resolve(a).base is resolve(b).base
        and resolve(a).base in written
    )
