"""Buffers have legal addresses, live ones share no bytes, accesses are aligned and in range."""

from __future__ import annotations

from itertools import combinations

from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import (
    BufferOp,
    CopyOp,
    FetchOp,
    Load2dOp,
    Load3dOp,
    MadOp,
    PipeOp,
    PtrOp,
    Space,
    VecOp,
    VnchwconvOp,
    space_of,
)
from akg_mlir.passes.npu.memory.footprint import (
    ONE_PER_BLOCK,
    ONE_PER_REPEAT,
    Access,
    allocated_bytes,
    bytes_of,
    element_of,
    reserved_bytes,
)
from akg_mlir.passes.npu.memory.iterations import Iterations
from akg_mlir.passes.npu.memory.lifetime import lifetimes
from akg_mlir.passes.npu.memory.linear import Linear, residue
from akg_mlir.passes.npu.memory.overlap import byte_range, stays
from akg_mlir.passes.npu.memory.structure import Instruction, Program
from akg_mlir.targets import Target

_BLOCKS_PER_REPEAT = 8


def check_buffers(program: Program, target: Target) -> None:
    """Every buffer has an aligned address within its memory; no two live ones share bytes."""
    buffers = [op for op in program.kernel.walk() if isinstance(op, BufferOp)]
    for buffer in buffers:
        _check_address(buffer, target)
    live = lifetimes(program)
    used = [
        (buffer, space_of(buffer.result.type), live[buffer.result], *_bytes(buffer, target))
        for buffer in buffers
        if buffer.result in live
    ]
    for (_, space_a, life_a, low_a, high_a), (b, space_b, life_b, low_b, high_b) in combinations(
        used, 2
    ):
        together = space_a is space_b and life_a.meets(life_b)
        if together and low_a < high_b and low_b < high_a:
            raise CompileError(
                f"occupies bytes {low_b} to {high_b} while bytes {low_a} to {high_a} of the same "
                "memory hold another buffer that is still needed",
                b,
                hint="let npu-plan-memory choose the addresses",
            )


def _check_address(buffer: BufferOp, target: Target) -> None:
    space = space_of(buffer.result.type)
    if space is Space.GM:
        raise CompileError("a buffer must be on chip", buffer, hint="use memref.alloc in gm")
    if buffer.address is None:
        raise CompileError("field address is not set", buffer, hint="run npu-plan-memory")
    address, alignment = buffer.address.value.data, target.alignments[space.value]
    if address < 0 or address % alignment:
        raise CompileError(
            f"field address is {address}, {space.value} needs a multiple of {alignment}", buffer
        )
    end, capacity = _bytes(buffer, target)[1], target.memories[space.value]
    if end > capacity:
        raise CompileError(
            f"field address is {address}: the buffer ends at byte {end} of {space.value}, "
            f"{target.name} has {capacity}",
            buffer,
        )


def _bytes(buffer: BufferOp, target: Target) -> tuple[int, int]:
    assert buffer.address is not None
    start = buffer.address.value.data
    alignment = target.alignments[space_of(buffer.result.type).value]
    return start, start + reserved_bytes(buffer, alignment)


def check_accesses(instruction: Instruction, iterations: Iterations, target: Target) -> None:
    """Operands are aligned where that is known statically, and stay inside their allocation."""
    for access in instruction.accesses:
        if not isinstance(access.root, SSAValue):
            continue
        size = allocated_bytes(access.root)
        if stays(access, size, instruction.op, iterations) is False:
            low, high = byte_range(access, iterations)
            raise CompileError(
                f"{_role(instruction.op, access)} reaches bytes {low} to {high} "
                f"of {size} bytes in {access.space.value}",
                instruction.op,
            )
        _check_reach(instruction.op, access)
        _check_alignment(instruction, access, target)


def _check_reach(op: PipeOp, access: Access) -> None:
    pointer = access.value.owner if access.value is not None else None
    if isinstance(pointer, PtrOp) and pointer.within is not None:
        end, within = access.span[1], pointer.within.value.data
        if end > within:
            raise CompileError(
                f"{_role(op, access)} reaches byte {end} from its pointer, which is for {within}",
                op,
                hint="what follows in the buffer is no part of the operand",
            )


def _role(op: PipeOp, access: Access) -> str:
    position = next((i for i, v in enumerate(op.operands) if v is access.value), 0)
    return f"operand {position} ({'written' if access.writes else 'read'})"


def _check_alignment(instruction: Instruction, access: Access, target: Target) -> None:
    alignment = _alignment(instruction.op, access, target)
    assert isinstance(access.root, SSAValue)
    owner = access.root.owner
    start = 0
    if isinstance(owner, BufferOp) and owner.address is not None:
        start = owner.address.value.data
    rest = residue(access.base + Linear(const=start), alignment)
    if rest:
        raise CompileError(
            f"{_role(instruction.op, access)} is at {rest} modulo {alignment} bytes in "
            f"{access.space.value}, where this operand needs multiples of {alignment}",
            instruction.op,
        )


def _alignment(op: PipeOp, access: Access, target: Target) -> int:
    """Bytes an operand's address must be a multiple of (machine reference 1.2)."""
    assert access.value is not None, "only registers have no operand"
    element = bytes_of(element_of(access.value))
    opcode = op.opcode.data if isinstance(op, VecOp) and access.writes else None
    if access.space is Space.GM or opcode in ONE_PER_REPEAT:
        return element
    if opcode in ONE_PER_BLOCK:
        return _BLOCKS_PER_REPEAT * element
    if isinstance(op, CopyOp | FetchOp | VecOp | VnchwconvOp | Load2dOp | Load3dOp | MadOp):
        return target.alignments[access.space.value]
    return element
