"""Timed execution of one core's stream (machine reference 3.1): when each instruction runs.

The scalar front end issues in order; pipes work through their queues in order. Whatever can happen
first happens first, so that transfers share DRAM in the order in which they start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from akg_mlir.machine.costs import Cost
from akg_mlir.machine.errors import DeadlockError
from akg_mlir.machine.program import Barrier, Instruction, SetFlag, WaitFlag
from akg_mlir.machine.queues import PIPES, Flag
from akg_mlir.machine.unroll import Issued

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True)
class Span:
    """One instruction on the timeline; `end` is when its pipe is free, `done` when data is out."""

    position: int
    pipe: str
    start: int
    end: int
    done: int


@dataclass(frozen=True)
class Timeline:
    """Spans in order of start, the last completion and the busy cycles of each pipe."""

    spans: tuple[Span, ...]
    cycles: int
    busy: Mapping[str, int]


class Clock:
    """Simulates one stream; `costs` holds one cost per instruction of the stream."""

    def __init__(
        self,
        stream: Sequence[Issued],
        code: Sequence[Instruction],
        costs: Sequence[Cost],
        target: Target,
    ) -> None:
        self._instructions = [code[issued[0]] for issued in stream]
        self._costs = costs
        self._target = target
        self._next = 0
        self._now = 0
        self._queues: dict[str, deque[tuple[int, int]]] = {pipe: deque() for pipe in PIPES}
        self._slot: dict[str, int] = dict.fromkeys(PIPES, 0)
        self._free: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._done: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._busy: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._flags: dict[Flag, deque[int]] = {}
        self._dram = 0.0
        self._spans: list[Span] = []

    def run(self) -> Timeline:
        """The timeline. Raises `DeadlockError`."""
        while True:
            best, who = self._front(), "s"
            for pipe, queue in self._queues.items():
                if queue:
                    time = self._head(pipe, *queue[0])
                    if time is not None and (best is None or time < best):
                        best, who = time, pipe
            if best is None:
                break
            if who == "s":
                self._issue(best)
            else:
                position, _ = self._queues[who].popleft()
                self._slot[who] = best
                self._start(position, who, best)
        if self._next < len(self._instructions) or any(self._queues.values()):
            raise DeadlockError("no pipe can go on")
        cycles = max((span.done for span in self._spans), default=0)
        return Timeline(tuple(self._spans), cycles, dict(self._busy))

    def _front(self) -> int | None:
        """When the front end can handle the next instruction; None while it is blocked."""
        if self._next == len(self._instructions):
            return None
        instruction = self._instructions[self._next]
        queue = self._queues.get(instruction.pipe)
        if queue is not None:
            if len(queue) < self._target.queue_depth:
                return max(self._now, self._slot[instruction.pipe])
            return None
        if isinstance(instruction, Barrier) and instruction.pipe == "all":
            if any(self._queues.values()):
                return None
            return max(self._now, *self._free.values(), *self._done.values())
        return self._when(instruction, "s", self._now)

    def _head(self, pipe: str, position: int, issued: int) -> int | None:
        """When the head of a queue can start; None while its flag is not set."""
        return self._when(self._instructions[position], pipe, max(issued + 1, self._free[pipe]))

    def _when(self, instruction: Instruction, pipe: str, earliest: int) -> int | None:
        match instruction:
            case WaitFlag():
                fired = self._flags.get((instruction.setter, pipe, instruction.event))
                return max(earliest, fired[0]) if fired else None
            case Barrier():
                return max(earliest, self._done[pipe])
            case _:
                return earliest

    def _issue(self, time: int) -> None:
        position = self._next
        self._next += 1
        pipe = self._instructions[position].pipe
        if pipe in self._queues:
            self._queues[pipe].append((position, time))
            self._now = time + self._target.issue_cycles
        else:
            self._start(position, "s", time)
            self._now = self._free["s"]

    def _start(self, position: int, pipe: str, time: int) -> None:
        instruction, cost = self._instructions[position], self._costs[position]
        end = time + cost.occupancy
        if cost.dram:
            self._dram = max(time + cost.startup, self._dram) + cost.dram
            end = max(end, ceil(self._dram))
        done = end + cost.latency
        match instruction:
            case SetFlag():
                fires = max(time, self._done[pipe]) + self._target.flag_latency
                flag = (pipe, instruction.waiter, instruction.event)
                self._flags.setdefault(flag, deque()).append(fires)
            case WaitFlag():
                self._flags[instruction.setter, pipe, instruction.event].popleft()
            case Barrier():
                pass
            case _:
                self._done[pipe] = max(self._done[pipe], done)
                self._busy[pipe] += end - time
        self._free[pipe] = end
        self._spans.append(Span(position, pipe, time, end, done))
