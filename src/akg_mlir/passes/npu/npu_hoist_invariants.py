"""`npu-hoist-invariants`: see the pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from xdsl.context import Context
from xdsl.dialects import scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import remark
from akg_mlir.dialects.npu import BufferOp, PipeOp, Space, space_of
from akg_mlir.passes.npu.memory.footprint import reserved_bytes
from akg_mlir.passes.npu.memory.linear import iterates
from akg_mlir.passes.npu.memory.structure import kernels, program_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.rotation.candidates import rotations_of
from akg_mlir.passes.npu.rotation.invariants import invariants_of
from akg_mlir.passes.npu.rotation.stages import Root, inside_out, roots_of
from akg_mlir.targets import Target

SHARE = 4
"""What leaves loops may always keep this part of a memory for good."""
COPIES = 2
"""Copies of what stays in a loop, as npu-multi-buffer makes them."""


@dataclass(frozen=True)
class NpuHoistInvariants(ModulePass):
    """Do once in front of a loop what every iteration would do again.

    Loads of tiles that do not move with the loop, and what is computed from them alone, with the
    buffers that hold it: coefficients, biases, operands that all tiles share. Loops that may not
    iterate keep theirs, and so do loops where it would fill more than a quarter of a memory and
    leave no room for two copies of all else that the loop uses there. Runs
    after `npu-legalise` and before `npu-multi-buffer`.
    """

    name = "npu-hoist-invariants"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for kernel in kernels(op):
            _hoist(kernel, target)


def _hoist(kernel: FuncOp, target: Target) -> None:
    """Inner loops first: what leaves them may leave the next one, too."""
    rotations = rotations_of(program_of(kernel))
    for loop in list(inside_out(kernel)):
        if loop not in rotations or not iterates(loop):
            continue
        ops = invariants_of(loop, rotations[loop].private)
        count = sum(isinstance(inner, PipeOp) for op in ops for inner in op.walk())
        if not count or not _fits(ops, loop, target):
            continue
        for op in ops:
            op.detach()
        parent = loop.parent
        assert parent is not None
        parent.insert_ops_before(ops, loop)
        where = f"{kernel.sym_name.data}: loop {loop.body.block.args[0].name_hint or ''}".strip()
        remark(
            NpuHoistInvariants.name,
            "passed",
            where,
            "once instead of in every iteration",
            instructions=count,
        )


def _fits(ops: Sequence[Operation], loop: scf.ForOp, target: Target) -> bool:
    """Whether the buffers that ops of a loop fill, and that the rest of it reads, leave enough
    room. Others are free again when the loop begins."""
    rest = {root for op in loop.body.block.ops if op not in ops for root in chain(*roots_of(op))}
    kept = _bytes({root for op in ops for root in roots_of(op)[1]} & rest)
    used = _bytes(rest)
    return all(
        min(size * SHARE, size + COPIES * (used[space] - size)) <= target.memories[space.value]
        for space, size in kept.items()
    )


def _bytes(roots: Iterable[Root]) -> dict[Space, int]:
    """Bytes of the buffers among some roots in every memory."""
    taken: dict[Space, int] = {}
    for buffer in set(roots):
        if isinstance(buffer, SSAValue) and isinstance(buffer.owner, BufferOp):
            space = space_of(buffer.type)
            taken[space] = taken.get(space, 0) + reserved_bytes(buffer.owner, 1)
    return taken
