"""A program made ready for a target: plans, streams, traffic, races and timelines, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from akg_mlir.machine.costs import Cost, Costs
from akg_mlir.machine.hazards import Hazards, Race
from akg_mlir.machine.isa import Plan, place, plan
from akg_mlir.machine.program import BLOCK, GM, Program
from akg_mlir.machine.sharing import cross_core_races
from akg_mlir.machine.timeline import Clock, Timeline
from akg_mlir.machine.traffic import Traffic, measure
from akg_mlir.machine.unroll import Checker, Issued, control_flow, instructions

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True, eq=False)
class Loaded:
    """Everything about a program on a target that does not depend on data."""

    program: Program
    target: Target
    plans: tuple[Plan, ...]
    streams: tuple[tuple[Issued, ...], ...]

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
    def traffic(self) -> Traffic:
        """GM traffic of all cores."""
        return measure(self.streams, self.plans, self.target)

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
    def timelines(self) -> tuple[Timeline, ...]:
        """One per core; cores with the same instructions at the same costs share theirs."""
        code = tuple(plan.instruction for plan in self.plans)
        active = max(1, sum(1 for stream in self.streams if stream))
        costs = Costs(code, self.target, active, self.traffic.misses)
        known: dict[tuple[tuple[int, Cost], ...], Timeline] = {}
        result: list[Timeline] = []
        for stream in self.streams:
            spent = [costs.of(issued) for issued in stream]
            key = tuple((issued[0], cost) for issued, cost in zip(stream, spent))
            if key not in known:
                known[key] = Clock(stream, code, spent, self.target).run()
            result.append(known[key])
        return tuple(result)

    @property
    def slowest(self) -> Timeline:
        """The timeline of the core that finishes last."""
        return max(self.timelines, key=lambda timeline: timeline.cycles)

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
    """Plan and unroll a program and check every address.

    Raises `FieldError` and `BoundsError`.
    """
    plans = tuple(plan(instruction, target) for instruction in instructions(program.body))
    stream_of = control_flow(program)
    checker = Checker(program, plans, target)
    streams: list[tuple[Issued, ...]] = []
    for core in range(program.cores):
        stream = tuple(stream_of(core))
        checker.check(stream)
        streams.append(stream)
    return Loaded(program, target, plans, tuple(streams))
