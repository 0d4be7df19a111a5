"""The queues of one core: what may happen next, without time.

The scalar front end issues the stream in order: instructions of pipe S run at once, all others are
appended to their pipe's queue. Each pipe starts its instructions in order; a started instruction
completes some time later. A flag is set once everything that its pipe started before has completed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence

from akg_mlir.machine.errors import DeadlockError, FlagError
from akg_mlir.machine.program import Barrier, Instruction, SetFlag, WaitFlag
from akg_mlir.machine.unroll import Issued

PIPES = ("v", "m", "mte1", "mte2", "mte3", "fix")
STORING = ("mte3", "fix")
"""Those that write to GM."""
Flag = tuple[str, str, int]


class Queues:
    """State of the queues. Actions are "s" (issue the next instruction) and the pipes' names.

    `started(position)` is called for each instruction that starts; whoever executes it later calls
    `complete(position)`. Flags and barriers start and complete by themselves.
    """

    def __init__(
        self,
        stream: Sequence[Issued],
        code: Sequence[Instruction],
        depth: int,
        started: Callable[[int], None],
    ) -> None:
        self._stream = stream
        self._code = code
        self._depth = depth
        self._started = started
        self._next = 0
        self._queues: dict[str, deque[int]] = {pipe: deque() for pipe in PIPES}
        self._running: dict[str, set[int]] = {pipe: set() for pipe in ("s", *PIPES)}
        self._flags: set[Flag] = set()
        self._setting: dict[str, list[tuple[Flag, int, set[int]]]] = {p: [] for p in self._running}

    def instruction(self, position: int) -> Instruction:
        """The instruction at a position of the stream."""
        return self._code[self._stream[position][0]]

    @property
    def finished(self) -> bool:
        """Nothing is left to issue, to start or to complete."""
        return (
            self._next == len(self._stream)
            and not any(self._queues.values())
            and not any(self._running.values())
            and not any(self._setting.values())
        )

    @property
    def state(self) -> Hashable:
        """Where everything is."""
        queues = tuple(tuple(queue) for queue in self._queues.values())
        running = tuple(frozenset(positions) for positions in self._running.values())
        setting = tuple(
            (flag, setter, frozenset(pending))
            for entries in self._setting.values()
            for flag, setter, pending in entries
        )
        return (self._next, queues, running, setting, frozenset(self._flags))

    @property
    def only_queues(self) -> bool:
        """Whether the front end puts the next instruction into a queue instead of executing it."""
        return self.instruction(self._next).pipe in self._queues

    def enabled(self) -> list[str]:
        """Actions that are possible now."""
        actions = [pipe for pipe, queue in self._queues.items() if queue and self._may(queue[0])]
        if self._next < len(self._stream):
            pipe = self.instruction(self._next).pipe
            free = pipe not in self._queues or len(self._queues[pipe]) < self._depth
            if free and (pipe in self._queues or self._may(self._next)):
                actions.append("s")
        return actions

    def oldest(self) -> str | None:
        """The enabled action on the instruction that comes first in the stream."""
        return min(self.enabled(), key=self._position, default=None)

    def _position(self, action: str) -> int:
        return self._next if action == "s" else self._queues[action][0]

    def _may(self, position: int) -> bool:
        """Whether the instruction may start."""
        match self.instruction(position):
            case WaitFlag() as wait:
                return (wait.setter, wait.pipe, wait.event) in self._flags
            case Barrier(pipe="all"):
                return not any(self._queues.values()) and not any(self._running.values())
            case Barrier(pipe=pipe):
                return not self._running[pipe]
            case _:
                return True

    def step(self, action: str) -> None:
        """Do one of the enabled actions."""
        if action != "s":
            self._start(self._queues[action].popleft(), action)
            return
        position = self._next
        self._next += 1
        pipe = self.instruction(position).pipe
        if pipe in self._queues:
            self._queues[pipe].append(position)
        else:
            self._start(position, "s")

    def _start(self, position: int, pipe: str) -> None:
        match self.instruction(position):
            case SetFlag() as flag:
                self._set((flag.pipe, flag.waiter, flag.event), position)
            case WaitFlag() as wait:
                self._flags.remove((wait.setter, wait.pipe, wait.event))
                self._started(position)
            case Barrier():
                self._started(position)
            case _:
                self._running[pipe].add(position)
                self._started(position)

    def _set(self, flag: Flag, position: int) -> None:
        pending = set(self._running[flag[0]])
        if pending:
            self._setting[flag[0]].append((flag, position, pending))
        else:
            self._fire(flag, position)

    def _fire(self, flag: Flag, position: int) -> None:
        if flag in self._flags:
            raise FlagError(f"{self.instruction(position).label}: the flag is already set")
        self._flags.add(flag)
        self._started(position)

    def complete(self, position: int) -> None:
        """Tell that a started instruction has completed; flags that waited for it are set."""
        pipe = self.instruction(position).pipe
        self._running[pipe].discard(position)
        left: list[tuple[Flag, int, set[int]]] = []
        for flag, setter, pending in self._setting[pipe]:
            pending.discard(position)
            if pending:
                left.append((flag, setter, pending))
            else:
                self._fire(flag, setter)
        self._setting[pipe] = left

    def check_end(self) -> None:
        """Raise `DeadlockError` when work is left, `FlagError` when a flag still is set."""
        if not self.finished:
            heads = [queue[0] for queue in self._queues.values() if queue]
            if self._next < len(self._stream):
                heads.append(self._next)
            blocked = "; ".join(f"{self.instruction(p).label} on {self._pipe(p)}" for p in heads)
            raise DeadlockError(f"no pipe can go on: {blocked}")
        if self._flags:
            source, waiter, event = min(self._flags)
            raise FlagError(
                f"flag [{source}, {waiter}, {event}] is still set at the end of the kernel"
            )

    def _pipe(self, position: int) -> str:
        pipe = self.instruction(position).pipe
        return f"pipe {pipe if pipe in self._queues else 's'}"
