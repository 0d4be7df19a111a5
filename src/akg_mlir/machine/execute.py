"""Three orders of execution of one core's stream on its memories. All give the same bits."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import numpy as np

from akg_mlir.machine.errors import MachineError
from akg_mlir.machine.hazards import interlocked
from akg_mlir.machine.isa import SYNCHRONISATION, Core, Plan, Stores
from akg_mlir.machine.program import Fetch, Instruction, Mad, ScalarLoad, Vec
from akg_mlir.machine.queues import PIPES, Queues
from akg_mlir.machine.timeline import Timeline
from akg_mlir.machine.unroll import Issued, register_sources


class Executor:
    """Executes single instructions of a stream: what they read is read at `start`."""

    def __init__(self, core: Core, stream: Sequence[Issued], plans: Sequence[Plan]) -> None:
        self._core = core
        self._stream = stream
        self._plans = plans
        code = [plan.instruction for plan in plans]
        self._sources: Mapping[int, int] = register_sources(stream, code)
        self._registers: dict[int, object] = {}

    def instruction(self, position: int) -> Instruction:
        """The instruction at a position of the stream."""
        return self._plans[self._stream[position][0]].instruction

    def start(self, position: int) -> Stores:
        """Execute; the stores are still to be done."""
        issued = self._stream[position]
        plan = self._plans[issued[0]]
        instruction = plan.instruction
        scalar: object = None
        if isinstance(instruction, Mad):
            scalar = issued[-1]
        elif isinstance(instruction, Vec):
            source = self._sources.get(position)
            scalar = instruction.scalar if source is None else self._registers[source]
        elif isinstance(instruction, Fetch):
            scalar = self._registers[self._sources[position]]
        stores = plan.execute(self._core, issued[1:], scalar)
        if isinstance(instruction, ScalarLoad):
            self._registers[position] = stores[0][1][0]
        return stores

    @property
    def state(self) -> Hashable:
        """The contents of the core's memories and registers."""
        core = self._core
        memories = [(m.data.tobytes(), m.valid.tobytes()) for m in core.spaces.values()]
        masks = core.compare_mask.tobytes(), core.compare_mask_set.tobytes()
        return (*memories, masks, tuple(self._registers.items()))

    @staticmethod
    def finish(stores: Stores) -> None:
        """Make the results visible."""
        for view, values in stores:
            view[...] = values


def in_program_order(executor: Executor, stream: Sequence[Issued]) -> None:
    """One instruction after the other, as if nothing were asynchronous."""
    for position in range(len(stream)):
        executor.finish(executor.start(position))


def in_timed_order(executor: Executor, timeline: Timeline) -> None:
    """Reads happen at the start of an instruction, stores at its completion."""
    # At one time, completions come before starts.
    events = [(span.done, 0, span.position) for span in timeline.spans]
    events += [(span.start, 1, span.position) for span in timeline.spans]
    running = _Running(executor)
    for _, is_start, position in sorted(events):
        if is_start:
            running.start(position)
        elif position in running.stores:
            running.complete(position)


