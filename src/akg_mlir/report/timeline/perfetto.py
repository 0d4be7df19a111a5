"""Timelines in the trace event format that https://ui.perfetto.dev opens. A cycle is shown as 1 us.

Kernels follow each other; each is a process and each of its pipes a thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from akg_mlir.execution.machine import Runner
from akg_mlir.report.timeline.panel import PIPES, kind

_Event = dict[str, object]


def perfetto(runner: Runner) -> str:
    """The JSON text: every instruction of the slowest core of every kernel call."""
    events: list[_Event] = []
    begin = 0
    for number, call in enumerate(runner.time()):
        recording = runner.record(call.function, whole=True)
        events += _names(number, call.function.sym_name.data)
        for step in recording.steps:
            span = step.span
            events.append(
                {
                    "name": step.instruction.label,
                    "cat": kind(step) or "order",
                    "ph": "X",
                    "ts": begin + span.start,
                    "dur": span.end - span.start,
                    "pid": number,
                    "tid": PIPES.index(span.pipe),
                    "args": {"position": span.position, "done": span.done},
                }
            )
        begin += recording.cycles
    return json.dumps({"traceEvents": events})


def _names(kernel: int, name: str) -> Iterator[_Event]:
    yield {"name": "process_name", "ph": "M", "pid": kernel, "args": {"name": name}}
    for thread, pipe in enumerate(PIPES):
        yield {
            "name": "thread_name",
            "ph": "M",
            "pid": kernel,
            "tid": thread,
            "args": {"name": pipe},
        }
