"""What one compiled program takes on the machine, timing only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.passes import ModulePass

from akg_mlir.compilation import compile_source
from akg_mlir.execution.machine import Runner
from akg_mlir.report import running
from akg_mlir.report.figures import RunReport
from akg_mlir.sources import load


@dataclass(frozen=True)
class Measured:
    """The report of a program (its kernels one after the other, launches excluded) and how long
    compiling its text took."""

    report: RunReport
    compile_seconds: float

    @property
    def cycles(self) -> int:
        """Cycles of all kernels."""
        return self.report.cycles


def measure(text: str, passes: Sequence[ModulePass]) -> Measured:
    """Compile te text and time its kernels without data.

    Raises `CompileError` and `MachineError`; a figure better than a bound is an error, too.
    """
    started = time.perf_counter()
    compilation = compile_source(load(text), tuple(passes))
    seconds = time.perf_counter() - started
    return Measured(running.time(Runner(compilation)), seconds)
