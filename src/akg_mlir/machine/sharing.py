"""What cores do to GM they share: nothing orders one core before another inside a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np

from akg_mlir.machine.hazards import Race, granule_of
from akg_mlir.machine.isa import Access, Plan, place
from akg_mlir.machine.program import GM
from akg_mlir.machine.unroll import Issued

_Touch = tuple[int, Access, int]


def cross_core_races(
    streams: Sequence[Sequence[Issued]], plans: Sequence[Plan], written: set[int]
) -> tuple[Race, ...]:
    """At most one race per written GM buffer: two cores, the same bytes, one of them writing."""
    races = [_first_race(buffer, streams, plans) for buffer in sorted(written)]
    return tuple(race for race in races if race is not None)


def _first_race(
    buffer: int, streams: Sequence[Sequence[Issued]], plans: Sequence[Plan]
) -> Race | None:
    cores = [_touches(buffer, stream, plans) for stream in streams]
    everything = [touch for core in cores for touch in core]
    if not everything:
        return None
    granule = gcd(*(gcd(granule_of(access), address) for _, access, address in everything))
    size = max(a + max(box.high for box in access.boxes) for _, access, a in everything)
    # Who read and who wrote each granule last, among the cores before: core and instruction.
    read, wrote = (np.zeros(-(-size // granule), np.int64) for _ in range(2))
    for core, touches in enumerate(cores):
        for code, access, address in touches:
            for history in (wrote, read) if access.write else (wrote,):
                clash = max(int(b.granules(history, address, granule).max()) for b in access.boxes)
                if clash:
                    other, earlier = divmod(clash - 1, len(plans))
                    return Race(
                        f"{plans[earlier].instruction.label} on core {other}",
                        f"{plans[code].instruction.label} on core {core}",
                        GM,
                    )
        for code, access, address in touches:
            for box in access.boxes:
                history = wrote if access.write else read
                box.granules(history, address, granule)[...] = core * len(plans) + code + 1
    return None


def _touches(buffer: int, stream: Sequence[Issued], plans: Sequence[Plan]) -> list[_Touch]:
    """(instruction, access, address) of everything a core does to a buffer, without repetition."""
    concerned = {
        code: [a for a in plan.accesses if place(plan.instruction.operands[a.operand]) == buffer]
        for code, plan in enumerate(plans)
    }
    distinct = dict.fromkeys(issued for issued in stream if concerned[issued[0]])
    return [
        (issued[0], access, issued[access.operand + 1])
        for issued in distinct
        for access in concerned[issued[0]]
    ]
