"""`npu-multi-buffer`: see the pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects.npu import PipeOp, Space
from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.memory.linear import linear_of, trip_count
from akg_mlir.passes.npu.memory.structure import kernels, program_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.rotation.affordable import Bytes, affordable, overflow
from akg_mlir.passes.npu.rotation.ahead import load_early
from akg_mlir.passes.npu.rotation.candidates import Rotation, rotations_of
from akg_mlir.passes.npu.rotation.collapse import collapse
from akg_mlir.passes.npu.rotation.pipelining import Pipelined, Rename, copy_of, written_out
from akg_mlir.passes.npu.rotation.stages import inside_out, shares_operands, stages_of
from akg_mlir.targets import Target

NAME = "npu-multi-buffer"


@dataclass(frozen=True)
class NpuMultiBuffer(ModulePass):
    """Let the iterations of a loop overlap: buffers that pipes share get `copies` of themselves.

    Iterations are written out `copies` at a time, each with buffers of its own, so that a pipe need
    not wait for what another one does with the iteration before; loads run one iteration ahead. A
    buffer through which a value passes from one iteration to another stays single; so do those of
    least use where a memory has no room for all. Loops in loops are done each on its own: those
    over tiles of L1 and those over tiles of L0. Where iterations share operands of the cube, loaded
    in front of the loop, the first one is written apart: its products need not wait for all of
    them (`npu-slice-loads`). A loop that would become more than `most`
    instructions stays as it is, since all later passes look at pairs of them. Runs after
    `npu-legalise` and before `npu-plan-memory`; `copies=1` leaves everything as it is.
    """

    name = NAME
    copies: int = 2
    most: int = 1024

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.copies < 1:
            raise CompileError(f"copies={self.copies}: there must be at least one")
        for kernel in kernels(op):
            if self.copies > 1:
                _overlap(kernel, self.copies, self.most, target_of(op))


def _overlap(kernel: FuncOp, copies: int, most: int, target: Target) -> None:
    """Rewrite the loops of a kernel.

    Loads that move ahead of a loop make buffers live longer than the choice of copies knew. Where
    the memory does not hold that, the kernel is rewritten again with less room for copies.
    """
    if overflow(program_of(kernel), target):
        return
    reserved: dict[Space, int] = {}
    while True:
        before = kernel.clone()
        work = _Kernel(kernel, copies, most, target, reserved)
        work.run()
        over = overflow(program_of(kernel), target)
        if not over:
            for kind, where, message, numbers in work.remarks:
                remark(NAME, kind, where, message, **numbers)
            return
        Rewriter.replace_op(kernel, before)
        kernel = before
        for space, bytes_ in over.items():
            reserved[space] = reserved.get(space, 0) + bytes_


class _Kernel:
    def __init__(
        self, kernel: FuncOp, copies: int, most: int, target: Target, reserved: Bytes
    ) -> None:
        self.kernel, self.copies, self.most = kernel, copies, most
        self.remarks: list[tuple[str, str, str, dict[str, int]]] = []
        first = kernel.body.block.first_op
        assert first is not None
        self.materialiser = Materialiser(Builder(InsertPoint.before(first)))
        for loop in [op for op in kernel.walk() if isinstance(op, scf.ForOp)]:
            if loop.parent is not None:
                collapse(loop, self.materialiser)
        program = program_of(kernel)
        self.rotations = rotations_of(program)
        self.affordable = affordable(program, self.rotations, copies, target, reserved)
        self.original: dict[SSAValue, SSAValue] = {}

    def run(self) -> None:
        """Inner loops first: what they become is part of the body of outer ones."""
        for loop in list(inside_out(self.kernel)):
            rotation = self.rotations.get(loop)
            if rotation is not None:
                self.loop(loop, rotation)
        load_early(self.kernel)

    def loop(self, loop: scf.ForOp, rotation: Rotation) -> None:
        chosen = [slot for slot in rotation.slots if self.affordable[slot] > 1]
        single = [slot for slot in rotation.slots if self.affordable[slot] <= 1]
        reason = self.obstacle(loop, rotation, chosen)
        if reason is not None:
            if rotation.slots or rotation.carried:
                self.remark("missed", loop, f"iterations do not overlap: {reason}")
            return
        slots = {slot: self.copies_of(slot) for slot in chosen}
        stages = stages_of(loop, chosen, rotation.pieces)
        message = f"{self.copies} copies of {_names(chosen)}"
        if rotation.carried:
            message += f"; iterations pass on {_names(rotation.carried)}"
        if single:
            message += f"; no room for copies of {_names(single)}"
        self.remark("passed", loop, message, copies=self.copies, ahead=len(stages.filled))
        used = {operand for op in loop.walk() for operand in op.operands}
        private = frozenset(
            value
            for value in used - slots.keys()
            if self.original.get(value, value) in rotation.private
            and self.affordable.get(value) != 1
        )
        rename = self.renaming()
        apart = self.apart(loop)
        Pipelined(
            loop, stages, slots, private, self.copies, apart, rename, self.materialiser
        ).rewrite()

    def obstacle(
        self, loop: scf.ForOp, rotation: Rotation, chosen: Sequence[SSAValue]
    ) -> str | None:
        """Why a loop stays as it is, if it does."""
        if not linear_of(loop.step).is_constant:
            return "the step is not a constant"
        if trip_count(loop) in (0, 1):
            return "there is one at most"
        if rotation.slots and not chosen:
            return f"no room for copies of {_names(rotation.slots)}"
        instructions = sum(isinstance(op, PipeOp) for op in loop.walk()) * written_out(
            trip_count(loop), self.copies, self.apart(loop)
        )
        if instructions > self.most:
            return f"written out they are {instructions} instructions, most={self.most}"
        return None if chosen else f"they pass on {_names(rotation.carried)}"

    def apart(self, loop: scf.ForOp) -> int:
        """How many iterations are written in front of the rest of a loop: the first one of a kernel
        where products wait for what all iterations share, too."""
        trips = trip_count(loop)
        if loop.parent is not self.kernel.body.block or trips is None or trips <= self.copies:
            return 0
        return 1 if shares_operands(loop) else 0

    def copies_of(self, slot: SSAValue) -> tuple[SSAValue, ...]:
        """The names of a slot: its own and new ones."""
        names = [slot]
        while len(names) < self.copies:
            names.append(self.copy(names[-1]))
        return tuple(names)

    def copy(self, buffer: SSAValue) -> SSAValue:
        copy = copy_of(buffer)
        self.original[copy] = self.original.get(buffer, buffer)
        return copy

    def renaming(self) -> Rename:
        """Names for the private buffers of one loop: the first iteration written keeps the old."""
        taken: set[SSAValue] = set()

        def renamed(buffer: SSAValue) -> SSAValue:
            if buffer not in taken:
                taken.add(buffer)
                return buffer
            return self.copy(buffer)

        return renamed

    def remark(self, kind: str, loop: scf.ForOp, message: str, **numbers: int) -> None:
        where = f"{self.kernel.sym_name.data}: loop {loop.body.block.args[0].name_hint or ''}"
        self.remarks.append((kind, where.strip(), message, numbers))


def _names(buffers: Sequence[SSAValue]) -> str:
    return ", ".join(f"%{buffer.name_hint or 'buffer'}" for buffer in buffers)
