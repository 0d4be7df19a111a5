"""Three orders of execution of one core's stream on its memories. All give the same bits."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from akg_mlir.machine.hazards import interlocked
from akg_mlir.machine.isa import SYNCHRONISATION, Core, Plan, Stores
from akg_mlir.machine.program import Instruction, Mad, ScalarLoad, Vec
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
        stores = plan.execute(self._core, issued[1:], scalar)
        if isinstance(instruction, ScalarLoad):
            self._registers[position] = stores[0][1][0]
        return stores

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


class Adversary:
    """Runs a stream in a random legal order that favours now this pipe, now that one."""

    def __init__(
        self, executor: Executor, stream: Sequence[Issued], plans: Sequence[Plan], depth: int
    ) -> None:
        self._executor = executor
        self._running = _Running(executor)
        self._queues = Queues(stream, [plan.instruction for plan in plans], depth, self._started)

    def run(self, seed: int) -> None:
        """Run to the end. Raises `DeadlockError`, `FlagError` and whatever instructions raise."""
        rng = random.Random(seed)
        choices = ["s", *PIPES, *(f"complete {pipe}" for pipe in PIPES)]
        left = 0
        while True:
            completable = self._by_pipe()
            actions = [*self._queues.enabled(), *completable]
            if not actions:
                break
            if left == 0:
                rng.shuffle(choices)
                left = rng.randint(1, 64)
            left -= 1
            careless = rng.random() < 0.1
            action = rng.choice(actions) if careless else min(actions, key=choices.index)
            if action in completable:
                position = rng.choice(completable[action])
                self._running.complete(position)
                self._queues.complete(position)
            else:
                self._queues.step(action)
        self._queues.check_end()

    def _by_pipe(self) -> dict[str, list[int]]:
        """Running instructions by the action that completes one of them."""
        result: dict[str, list[int]] = {}
        for position in self._running.stores:
            pipe = self._queues.instruction(position).pipe
            result.setdefault(f"complete {pipe}", []).append(position)
        return result

    def _started(self, position: int) -> None:
        instruction = self._queues.instruction(position)
        if isinstance(instruction, SYNCHRONISATION):
            return
        for mad in self._running.start(position):
            self._queues.complete(mad)
        if instruction.pipe == "s":
            self._running.complete(position)
            self._queues.complete(position)
