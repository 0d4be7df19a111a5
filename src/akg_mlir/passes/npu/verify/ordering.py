"""Flags follow their protocol and every dependence is ordered, whatever the pipes' timing."""

from __future__ import annotations

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import Pipe, PipeBarrierOp, SetFlagOp, WaitFlagOp
from akg_mlir.passes.npu.memory.structure import Instruction, Program
from akg_mlir.passes.npu.sync.dependence import Requirements, requirements
from akg_mlir.passes.npu.sync.happens_before import Analysis, own_waits
from akg_mlir.passes.npu.sync.schedule import Flag, existing
from akg_mlir.targets import Target


def check_ordering(program: Program, target: Target) -> None:
    """Raises `CompileError` for an illegal flag, a broken protocol or a missing order."""
    for op in program.kernel.walk():
        if isinstance(op, SetFlagOp | WaitFlagOp):
            _check_flag(op, target)
        elif isinstance(op, PipeBarrierOp) and op.on.data is Pipe.S:
            raise CompileError("the scalar pipe has no barrier", op)
    required = requirements(program)
    analysis = Analysis(program, required, existing(program))
    findings = analysis.run()
    for what, flag in findings.protocol:
        raise CompileError(f"flag {_name(flag)} {what}", program.kernel)
    for instruction, missing in findings.unordered.items():
        raise _race(program, required, instruction, missing)
    for node in findings.unconsumed:
        if own_waits(analysis, node, findings):
            raise CompileError(
                f"flag {_name(node.flag)} may be set while it still is: nothing orders the set "
                "after the wait before it",
                program.kernel,
            )


def _check_flag(op: SetFlagOp | WaitFlagOp, target: Target) -> None:
    if op.src.data is op.dst.data or Pipe.ALL in (op.src.data, op.dst.data):
        raise CompileError("a flag goes from one pipe to another", op)
    event = op.event.value.data
    if not 0 <= event < target.events_per_pair:
        raise CompileError(
            f"field event is {event}, {target.name} has {target.events_per_pair} per pair", op
        )


def _name(flag: Flag) -> str:
    return f"[{flag.src.value}, {flag.dst.value}, {flag.event}]"


def _race(
    program: Program, required: Requirements, instruction: Instruction, missing: int
) -> CompileError:
    index, level = next(required.facts(missing))
    other = program.instructions[index].op
    when = "" if level == 0 else " in an earlier iteration"
    return CompileError(
        f"may start before {other.name} (instruction {index} of the kernel){when} has completed, "
        "though they touch common bytes",
        instruction.op,
        hint="let npu-insert-sync order the pipes",
    )
