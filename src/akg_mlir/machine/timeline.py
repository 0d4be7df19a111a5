"""Timed execution of one core's stream (machine reference 3.1): when each instruction runs.

The scalar front end issues in order; pipes work through their queues in order. Whatever can happen
first happens first, so that transfers share DRAM in the order in which they start.

Most kernels repeat themselves. Where an iteration of a loop starts with the machine in the same
state, seen from the present cycle, as an earlier one, and what follows is what followed then, the
cycles since then repeat as well: the clock jumps over as many repetitions as the stream holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from akg_mlir.machine.costs import Cost
from akg_mlir.machine.dram import Dram
from akg_mlir.machine.errors import DeadlockError
from akg_mlir.machine.program import Barrier, Instruction, SetFlag, WaitFlag
from akg_mlir.machine.queues import PIPES, STORING, Flag
from akg_mlir.machine.repetition import Stream

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
class Jump:
    """`times` repetitions of the `instructions` before `position`, each of `cycles`, without spans.

    They start at cycle `start`; in each the pipes are busy for `busy` cycles."""

    position: int
    instructions: int
    times: int
    start: int
    cycles: int
    busy: Mapping[str, int]


@dataclass(frozen=True)
class Timeline:
    """Spans in order of start, what was jumped over, the last completion, and the busy cycles of
    each pipe."""

    spans: tuple[Span, ...]
    jumps: tuple[Jump, ...]
    cycles: int
    busy: Mapping[str, int]


@dataclass(frozen=True)
class Action:
    """All that the clock sees of an instruction. Equal actions take equal time."""

    kind: Literal["work", "set", "wait", "barrier"]
    pipe: str
    cost: Cost
    flag: Flag = ("", "", 0)

    @classmethod
    def of(cls, instruction: Instruction, cost: Cost) -> Action:
        """The action of an instruction that costs `cost`."""
        pipe = instruction.pipe
        match instruction:
            case SetFlag():
                return cls("set", pipe, cost, (pipe, instruction.waiter, instruction.event))
            case WaitFlag():
                return cls("wait", pipe, cost, (instruction.setter, pipe, instruction.event))
            case Barrier():
                return cls("barrier", pipe, cost)
            case _:
                return cls("work", pipe, cost)


_NEVER = 1 << 62

# Costs that depend on addresses modulo 512 repeat after 64 iterations at the latest, mostly sooner.
_MARKS = 64


@dataclass(frozen=True)
class _Mark:
    """A moment at which the next instruction to issue was `position`."""

    position: int
    now: int
    free: dict[str, int]
    done: dict[str, int]
    busy: dict[str, int]


class Clock:
    """Simulates one stream."""

    def __init__(self, stream: Stream, actions: Sequence[Action], target: Target) -> None:
        """`actions`: what the numbers in the stream stand for."""
        self._stream = stream
        self._numbers = stream.numbers.data
        self._count = stream.numbers.size
        self._actions = actions
        self._depth = target.queue_depth
        self._issue_cycles = target.issue_cycles
        self._flag_latency = target.flag_latency
        self._next = 0
        self._now = 0
        self._queues: dict[str, deque[tuple[int, int]]] = {pipe: deque() for pipe in PIPES}
        self._ready: dict[str, int] = dict.fromkeys(("s", *PIPES), _NEVER)
        self._free: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._done: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._busy: dict[str, int] = dict.fromkeys(("s", *PIPES), 0)
        self._flags: dict[Flag, deque[int]] = {}
        self._dram = Dram()
        self._spans: list[Span] = []
        self._jumps: list[Jump] = []
        self._marks: dict[object, deque[_Mark]] = {}

    def run(self) -> Timeline:
        """The timeline. Raises `DeadlockError`."""
        ready, heads = self._ready, self._stream.heads
        ready["s"] = self._front()
        while True:
            who = min(ready, key=ready.__getitem__)
            time = ready[who]
            if time == _NEVER:
                break
            if who != "s":
                self._pop(who, time)
            elif heads[self._next] and self._jump():
                ready["s"] = self._front()
            else:
                self._issue(time)
        if self._next < self._count or any(self._queues.values()):
            raise DeadlockError("no pipe can go on")
        cycles = max(self._dram.idle, *self._free.values(), *self._done.values())
        return Timeline(tuple(self._spans), tuple(self._jumps), cycles, dict(self._busy))

    def _action(self, position: int) -> Action:
        return self._actions[self._numbers[position]]

    def _front(self) -> int:
        """When the front end can handle the next instruction, as far as is known."""
        if self._next == self._count:
            return _NEVER
        action = self._action(self._next)
        queue = self._queues.get(action.pipe)
        if queue is not None:
            return self._now if len(queue) < self._depth else _NEVER
        if action.pipe == "all":
            if any(self._queues.values()):
                return _NEVER
            return max(self._now, *self._free.values(), *self._done.values())
        return self._when(action, "s", self._now)

    def _head(self, pipe: str) -> int:
        """When the head of a queue can start, as far as is known."""
        if not self._queues[pipe]:
            return _NEVER
        position, issued = self._queues[pipe][0]
        return self._when(self._action(position), pipe, max(issued + 1, self._free[pipe]))

    def _when(self, action: Action, pipe: str, earliest: int) -> int:
        if action.kind == "wait":
            fired = self._flags.get(action.flag)
            return max(earliest, fired[0]) if fired else _NEVER
        return max(earliest, self._done[pipe]) if action.kind == "barrier" else earliest

    def _issue(self, time: int) -> None:
        position = self._next
        self._next += 1
        pipe = self._action(position).pipe
        if pipe in self._queues:
            self._queues[pipe].append((position, time))
            self._now = time + self._issue_cycles
            if len(self._queues[pipe]) == 1:
                self._ready[pipe] = self._head(pipe)
        else:
            self._start(position, "s", time)
            self._now = self._free["s"]
        self._ready["s"] = self._front()

    def _pop(self, pipe: str, time: int) -> None:
        """Start the head of a queue."""
        queue = self._queues[pipe]
        position, _ = queue.popleft()
        blocked = self._ready["s"] == _NEVER and self._next < self._count
        if blocked and len(queue) == self._depth - 1 and self._action(self._next).pipe == pipe:
            self._now = max(self._now, time)
        self._start(position, pipe, time)
        self._ready[pipe] = self._head(pipe)
        if blocked:
            self._ready["s"] = self._front()

    def _start(self, position: int, pipe: str, time: int) -> None:
        action = self._action(position)
        cost = action.cost
        end = time + cost.occupancy
        if cost.dram:
            move = self._dram.write if pipe in STORING else self._dram.read
            moved = move(time + cost.startup, cost.dram)
            end = end if cost.posted else max(end, moved)
        done = end + cost.latency
        self._free[pipe] = end
        match action.kind:
            case "work":
                self._done[pipe] = max(self._done[pipe], done)
                self._busy[pipe] += end - time
            case "set":
                fires = max(time, self._done[pipe]) + self._flag_latency
                self._flags.setdefault(action.flag, deque()).append(fires)
                waiter = action.flag[1]
                self._ready[waiter] = self._front() if waiter == "s" else self._head(waiter)
            case "wait":
                self._flags[action.flag].popleft()
            case "barrier":
                pass
        self._spans.append(Span(position, pipe, time, end, done))

    # repetition

    def _jump(self) -> bool:
        """Skip repetitions of what happened since an earlier start of an iteration, if any."""
        mark = _Mark(self._next, self._now, dict(self._free), dict(self._done), dict(self._busy))
        marks = self._marks.setdefault(self._state(), deque(maxlen=_MARKS))
        for earlier in reversed(marks):
            times = self._stream.repetitions(earlier.position, mark.position)
            if times:
                self._advance(earlier, mark, times)
                return True
        marks.append(mark)
        return False

    def _state(self) -> object:
        """The state of the machine seen from now: equal states have equal futures.

        Moments so long ago that they cannot delay anything any more count as equal.
        """
        now, numbers = self._now, self._numbers
        pipes: list[object] = []
        free = {"s": max(self._free["s"], now)}
        for pipe, queue in self._queues.items():
            free[pipe] = max(self._free[pipe], queue[0][1] if queue else now)
            waiting = [(numbers[at], self._next - at, issued - now) for at, issued in queue]
            pipes += [free[pipe] - now, max(self._done[pipe], free[pipe]) - now, *waiting, pipe]
        flags = sorted(
            (flag, *(max(time, free[flag[1]]) - now for time in fired))
            for flag, fired in self._flags.items()
            if fired
        )
        scalar = max(self._done["s"], free["s"]) - now
        dram = self._dram.state(min(free[pipe] for pipe in PIPES), now)
        return (*pipes, *flags, free["s"] - now, scalar, dram)

    def _advance(self, earlier: _Mark, mark: _Mark, times: int) -> None:
        """Move everything that changed between two marks on by as many repetitions."""
        instructions, cycles = mark.position - earlier.position, mark.now - earlier.now
        worked = {pipe: mark.busy[pipe] - earlier.busy[pipe] for pipe in mark.busy}
        self._jumps.append(Jump(mark.position, instructions, times, mark.now, cycles, worked))
        by, later = times * instructions, times * cycles
        self._next += by
        self._now += later
        self._dram.shift(later)
        for pipe in self._free:
            self._busy[pipe] += times * worked[pipe]
            for moments, before in ((self._free, earlier.free), (self._done, earlier.done)):
                # A pipe that rested stays as it is: when it last worked no longer matters.
                if moments[pipe] != before[pipe]:
                    moments[pipe] += later
        for flag, fired in self._flags.items():
            self._flags[flag] = deque(time + later for time in fired)
        for pipe, queue in self._queues.items():
            self._queues[pipe] = deque((at + by, issued + later) for at, issued in queue)
            self._ready[pipe] = self._head(pipe)
