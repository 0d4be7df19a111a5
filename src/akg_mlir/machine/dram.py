"""One core's share of DRAM: what reads and what writes at the same time get half of it each.

A transfer takes its end from what is waiting when it starts. That later ones slow it down shows in
the transfers after it and at the end of the kernel, so that no work is lost.
"""

from __future__ import annotations


class Dram:
    """Work that waits for DRAM, in half cycles, as it is at some moment."""

    def __init__(self) -> None:
        self._reads = 0
        self._writes = 0
        self._moment = 0

    def read(self, arrival: int, cycles: int) -> int:
        """Add a read that takes `cycles` alone; returns when it is done."""
        self._work_until(arrival)
        self._reads += 2 * cycles
        return self._after(self._reads + min(self._reads, self._writes))

    def write(self, arrival: int, cycles: int) -> int:
        """Add a write that takes `cycles` alone; returns when it is done."""
        self._work_until(arrival)
        self._writes += 2 * cycles
        return self._after(self._writes + min(self._reads, self._writes))

    @property
    def idle(self) -> int:
        """When all work is done."""
        return self._after(self._reads + self._writes)

    def state(self, earliest: int, now: int) -> tuple[int, int, int]:
        """What work that arrives at `earliest` or later will meet, its moment relative to `now`."""
        self._work_until(earliest)
        return (self._reads, self._writes, self._moment - now)

    def shift(self, cycles: int) -> None:
        """Move everything to a later moment."""
        self._moment += cycles

    def _after(self, half_cycles: int) -> int:
        return self._moment + (half_cycles + 1) // 2

    def _work_until(self, moment: int) -> None:
        time = 2 * max(0, moment - self._moment)
        self._moment += time // 2
        shared = min(self._reads, self._writes, time // 2)
        alone = time - 2 * shared
        self._reads -= shared
        self._writes -= shared
        # Unless time is up, one of them has nothing left.
        self._reads = max(0, self._reads - alone)
        self._writes = max(0, self._writes - alone)
