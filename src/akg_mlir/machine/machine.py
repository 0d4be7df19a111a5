"""The machine: runs programs on numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

import numpy as np

from akg_mlir.machine.errors import MachineError, PoisonError
from akg_mlir.machine.execute import (
    Adversary,
    Executor,
    every_order,
    in_program_order,
    in_timed_order,
)
from akg_mlir.machine.hazards import Race
from akg_mlir.machine.isa import Core
from akg_mlir.machine.loading import Loaded, load
from akg_mlir.machine.memory import VALID, Memory
from akg_mlir.machine.program import DTYPES, GM, Array, Buffer, Instruction, Program
from akg_mlir.machine.timeline import Jump, Span, Timeline

if TYPE_CHECKING:
    from akg_mlir.targets import Target

Mode = Literal["program", "timed", "adversarial"]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What does not depend on data, nor on the order of execution.

    `gm_bytes_read`, `gm_bytes_written` and `instructions` (flags and barriers included) count all
    cores. `peak_bytes`: end of the last buffer per memory of a core.
    """

    gm_bytes_read: int
    gm_bytes_written: int
    peak_bytes: Mapping[str, int]
    instructions: int


@dataclass(frozen=True, kw_only=True)
class Timing(Measures):
    """Cycles of the slowest core, its busy cycles per pipe and its timeline."""

    cycles: int
    busy: Mapping[str, int]
    timeline: Timeline


@dataclass(frozen=True)
class Step:
    """An instruction and when it ran."""

    instruction: Instruction
    span: Span


@dataclass(frozen=True)
class Recording:
    """The timeline of the slowest core, with its instructions, and all its cycles."""

    steps: tuple[Step, ...]
    jumps: tuple[Jump, ...]
    cycles: int


@dataclass(frozen=True, kw_only=True)
class RunResult(Measures):
    """What a kernel did.

    `outputs`: one array per written argument, in argument order. `timing` only in timed mode.
    `races`: pairs of instructions that nothing orders; where there is one, results are not to be
    trusted.
    """

    outputs: tuple[Array, ...]
    timing: Timing | None
    races: tuple[Race, ...]

    @property
    def cycles(self) -> int:
        """Cycles of the slowest core. Raises `MachineError` when the run was not timed."""
        if self.timing is None:
            raise MachineError("only a run in timed mode has cycles")
        return self.timing.cycles


