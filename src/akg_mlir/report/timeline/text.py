"""Timelines as text: how busy each pipe is, one character per slice of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from akg_mlir.machine import Recording
from akg_mlir.report.timeline.panel import Panel, kind

_LEVELS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 100


def text(panels: Sequence[Panel]) -> str:
    """A line per pipe of each kernel."""
    lines: list[str] = []
    for panel in panels:
        lines.append(panel.headline())
        for pipe in panel.lanes:
            share = panel.figures.busy[pipe] / max(1, panel.figures.cycles)
            levels = np.ceil(_busy(panel.recording, pipe) * (len(_LEVELS) - 1)).astype(int)
            shown = "".join(_LEVELS[level] for level in levels.tolist())
            lines.append(f"{pipe:>5} {share:4.0%} |{shown}|")
        end = f"{panel.recording.cycles:,}"
        lines += [f"{'':11} 0{end:>{_COLUMNS - 1}}", ""]
    return "\n".join(lines)


def _busy(recording: Recording, pipe: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The busy share of each slice of time; what was jumped over counts with its average."""
    width = max(1, recording.cycles) / _COLUMNS
    pieces = [
        (step.span.start, step.span.end, 1.0)
        for step in recording.steps
        if step.span.pipe == pipe and kind(step) is not None
    ]
    for jump in recording.jumps:
        end = jump.start + jump.times * jump.cycles
        pieces.append((jump.start, end, jump.busy[pipe] / max(1, jump.cycles)))
    busy = np.zeros(_COLUMNS)
    edges = np.arange(_COLUMNS + 1) * width
    for start, end, share in pieces:
        overlap = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
        busy += np.maximum(overlap, 0) * share
    return np.clip(busy / width, 0, 1)
