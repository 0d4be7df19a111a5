"""What one instruction may do with its operands: fields that go together, and bytes they share."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import BufferOp, CopyOp, Space, VecOp, VnchwconvOp, space_of
from akg_mlir.machine import MachineError
from akg_mlir.machine import program as machine
from akg_mlir.machine.isa import SYNCHRONISATION, plan
from akg_mlir.machine.unroll import instructions
from akg_mlir.passes.npu.memory.footprint import locate
from akg_mlir.passes.npu.memory.linear import Linear
from akg_mlir.passes.npu.memory.structure import Program
from akg_mlir.targets import Target


def check_operands(program: Program, decoded: machine.Program, target: Target) -> None:
    """No instruction writes a byte twice, or reads what an earlier repeat of it writes.

    The rules are those of the machine's plan of every instruction of the `decoded` kernel. Where
    the distance between two operands varies with a loop, only the machine can tell. Raises
    `CompileError`.
    """
    executed = [i for i in instructions(decoded.body) if not isinstance(i, SYNCHRONISATION)]
    for instruction, issued in zip(program.instructions, executed, strict=True):
        op = instruction.op
        try:
            planned = plan(issued, target)
        except MachineError as error:
            raise CompileError(str(error), op) from error
        if isinstance(op, CopyOp | VecOp | VnchwconvOp):
            addresses = _addresses(op.operands[: len(issued.operands)])
            problem = None if addresses is None else planned.conflict(addresses)
            if problem is not None:
                raise CompileError(problem, op)


def _addresses(operands: Sequence[SSAValue]) -> list[int] | None:
    """Byte addresses of operands, relative to those in the same memory; None if they vary."""
    origins: dict[object, Linear] = {}
    found: list[int] = []
    for value in operands:
        root, base = locate(value)
        memory: object = root
        if space_of(value.type) is not Space.GM and isinstance(root.owner, BufferOp):
            assert root.owner.address is not None
            memory, base = space_of(value.type), base + Linear(const=root.owner.address.value.data)
        distance = base + origins.setdefault(memory, base) * -1
        if not distance.is_constant:
            return None
        found.append(distance.const)
    return found