class Machine:
    """A simulated machine of one target."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def check(self, program: Program) -> tuple[Race, ...]:
        """Races of a program, without running it.

        Raises `FieldError`, `BoundsError`, `FlagError` and `DeadlockError`.
        """
        return load(program, self.target).races

    def time(self, program: Program) -> Timing:
        """Cycles and traffic of a program: they do not depend on data.

        Nothing is executed and repetitions are jumped over, so this takes no second even for
        kernels of millions of instructions. Addresses, flags and races are not checked. Raises
        `FieldError` and `DeadlockError`.
        """
        loaded = load(program, self.target)
        slowest = loaded.slowest
        measured = asdict(_measures(loaded))
        return Timing(cycles=slowest.cycles, busy=slowest.busy, timeline=slowest, **measured)

    def record(self, program: Program, *, whole: bool) -> Recording:
        """What the slowest core does when; not `whole`: with repetitions jumped over.

        Raises `FieldError` and `DeadlockError`.
        """
        loaded = load(program, self.target)
        core = loaded.slowest_core
        timeline = (loaded.timelines if whole else loaded.shortened)[core]
        code = loaded.schedule.streams[core].code
        steps = (
            Step(loaded.plans[int(code[span.position])].instruction, span)
            for span in timeline.spans
        )
        return Recording(tuple(steps), timeline.jumps, timeline.cycles)

    def run(
        self,
        program: Program,
        arrays: Sequence[Array | None],
        mode: Mode = "program",
        seed: int = 0,
    ) -> RunResult:
        """Run a kernel on one array per argument.

        None (or nothing, at the end) stands for an output whose bytes are undefined before. The
        arrays are not changed. `mode`: "program" executes one instruction after the other, "timed"
        in the order of the timing model, "adversarial" in a random legal order drawn from `seed`.
        Raises `MachineError`; races do not raise, see `RunResult.races`.
        """
        loaded = load(program, self.target)
        races = loaded.races
        buffers = _global_memory(program, arrays)
        with np.errstate(all="ignore"):
            self._execute(loaded, buffers, mode, Random(seed))
        timing = self.time(program) if mode == "timed" else None
        return RunResult(
            outputs=tuple(_result(program, position, buffers) for position in program.outputs),
            timing=timing,
            races=races,
            **asdict(_measures(loaded)),
        )

    def every_outcome(
        self, program: Program, arrays: Sequence[Array | None]
    ) -> Iterator[tuple[Array, ...] | MachineError]:
        """Outputs, or the error, of every legal order of a program for one core.

        For a handful of instructions: orders that meet in a state are followed once, but the number
        of states is exponential.
        """
        loaded = load(program, self.target)
        if program.cores != 1:
            raise MachineError(f"{program.name}: every order of one core, not of {program.cores}")
        (stream,) = loaded.streams
        buffers: dict[int, Memory] = {}

        def fresh() -> Adversary:
            buffers.update(_global_memory(program, arrays))
            executor = Executor(self._core(loaded, buffers, 0), stream, loaded.plans)
            return Adversary(executor, stream, loaded.plans, self.target.queue_depth)

        with np.errstate(all="ignore"):
            for error in every_order(fresh):
                yield error or _outcome(program, buffers)

    def _core(self, loaded: Loaded, buffers: Mapping[int, Memory], index: int) -> Core:
        """A core that has executed nothing."""
        spaces: dict[str | int, Memory] = {**buffers}
        for name in loaded.peak_bytes:
            spaces[name] = Memory(self.target.memories[name])
        return Core(index, spaces)

    def _execute(
        self, loaded: Loaded, buffers: Mapping[int, Memory], mode: Mode, rng: Random
    ) -> None:
        order = list(range(loaded.program.cores))
        if mode == "adversarial":
            rng.shuffle(order)
        for index in order:
            core, stream = self._core(loaded, buffers, index), loaded.streams[index]
            executor = Executor(core, stream, loaded.plans)
            match mode:
                case "program":
                    in_program_order(executor, stream)
                case "timed":
                    in_timed_order(executor, loaded.timelines[index])
                case "adversarial":
                    depth = self.target.queue_depth
                    Adversary(executor, stream, loaded.plans, depth).run(rng.getrandbits(32))


def _measures(loaded: Loaded) -> Measures:
    return Measures(
        gm_bytes_read=loaded.traffic.read,
        gm_bytes_written=loaded.traffic.written,
        peak_bytes=loaded.peak_bytes,
        instructions=int(loaded.issues.lengths.sum()),
    )


def _global_memory(program: Program, arrays: Sequence[Array | None]) -> dict[int, Memory]:
    """A memory per GM buffer: arguments hold copies of their arrays, all else is poison."""
    if len(arrays) > len(program.arguments):
        raise MachineError(
            f"{program.name} takes {len(program.arguments)} arrays, got {len(arrays)}"
        )
    given = {program.arguments[i]: array for i, array in enumerate(arrays) if array is not None}
    memories: dict[int, Memory] = {}
    for number, buffer in enumerate(program.buffers):
        if buffer.memory != GM:
            continue
        if number in given:
            _check_array(program, buffer, given[number])
            memories[number] = Memory.holding(given[number])
        else:
            memories[number] = Memory(buffer.bytes)
    for position, number in enumerate(program.arguments):
        if number not in given and position not in program.outputs:
            raise MachineError(f"{program.name}: input {program.buffers[number].name} is missing")
    return memories


def _check_array(program: Program, buffer: Buffer, array: Array) -> None:
    dtype = DTYPES[buffer.element]
    if array.shape != buffer.shape or array.dtype != dtype:
        raise MachineError(
            f"{program.name}: {buffer.name} is {dtype} {buffer.shape}, "
            f"got {array.dtype} {array.shape}"
        )


def _outcome(program: Program, buffers: Mapping[int, Memory]) -> tuple[Array, ...] | MachineError:
    """The outputs, or why there are none."""
    try:
        return tuple(_result(program, position, buffers) for position in program.outputs)
    except MachineError as error:
        return error


def _result(program: Program, position: int, buffers: Mapping[int, Memory]) -> Array:
    """The array of a written argument. Raises `PoisonError` for bytes that were never written."""
    number = program.arguments[position]
    buffer, memory = program.buffers[number], buffers[number]
    missing = np.flatnonzero(memory.valid != VALID)
    if missing.size:
        raise PoisonError(
            f"{program.name}: {missing.size} of {buffer.bytes} bytes of output {buffer.name} were "
            f"never written, the first at {int(missing[0]):#x}"
        )
    return memory.data.view(DTYPES[buffer.element]).reshape(buffer.shape)