class _Running:
    """Instructions that have read and not yet stored. Mads that interlock see each other's sums."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.stores: dict[int, Stores] = {}

    def start(self, position: int) -> list[int]:
        """Start an instruction; returns the mads that had to complete for it."""
        instruction = self._executor.instruction(position)
        finished: list[int] = []
        if isinstance(instruction, Mad):
            code = self._executor.instruction
            finished = [p for p in self.stores if interlocked(code(p), instruction)]
        for mad in finished:
            self.complete(mad)
        self.stores[position] = self._executor.start(position)
        return finished

    def complete(self, position: int) -> None:
        """Store the results."""
        self._executor.finish(self.stores.pop(position))


Action = str | int
"""A pipe (or "s", the front end) goes on; or the started instruction at a position completes."""


class Adversary:
    """A stream on its way through some legal order, chosen action by action."""

    def __init__(
        self, executor: Executor, stream: Sequence[Issued], plans: Sequence[Plan], depth: int
    ) -> None:
        self._stream = stream
        self._executor = executor
        self._running = _Running(executor)
        self._queues = Queues(stream, [plan.instruction for plan in plans], depth, self._started)

    def run(self, seed: int) -> None:
        """Run to the end in a random order that favours now this pipe, now that one.

        In every other run some instructions complete only when nothing else can happen: what they
        race with may be an iteration away. Raises `DeadlockError`, `FlagError` and whatever
        instructions raise.
        """
        rng = random.Random(seed)
        choices = ["s", *PIPES, *(f"complete {pipe}" for pipe in PIPES)]
        numbers = dict.fromkeys(issued[0] for issued in self._stream)
        slow = {n for n in numbers if rng.random() < 0.2} if rng.random() < 0.5 else set[int]()
        left = 0
        while everything := self.actions():
            actions = [a for a in everything if not self._is_one_of(slow, a)] or everything
            if left == 0:
                rng.shuffle(choices)
                left = rng.randint(1, 64)
            left -= 1
            if rng.random() < 0.1:
                self.do(rng.choice(actions))
                continue
            kinds = [choices.index(self._kind(action)) for action in actions]
            self.do(rng.choice([a for a, kind in zip(actions, kinds) if kind == min(kinds)]))
        self.check_end()

    def actions(self) -> list[Action]:
        """What may happen next."""
        return [*self._queues.enabled(), *self._running.stores]

    def do(self, action: Action) -> None:
        """Let one of the actions happen."""
        if isinstance(action, int):
            self._running.complete(action)
            self._queues.complete(action)
        else:
            self._queues.step(action)

    def check_end(self) -> None:
        """Raise `DeadlockError` or `FlagError` if no action is left but work or a flag is."""
        self._queues.check_end()

    def is_free(self, action: Action) -> bool:
        """Whether the action only queues an instruction: doing so at once excludes no order."""
        return action == "s" and self._queues.only_queues

    @property
    def state(self) -> Hashable:
        """All that the rest of the run depends on."""
        pending = tuple(
            (position, *(np.asarray(values).tobytes() for _, values in stores))
            for position, stores in sorted(self._running.stores.items())
        )
        return (self._queues.state, pending, self._executor.state)

    def _is_one_of(self, numbers: set[int], action: Action) -> bool:
        """Whether the action completes one of these instructions."""
        return isinstance(action, int) and self._stream[action][0] in numbers

    def _kind(self, action: Action) -> str:
        if isinstance(action, str):
            return action
        return f"complete {self._queues.instruction(action).pipe}"

    def _started(self, position: int) -> None:
        instruction = self._queues.instruction(position)
        if isinstance(instruction, SYNCHRONISATION):
            return
        for mad in self._running.start(position):
            self._queues.complete(mad)
        # Until it completes, what it writes is neither the old nor the new value, but poison.
        for view, _ in self._running.stores[position]:
            view[...] = 0
        if instruction.pipe == "s":
            self._running.complete(position)
            self._queues.complete(position)


def every_order(fresh: Callable[[], Adversary]) -> Iterator[MachineError | None]:
    """One item per state in which a legal order ends: an error, or None.

    `fresh` starts over, on new memories; orders that meet in a state are followed once.
    """
    seen: set[Hashable] = set()
    prefixes: list[tuple[Action, ...]] = [()]
    while prefixes:
        prefix = prefixes.pop()
        adversary = fresh()
        try:
            for action in prefix:
                adversary.do(action)
            while actions := adversary.actions():
                free = [action for action in actions if adversary.is_free(action)]
                if not free and adversary.state in seen:
                    break
                if not free:
                    seen.add(adversary.state)
                    prefixes += [(*prefix, action) for action in actions[1:]]
                chosen = free[0] if free else actions[0]
                prefix = (*prefix, chosen)
                adversary.do(chosen)
            else:
                adversary.check_end()
                yield None
        except MachineError as error:
            yield error
