"""Buffers that are not all needed at once, in one piece of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Lifetime:
    """A buffer of `bytes` that is needed from step `first` to step `last`, both included."""

    bytes: int
    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena:
    """Where each buffer starts, in the order they were given, and the bytes of it all."""

    offsets: tuple[int, ...]
    bytes: int


def arrange(buffers: Sequence[Lifetime], alignment: int) -> Arena:
    """Offsets at which no two buffers that meet share a byte, multiples of `alignment`.

    Best fit, largest first: each buffer goes into the smallest gap that is large enough between
    those that it meets, or behind them. Quadratic in the number of buffers.
    """
    placed: list[tuple[int, int, Lifetime]] = []
    offsets = [0] * len(buffers)
    order = sorted(range(len(buffers)), key=lambda k: (-buffers[k].bytes, buffers[k].first, k))
    for k in order:
        buffer = buffers[k]
        size = -(-buffer.bytes // alignment) * alignment
        taken = sorted((start, end) for start, end, other in placed if other.meets(buffer))
        offsets[k] = _best_gap(taken, size)
        placed.append((offsets[k], offsets[k] + size, buffer))
    return Arena(tuple(offsets), max((end for _, end, _ in placed), default=0))


def _best_gap(taken: Sequence[tuple[int, int]], size: int) -> int:
    """The start of the smallest gap of `size` bytes between sorted intervals; the last is open."""
    best: tuple[int, int] | None = None
    end_of_last = 0
    for start, end in taken:
        gap = start - end_of_last
        if gap >= size and (best is None or gap < best[0]):
            best = (gap, end_of_last)
        end_of_last = max(end_of_last, end)
    return end_of_last if best is None else best[1]
