"""Happens-before over one core's stream: which accesses nothing orders.

Every pipe knows, per pipe, how many of its instructions have certainly completed: from flags, from
barriers, and from the scalar front end, which issues nothing before its own work is done. An access
conflicts with an earlier one to the same bytes, one of them a write, that is not known to have
completed. Within one pipe instructions start in order, so a write after a read needs nothing; a
read or write after a write needs a barrier, except for mads that interlock (machine reference 2.4).
The last writer and readers are kept per granule of memory, the largest unit that divides all
addresses and lengths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from akg_mlir.machine.errors import FlagError
from akg_mlir.machine.isa import Access, Plan, place
from akg_mlir.machine.program import Array, Barrier, Instruction, Mad, Operand, SetFlag, WaitFlag
from akg_mlir.machine.queues import PIPES, Flag, Queues
from akg_mlir.machine.unroll import Issued

_ALL = ("s", *PIPES)
_NUMBER = {pipe: i for i, pipe in enumerate(_ALL)}
_MOST_REPORTS = 16

Known = tuple[int, ...]
Space = str | int


@dataclass(frozen=True)
class Race:
    """Two instructions that touch the same bytes in no certain order."""

    earlier: str
    later: str
    memory: str

    def __str__(self) -> str:
        return (
            f"{self.later} may start before {self.earlier} has completed, though they touch the "
            f"same bytes of {self.memory}"
        )


class History:
    """Last accesses of one memory: per pipe, the sequence number of the last one per granule."""

    def __init__(self, granule: int, size: int) -> None:
        self._granule = granule
        self._size = -(-size // granule)
        self.last: dict[tuple[str, bool], Array] = {}

    def latest(self, last: Array, access: Access, address: int) -> int:
        """The highest number among the bytes of an access."""
        views = (box.granules(last, address, self._granule) for box in access.boxes)
        return max(int(view.max()) for view in views)

    def record(self, pipe: str, access: Access, address: int, number: int) -> None:
        """Note an access of a pipe."""
        key = (pipe, access.write)
        if key not in self.last:
            self.last[key] = np.zeros(self._size, np.int32)
        for box in access.boxes:
            box.granules(self.last[key], address, self._granule)[...] = number


class Hazards:
    """Runs a stream through its queues in issue order and collects races."""

    def __init__(
        self, stream: Sequence[Issued], plans: Sequence[Plan], depth: int, ignored: set[int]
    ) -> None:
        """`ignored`: GM buffers that are only read."""
        self._stream = stream
        self._plans = plans
        self._ignored = ignored
        self._histories = self._make_histories()
        self._known: dict[str, Known] = {pipe: (0,) * len(_ALL) for pipe in _ALL}
        self._issued: list[Known] = []
        self._sequence: dict[str, list[int]] = {pipe: [] for pipe in _ALL}
        self._flags: dict[Flag, Known] = {}
        self._waited: dict[Flag, int] = {}
        self.races: dict[Race, None] = {}
        code = [plan.instruction for plan in plans]
        self._queues = Queues(stream, code, depth, self._started)

    def run(self) -> tuple[Race, ...]:
        """All races, at most a few. Raises `FlagError` and `DeadlockError`."""
        queues = self._queues
        while (action := queues.oldest()) is not None:
            if action == "s":
                self._issued.append(self._known["s"])
            queues.step(action)
        queues.check_end()
        return tuple(self.races)

    def _make_histories(self) -> dict[Space, History]:
        granules: dict[Space, int] = {}
        highest: dict[Space, int] = {}
        for code, access, addresses in _addresses(self._stream, self._plans):
            where = place(self._plans[code].instruction.operands[access.operand])
            if where in self._ignored:
                continue
            granules[where] = gcd(granules.get(where, 0), granule_of(access), *addresses)
            top = max(addresses) + max(box.high for box in access.boxes)
            highest[where] = max(highest.get(where, 0), top)
        return {where: History(g, highest[where]) for where, g in granules.items()}

    def _started(self, position: int) -> None:
        plan = self._plans[self._stream[position][0]]
        instruction = plan.instruction
        pipe = "s" if instruction.pipe == "all" else instruction.pipe
        known = self._known[pipe] = _merge(self._known[pipe], self._issued[position])
        match instruction:
            case SetFlag():
                self._set((pipe, instruction.waiter, instruction.event), instruction, known)
            case WaitFlag():
                self._wait((instruction.setter, pipe, instruction.event), position, known)
            case Barrier(pipe="all"):
                self._known["s"] = tuple(len(self._sequence[p]) for p in _ALL)
            case Barrier():
                self._known[pipe] = self._with_all_of(pipe, known)
            case _:
                self._access(position, plan, pipe, known)

    def _with_all_of(self, pipe: str, known: Known) -> Known:
        """`known`, and that everything of one pipe so far has completed."""
        number = _NUMBER[pipe]
        return (*known[:number], len(self._sequence[pipe]), *known[number + 1 :])

    def _set(self, flag: Flag, instruction: SetFlag, known: Known) -> None:
        consumed = self._waited.get(flag, 0)
        if known[_NUMBER[flag[1]]] < consumed:
            raise FlagError(
                f"{instruction.label}: may be set while it still is: nothing orders this after "
                "the wait before it"
            )
        self._flags[flag] = self._with_all_of(flag[0], known)

    def _wait(self, flag: Flag, position: int, known: Known) -> None:
        pipe = flag[1]
        self._sequence[pipe].append(position)
        self._waited[flag] = len(self._sequence[pipe])
        self._known[pipe] = _merge(known, self._flags.pop(flag))
        if pipe == "s":
            self._known[pipe] = self._with_all_of(pipe, self._known[pipe])

    def _access(self, position: int, plan: Plan, pipe: str, known: Known) -> None:
        issued = self._stream[position]
        sequence = self._sequence[pipe]
        operands = plan.instruction.operands
        touched = [
            (a, self._histories[place(operands[a.operand])], issued[a.operand + 1])
            for a in plan.accesses
            if place(operands[a.operand]) not in self._ignored
        ]
        for access, history, address in touched:
            for (other, wrote), last in history.last.items():
                # Within a pipe, what starts later cannot overtake what an earlier one reads.
                if (access.write or wrote) and (wrote or other != pipe):
                    latest = history.latest(last, access, address)
                    if latest and not self._ordered(latest, other, position, known):
                        self._report(self._sequence[other][latest - 1], position, operands, access)
        sequence.append(position)
        for access, history, address in touched:
            history.record(pipe, access, address, len(sequence))
        if pipe == "s":
            self._known["s"] = self._with_all_of("s", known)
        self._queues.complete(position)

    def _ordered(self, latest: int, other: str, position: int, known: Known) -> bool:
        """Whether instruction `latest` of pipe `other` has completed, in the order of issue."""
        earlier = self._sequence[other][latest - 1]
        if earlier > position:
            return False
        return latest <= known[_NUMBER[other]] or interlocked(
            self._queues.instruction(earlier), self._queues.instruction(position)
        )

    def _report(self, first: int, second: int, operands: Sequence[Operand], access: Access) -> None:
        if len(self.races) < _MOST_REPORTS:
            earlier, later = (self._queues.instruction(p).label for p in sorted((first, second)))
            self.races[Race(earlier, later, operands[access.operand].memory)] = None


def _merge(known: Known, other: Known) -> Known:
    return known if other is known else tuple(map(max, known, other))


def interlocked(first: Instruction, second: Instruction) -> bool:
    """Whether the cube itself orders two mads (machine reference 2.4)."""
    if not isinstance(first, Mad) or not isinstance(second, Mad):
        return False
    m, n = second.m, second.n
    return (first.m, first.n) == (m, n) and ((m > 64 and n > 16) or (m > 32 and n > 32))


def _addresses(
    stream: Sequence[Issued], plans: Sequence[Plan]
) -> Iterator[tuple[int, Access, set[int]]]:
    """Per instruction and access: all addresses that occur."""
    distinct: dict[int, set[Issued]] = {}
    for issued in stream:
        distinct.setdefault(issued[0], set()).add(issued)
    for code, seen in distinct.items():
        for access in plans[code].accesses:
            yield code, access, {issued[access.operand + 1] for issued in seen}


def granule_of(access: Access) -> int:
    """The largest unit of bytes that an access consists of."""
    return gcd(*(gcd(box.run, box.offset, *box.strides) for box in access.boxes))
