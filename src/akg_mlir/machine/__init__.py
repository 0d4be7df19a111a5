"""A functional and timed model of the NPU. Knows plain programs only, no IR."""

from __future__ import annotations

from akg_mlir.machine.errors import (
    BoundsError,
    DeadlockError,
    FieldError,
    FlagError,
    MachineError,
    PoisonError,
)
from akg_mlir.machine.hazards import Race
from akg_mlir.machine.machine import (
    Machine,
    Measures,
    Mode,
    Recording,
    RunResult,
    Step,
    Timing,
)
from akg_mlir.machine.timeline import Jump, Span, Timeline

__all__ = [
    "BoundsError",
    "DeadlockError",
    "FieldError",
    "FlagError",
    "Jump",
    "Machine",
    "MachineError",
    "Measures",
    "Mode",
    "PoisonError",
    "Race",
    "Recording",
    "RunResult",
    "Span",
    "Step",
    "Timeline",
    "Timing",
]
