"""Progress on stderr for work that takes long: one line, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import time

QUIET_SECONDS = 1.0
LOG_SECONDS = 15.0


class Progress:
    """Called with what runs now. Shows nothing for short work.

    On a terminal the line is rewritten and vanishes at the end; elsewhere (a log file) a line is
    written every 15 seconds.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = self._started
        self._width = 0
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        text = f"[{now - self._started:5.1f} s] {message}"
        if self._terminal and now - self._started >= QUIET_SECONDS:
            print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(text)
        elif not self._terminal and now - self._shown >= LOG_SECONDS:
            print(text, file=sys.stderr, flush=True)
            self._shown = now
