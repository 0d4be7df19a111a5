"""Where in the user's program something was written, and errors that say so."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

from xdsl.dialects.builtin import FileLineColLoc, IntAttr, StringAttr

from akg_mlir.diagnostics import CompileError

_PACKAGE = str(Path(__file__).parents[2]) + os.sep


class TraceError(CompileError):
    """A kernel function that cannot be traced: the place in the user's file, and what would work.

    `place` is a location as `here` gives it; without one the message has to say where.
    """

    def __init__(
        self, message: str, place: FileLineColLoc | None = None, hint: str | None = None
    ) -> None:
        if place is not None:
            message = f"{_text(place)}: {message}{_shown(place)}"
        super().__init__(message, hint=hint)


def here() -> FileLineColLoc | None:
    """The expression being evaluated in the innermost frame that is not of this package."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return None
    positions = list(frame.f_code.co_positions())
    line, _, column, _ = positions[frame.f_lasti // 2]
    return _place(frame.f_code.co_filename, line or frame.f_lineno, (column or 0) + 1)


def definition(function: Callable[..., object]) -> FileLineColLoc | None:
    """Where a function starts."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    return _place(code.co_filename, code.co_firstlineno, 1)


def error(message: str, hint: str | None = None) -> TraceError:
    """An error about the expression being evaluated."""
    return TraceError(message, here(), hint)


def _place(file: str, line: int, column: int) -> FileLineColLoc:
    return FileLineColLoc(StringAttr(file), IntAttr(line), IntAttr(column))


def _text(place: FileLineColLoc) -> str:
    return f"{place.filename.data}:{place.line.data}:{place.column.data}"


def _shown(place: FileLineColLoc) -> str:
    """The line of a place with a caret below the column; nothing when the file is not at hand."""
    line = linecache.getline(place.filename.data, place.line.data).rstrip()
    if not line:
        return ""
    return f"\n    {line}\n    {' ' * (place.column.data - 1)}^"
