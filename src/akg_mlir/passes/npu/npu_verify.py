"""`npu-verify`: see the pass."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import remark
from akg_mlir.emit.program import decode
from akg_mlir.passes.npu.memory.structure import kernels, program_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.verify.execution import check_execution
from akg_mlir.passes.npu.verify.fields import check_fields
from akg_mlir.passes.npu.verify.operands import check_operands
from akg_mlir.passes.npu.verify.ordering import check_ordering
from akg_mlir.passes.npu.verify.storage import check_accesses, check_buffers


@dataclass(frozen=True)
class NpuVerify(ModulePass):
    """Check finished kernels against the target, without changing them.

    Addresses, alignment, capacity and lifetimes of buffers; fields, types and paths of
    instructions; bounds and overlaps of their accesses; event ids, the flag protocol and missing
    orders. Short kernels are also executed once on the machine, to find undefined bytes in results.
    """

    name = "npu-verify"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for kernel in kernels(op):
            program = program_of(kernel)
            for instruction in program.instructions:
                check_fields(instruction.op, target)
            check_buffers(program, target)
            for instruction in program.instructions:
                check_accesses(instruction, program.iterations, target)
            decoded = decode(kernel, target) if program.instructions else None
            if decoded is not None:
                check_operands(program, decoded, target)
            check_ordering(program, target)
            if decoded is not None:
                check_execution(program, decoded, target)
            remark(
                self.name,
                "passed",
                kernel.sym_name.data,
                "legal on " + target.name,
                instructions=len(program.instructions),
            )
