"""Timelines as an SVG picture: one lane per pipe, one box per instruction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from akg_mlir.report.timeline.panel import Panel, Window, kind, windows

_COLOURS = {
    "load": "#4c78a8",
    "feed": "#72b7b2",
    "product": "#e45756",
    "vector": "#54a24b",
    "convert": "#9ecb8f",
    "transpose": "#b279a2",
    "move": "#eeca3b",
    "store": "#f58518",
    "scalar": "#9d755d",
}
_WIDTH, _LEFT, _LANE, _GAP = 1200, 80, 26, 30
_HEAD, _FOOT = 46, 46


def picture(title: str, panels: Sequence[Panel]) -> str:
    """The SVG text: kernels below each other, long ones in several windows."""
    heights = [_HEAD + _LANE * len(panel.lanes) + _FOOT for panel in panels]
    height = 34 + sum(heights) + 26
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(10, 22, title, ' font-size="15" font-weight="bold"'),
    ]
    top = 34
    for panel, size in zip(panels, heights):
        lines += _panel(panel, top)
        top += size
    lines += [*_legend(panels, height - 14), "</svg>", ""]
    return "\n".join(lines)


def _panel(panel: Panel, top: int) -> Iterator[str]:
    yield _text(10, top + 18, panel.headline())
    for lane, pipe in enumerate(panel.lanes):
        share = panel.figures.busy[pipe] / max(1, panel.figures.cycles)
        y = top + _HEAD + lane * _LANE + 16
        yield _text(10, y, pipe)
        yield _text(_LEFT - 4, y, f"{share:.0%}", ' text-anchor="end" fill="#888" font-size="9"')
    shown = windows(panel.recording)
    width = (_WIDTH - _LEFT - 10 - _GAP * (len(shown) - 1)) / len(shown)
    for number, window in enumerate(shown):
        yield from _window(panel, window, _LEFT + number * (width + _GAP), width, top)


def _window(panel: Panel, window: Window, left: float, width: float, top: int) -> Iterator[str]:
    scale = width / max(1, window.end - window.start)
    first, bottom = top + _HEAD, top + _HEAD + _LANE * len(panel.lanes)
    if window.caption:
        yield _text(left, first - 8, window.caption, ' fill="#555" font-size="11"')
    for lane in range(len(panel.lanes)):
        y = first + lane * _LANE
        yield f'<rect x="{left:.1f}" y="{y + 3}" width="{width:.1f}" height="20" fill="#f3f3f3"/>'
    for step in panel.recording.steps:
        what, span = kind(step), step.span
        start, end = max(span.start, window.start), min(span.end, window.end)
        if what is None or start >= end or span.pipe not in panel.lanes:
            continue
        y = first + panel.lanes.index(span.pipe) * _LANE + 3
        x, wide = left + (start - window.start) * scale, max((end - start) * scale, 0.3)
        label = escape(f"{step.instruction.label}: {span.start:,} to {span.end:,}")
        yield (
            f'<rect x="{x:.2f}" y="{y}" width="{wide:.2f}" height="20" fill="{_COLOURS[what]}" '
            f'stroke="white" stroke-width="0.4"><title>{label}</title></rect>'
        )
    yield from _axis(window, left, scale, bottom)


def _axis(window: Window, left: float, scale: float, y: int) -> Iterator[str]:
    """Ticks at round numbers of cycles."""
    right = left + (window.end - window.start) * scale
    yield f'<path d="M{left:.1f} {y + 3}H{right:.1f}" stroke="#888"/>'
    step = 1
    while step * scale < 70:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    for cycle in range(-(-window.start // step) * step, window.end + 1, step):
        x = left + (cycle - window.start) * scale
        yield f'<path d="M{x:.1f} {y + 3}v4" stroke="#888"/>'
        yield _text(x, y + 18, f"{cycle:,}", ' text-anchor="middle" fill="#555" font-size="10"')


def _legend(panels: Sequence[Panel], y: int) -> Iterator[str]:
    used = {kind(step) for panel in panels for step in panel.recording.steps}
    x = _LEFT
    for what, colour in _COLOURS.items():
        if what in used:
            yield f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
            yield _text(x + 16, y, what, ' fill="#555"')
            x += 90


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y}"{style}>{escape(text)}</text>'
