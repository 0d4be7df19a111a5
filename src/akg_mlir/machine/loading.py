"""A program made ready for a target: plans, streams, traffic, races and timelines, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.costs import Costs
from akg_mlir.machine.hazards import Hazards, Race
from akg_mlir.machine.isa import Plan, place, plan
from akg_mlir.machine.issue import Issues, issue
from akg_mlir.machine.program import BLOCK, GM, Program
from akg_mlir.machine.schedule import Schedule, schedule
from akg_mlir.machine.sharing import cross_core_races
from akg_mlir.machine.timeline import Timeline
from akg_mlir.machine.traffic import Traffic, measure
from akg_mlir.machine.unroll import Checker, Issued, control_flow, instructions

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True, eq=False)
class Loaded:
    """Everything about a program on a target that does not depend on data. `misses` are shares of
    transfers that miss L2, as in `Traffic`, where they are not those of the program itself."""

    program: Program
    target: Target
    plans: tuple[Plan, ...]
    misses: Mapping[tuple[int, bool], float] | None = None

    @cached_property
    def written(self) -> set[int]:
        """GM buffers that an instruction writes."""
        places = {
            place(plan.instruction.operands[access.operand])
            for plan in self.plans
            for access in plan.accesses
            if access.write
        }
        return {where for where in places if isinstance(where, int)}

    @cached_property
    def streams(self) -> tuple[tuple[Issued, ...], ...]:
        """What each core issues. Raises `BoundsError` and `FieldError` for bad addresses."""
        stream_of = control_flow(self.program)
        checker = Checker(self.program, self.plans, self.target)
        streams: list[tuple[Issued, ...]] = []
        for core in range(self.program.cores):
            stream = tuple(stream_of(core))
            checker.check(stream)
            streams.append(stream)
        return tuple(streams)

    @cached_property
    def issues(self) -> Issues:
        """What all cores issue, in columns."""
        return issue(self.program)

    @cached_property
    def traffic(self) -> Traffic:
        """GM traffic of all cores."""
        return measure(self.issues, self.plans, self.target)

    @cached_property
    def races(self) -> tuple[Race, ...]:
        """Races within a core and between cores. Raises `FlagError` and `DeadlockError`.

        Cores whose streams differ only in where they read, or by a shift of what they write in GM,
        have the same hazards: one of them is examined.
        """
        classes = {self._signature(stream): stream for stream in self.streams}
        ignored = {
            i
            for i, buffer in enumerate(self.program.buffers)
            if buffer.memory == GM and i not in self.written
        }
        found: dict[Race, None] = {}
        for stream in classes.values():
            hazards = Hazards(stream, self.plans, self.target.queue_depth, ignored)
            found.update(dict.fromkeys(hazards.run()))
        found.update(dict.fromkeys(cross_core_races(self.streams, self.plans, self.written)))
        return tuple(found)

    def _signature(self, stream: Sequence[Issued]) -> tuple[tuple[int, ...], ...]:
        origins: dict[int, int] = {}
        operands = [plan.instruction.operands for plan in self.plans]
        result: list[tuple[int, ...]] = []
        for issued in stream:
            key = [issued[0]]
            for operand, address in zip(operands[issued[0]], issued[1:]):
                if operand.memory != GM:
                    key.append(address)
                elif operand.buffer in self.written:
                    key.append(address - origins.setdefault(operand.buffer, address))
            result.append(tuple(key))
        return tuple(result)

    @cached_property
    def schedule(self) -> Schedule:
        """What the clock needs to know."""
        code = tuple(plan.instruction for plan in self.plans)
        active = max(1, int(np.count_nonzero(self.issues.lengths)))
        misses = self.traffic.misses if self.misses is None else self.misses
        return schedule(self.issues, Costs(code, self.target, active, misses), code)

    @cached_property
    def timelines(self) -> tuple[Timeline, ...]:
        """One per core, with every instruction; cores with equal streams share theirs."""
        return self.schedule.timelines(self.target, whole=True)

    @cached_property
    def shortened(self) -> tuple[Timeline, ...]:
        """The same, with repetitions jumped over."""
        return self.schedule.timelines(self.target, whole=False)

    @property
    def slowest(self) -> Timeline:
        """The timeline of the core that finishes last; repetitions in it are jumped over."""
        return self.shortened[self.slowest_core]

    @property
    def slowest_core(self) -> int:
        """The core that finishes last."""
        return max(range(self.program.cores), key=lambda core: self.shortened[core].cycles)

    @cached_property
    def peak_bytes(self) -> dict[str, int]:
        """Bytes of each on-chip memory up to the end of its last buffer."""
        peak: dict[str, int] = {}
        for buffer in self.program.buffers:
            if buffer.memory != GM:
                end = -(-(buffer.address + buffer.bytes) // BLOCK) * BLOCK
                peak[buffer.memory] = max(peak.get(buffer.memory, 0), end)
        return peak


@lru_cache(maxsize=16)
def load(program: Program, target: Target) -> Loaded:
    """Plan a program. Raises `FieldError`."""
    plans = tuple(plan(instruction, target) for instruction in instructions(program.body))
    return Loaded(program, target, plans)
