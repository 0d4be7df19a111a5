"""What must hold numbers when it is read: sources of reductions across lanes, compares, stores."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import BufferOp, CopyOp, PipeOp, ScalarLoadOp, Space, VecOp, space_of
from akg_mlir.passes.npu.memory.byteset import ByteSet, enumerate_bytes, split, subtract, union
from akg_mlir.passes.npu.memory.footprint import (
    MASK_WRITERS,
    ONE_PER_BLOCK,
    ONE_PER_REPEAT,
    Access,
)
from akg_mlir.passes.npu.memory.structure import Branch, Instruction, Program

_ACROSS_LANES = (*ONE_PER_REPEAT, *ONE_PER_BLOCK, *MASK_WRITERS)


def check_initialised(program: Program) -> None:
    """Refuse reads of bytes that no instruction before them writes, where the machine minds.

    Undefined bytes may travel in the padding of vectors, but not further (machine reference 2.6).
    Whatever may have been written counts as written, and reads whose bytes are not known exactly
    are left to the machine: what is refused is certainly wrong. Raises `CompileError`.
    """
    writes: dict[SSAValue, list[tuple[Instruction, ByteSet | None]]] = {}
    for instruction in program.instructions:
        for root, access in _on_chip(instruction):
            if access.writes:
                writes.setdefault(root, []).append((instruction, _bytes(instruction, access)))
    for instruction in program.instructions:
        if not _minds(instruction.op) or _is_conditional(instruction):
            continue
        for root, access in _on_chip(instruction):
            read = None if access.writes else _bytes(instruction, access)
            if read is None:
                continue
            written = [b for w, b in writes.get(root, []) if _may_precede(w, instruction)]
            if None in written:
                continue
            missing = subtract(read, union(r for b in written if b is not None for r in b))
            if missing:
                low, high = missing[0]
                raise CompileError(
                    f"reads bytes {low} to {high} of a buffer in {access.space.value} that no "
                    "instruction before it writes",
                    instruction.op,
                )


def _minds(op: PipeOp) -> bool:
    """Whether the machine refuses to read undefined bytes for this instruction."""
    if isinstance(op, VecOp):
        return op.opcode.data in _ACROSS_LANES
    return isinstance(op, ScalarLoadOp) or (
        isinstance(op, CopyOp) and space_of(op.dst.type) is Space.GM
    )


def _is_conditional(instruction: Instruction) -> bool:
    return any(isinstance(item, Branch) for _, item in instruction.path)


def _may_precede(write: Instruction, read: Instruction) -> bool:
    shared = set(write.loops_around) & set(read.loops_around)
    return write.index < read.index or bool(shared)


def _on_chip(instruction: Instruction) -> Iterator[tuple[SSAValue, Access]]:
    for access in instruction.accesses:
        if isinstance(access.root, SSAValue) and isinstance(access.root.owner, BufferOp):
            yield access.root, access


def _bytes(instruction: Instruction, access: Access) -> ByteSet | None:
    """Bytes of the buffer over all iterations of all loops; None if they are not known."""
    moving = access.base.leaves()
    loops = [lp.op for lp in instruction.loops_around if lp.op.body.block.args[0] in moving]
    fixed, _ = split(access.base, {loop.body.block.args[0] for loop in loops})
    return None if fixed.terms else enumerate_bytes(access, loops)
