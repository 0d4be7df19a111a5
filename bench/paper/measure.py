"""What one compiled program takes on the machine, timing only, against the least possible."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.func import CallOp, FuncOp
from xdsl.passes import ModulePass

from akg_mlir.compilation import Compilation, compile_source
from akg_mlir.emit.program import decode
from akg_mlir.execution.machine import target_of
from akg_mlir.machine import Machine
from akg_mlir.machine.loading import load as load_program
from akg_mlir.report.workload import case_workload, workload_of
from akg_mlir.sources import load
from akg_mlir.targets import lower_bound


@dataclass(frozen=True)
class Figures:
    """A program's cycles (kernels one after the other, launches excluded) and its lower bound.

    `bound_by` names the pipe that binds. `least_bytes` are the compulsory bytes of GM, `gm_bytes`
    those that all kernels move. `compile_seconds` include loading the text.
    """

    cycles: int
    lower_bound: int
    bound_by: str
    gm_bytes: int
    least_bytes: int
    kernels: int
    compile_seconds: float

    @property
    def utilisation(self) -> float:
        """Lower bound over cycles."""
        return self.lower_bound / self.cycles

    @property
    def traffic_ratio(self) -> float:
        """Bytes moved over the least possible."""
        return self.gm_bytes / self.least_bytes


def measure(text: str, passes: Sequence[ModulePass]) -> Figures:
    """Compile te text and time its kernels.

    Raises `CompileError` and `MachineError`; a figure better than the bound is an error, too.
    """
    started = time.perf_counter()
    compilation = compile_source(load(text), tuple(passes))
    seconds = time.perf_counter() - started
    target = target_of(compilation)
    calls = _calls(compilation)
    cycles = moved = 0
    for kernel, count in calls.items():
        program = decode(kernel, target)
        cycles += count * Machine(target).time(program).cycles
        traffic = load_program(program, target).traffic
        moved += count * (traffic.read + traffic.written)
    work = [workload_of(k, target) for k, count in calls.items() for _ in range(count)]
    whole = case_workload(compilation.source.function(), work)
    bound = lower_bound(target, whole)
    least = whole.in_bytes + whole.out_bytes
    figures = Figures(cycles, bound.cycles, bound.bound_by, moved, least, len(work), seconds)
    if figures.utilisation > 1 or figures.traffic_ratio < 1:
        raise AssertionError(f"better than possible: {figures}")
    return figures


def _calls(compilation: Compilation) -> Counter[FuncOp]:
    """How often the entry calls each kernel."""
    functions = {op.sym_name.data: op for op in compilation.module.ops if isinstance(op, FuncOp)}
    entry = functions[compilation.source.entry]
    names = (op.callee.string_value() for op in entry.walk() if isinstance(op, CallOp))
    return Counter(functions[name] for name in names)
