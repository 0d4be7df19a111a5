"""Run functions in forked processes, a few at a time, each under a wall-clock limit.

How many have ended is shown on stderr, as commands show what they do.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from akg_mlir.cli.progress import Progress

CONTEXT = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Finished:
    """How one task ended: its value, or why there is none ("timeout" or an exit code)."""

    name: str
    value: object
    failure: str | None
    seconds: float


@dataclass(frozen=True)
class _Running:
    name: str
    process: BaseProcess
    results: Connection
    started: float


def run_isolated(
    tasks: Mapping[str, Callable[[], object]], jobs: int, timeout: float
) -> Iterator[Finished]:
    """Run every task in a process of its own, `jobs` at a time; results as they come."""
    waiting = list(tasks.items())
    running: list[_Running] = []
    with Progress() as show:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_start(*waiting.pop(0)))
            wait([task.results for task in running], timeout=0.2)
            for task in list(running):
                finished = _poll(task, timeout)
                if finished is not None:
                    running.remove(task)
                    yield finished
            ended = len(tasks) - len(waiting) - len(running)
            show(f"{ended} of {len(tasks)}; now {', '.join(task.name for task in running)}")


def _start(name: str, task: Callable[[], object]) -> _Running:
    receive, send = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=lambda: send.send(task()))
    process.start()
    send.close()
    return _Running(name, process, receive, time.monotonic())


def _poll(task: _Running, timeout: float) -> Finished | None:
    seconds = time.monotonic() - task.started
    value, failure = None, None
    if task.results.poll():
        try:
            value = task.results.recv()
        except EOFError:
            task.process.join()
            failure = f"exit code {task.process.exitcode}"
    elif seconds > timeout:
        task.process.kill()
        failure = "timeout"
    else:
        return None
    task.process.join()
    task.results.close()
    return Finished(task.name, value, failure, seconds)
