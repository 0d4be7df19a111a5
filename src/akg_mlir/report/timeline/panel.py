"""What a timeline shows of one kernel, however it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from akg_mlir.execution.machine import Runner
from akg_mlir.machine import Recording, Step
from akg_mlir.machine.program import (
    Copy,
    Load2d,
    Load3d,
    Mad,
    ScalarBlock,
    ScalarLoad,
    Vec,
    Vnchwconv,
)
from akg_mlir.report.figures import KernelFigures, RunReport

PIPES = ("s", "mte2", "mte1", "m", "fix", "v", "mte3")
"""The lanes, in the order in which data passes through them."""

_ENDLESS = 10_000_000
_CROWDED = 400
_IN_A_WINDOW = 120


@dataclass(frozen=True)
class Panel:
    """One kernel call: its figures and what its slowest core does when."""

    figures: KernelFigures
    recording: Recording

    @property
    def lanes(self) -> tuple[str, ...]:
        """The pipes that do something."""
        return tuple(pipe for pipe in PIPES if self.figures.busy.get(pipe))

    def headline(self) -> str:
        """One line of figures."""
        figures = self.figures
        busiest = figures.busy[figures.busiest] / max(1, figures.cycles)
        text = f"{figures.name}: {figures.cycles:,} cycles"
        if figures.lower_bound:
            text += f", lower bound {figures.lower_bound:,} by {figures.bound_by}"
            text += f", {figures.utilisation:.0%} utilisation"
        return f"{text}; busiest pipe {figures.busiest} ({busiest:.0%})"


@dataclass(frozen=True)
class Window:
    """Cycles `start` to `end` of a kernel, and what to say about them."""

    start: int
    end: int
    caption: str


def panels(runner: Runner, report: RunReport) -> list[Panel]:
    """One panel per kernel call of a report."""
    calls = runner.time()
    return [
        Panel(figures, runner.record(call.function, whole=call.timing.instructions < _ENDLESS))
        for call, figures in zip(calls, report.kernels, strict=True)
    ]


def windows(recording: Recording) -> list[Window]:
    """The whole kernel, or of a long one its start, its middle and its end."""
    steps, cycles = recording.steps, recording.cycles
    repeated = sum(jump.instructions * jump.times for jump in recording.jumps)
    instructions = len(steps) + repeated
    if instructions <= _CROWDED:
        return [Window(0, cycles, "")]
    width = max(1, cycles * _IN_A_WINDOW // instructions)
    # Repetitions that were jumped over look like what came before them.
    middle = min((step.span.end for step in steps), key=lambda end: abs(end - cycles // 2))
    return [
        Window(0, width, "start"),
        Window(max(0, middle - width), max(width, middle), "middle"),
        Window(cycles - width, cycles, "end"),
    ]


def kind(step: Step) -> str | None:
    """What a step does, in a word; None for flags and barriers."""
    match step.instruction:
        case Copy(pipe="mte2"):
            return "load"
        case Copy(pipe="mte3" | "fix"):
            return "store"
        case Copy():
            return "move"
        case Load2d() | Load3d():
            return "feed"
        case Mad():
            return "product"
        case Vec(opcode="vconv"):
            return "convert"
        case Vec():
            return "vector"
        case Vnchwconv():
            return "transpose"
        case ScalarBlock() | ScalarLoad():
            return "scalar"
        case _:
            return None
