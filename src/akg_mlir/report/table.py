"""Tables for terminals: with rich when it is installed, else plain columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from importlib.util import find_spec


def render(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; numbers are set to the right."""
    rows = [tuple(row) for row in rows]
    return _render_rich(columns, rows) if find_spec("rich") else _render_plain(columns, rows)


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text == "-"


def _numeric(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[bool]:
    return [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(columns))]


def _render_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    numeric = _numeric(columns, rows)

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric)
        )
        return "  ".join(cells).rstrip()

    return [line(columns), line(["-" * width for width in widths]), *map(line, rows)]


def _render_rich(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, right in zip(columns, _numeric(columns, rows)):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stream = io.StringIO()
    Console(file=stream, width=250).print(table)
    return [line.rstrip() for line in stream.getvalue().splitlines()]
