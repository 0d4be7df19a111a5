"""Work of isl that may not end in time, in a child process with a limit.

isl cannot be interrupted in its own process: it holds the interpreter's lock, and the number of
its operations says nothing about its time. A child can be killed. Its limit is processor time, so
that a busy machine does not change what is computed.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

CLOCK = 30
"""Seconds on the clock that a child may take per second of processor time."""


class BudgetExceeded(Exception):
    """The child was stopped at its limit."""


class ChildFailed(Exception):
    """The work raised in the child; the message is that of its exception."""


def within(seconds: float, work: Callable[[], str]) -> str:
    """What `work()` returns, computed in a child of this process.

    Raises `BudgetExceeded` after that much processor time, and `ChildFailed`. Where processes
    cannot fork, the work runs here and without a limit.
    """
    if not hasattr(os, "fork"):
        return work()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _run(seconds, work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        text = stream.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise BudgetExceeded(f"more than {seconds:g} s of processor time")
    if os.WEXITSTATUS(status) != 0:
        raise ChildFailed(text)
    return text


def _run(seconds: float, work: Callable[[], str], writer: int) -> None:
    """The child: its own timers end it, whatever it is doing, and it never returns."""
    status = 1
    try:
        for timer, number, limit in (
            (signal.ITIMER_PROF, signal.SIGPROF, seconds),
            (signal.ITIMER_REAL, signal.SIGALRM, CLOCK * seconds),
        ):
            signal.signal(number, signal.SIG_DFL)
            signal.setitimer(timer, limit)
        try:
            text, status = work(), 0
        except Exception as error:
            text = str(error)
        with os.fdopen(writer, "wb") as stream:
            stream.write(text.encode())
    finally:
        os._exit(status)
