"""Addresses for buffers: first-fit colouring of the interference graph. Knows nothing of IR."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from akg_mlir.passes.npu.memory.lifetime import Lifetime

Bytes = NDArray[np.int64]
Flags = NDArray[np.bool_]

BANK_PERIOD = 512
"""Bytes after which the 16 bank groups of 32 B repeat (machine reference 1.3)."""
BANK_SKEW = 256
"""Distance modulo `BANK_PERIOD` at which two full repeats never share a bank group."""


@dataclass(frozen=True)
class Request:
    """A buffer of one memory: bytes, alignment of its address, lifetime.

    `connects`: several pipes use it, in this loop (or another place): sharing its bytes would make
    these pipes wait for each other. None if one pipe alone does.
    """

    size: int
    alignment: int
    lifetime: Lifetime
    connects: Hashable | None = None


@dataclass(frozen=True)
class Pair:
    """Two requests (by number) that one vector instruction reads, at these byte offsets."""

    first: int
    second: int
    first_offset: int = 0
    second_offset: int = 0


class Sharing(Enum):
    """Which requests may occupy common bytes, if their lifetimes do not meet."""

    NONE = "are kept apart"
    WITHIN_PIPES = "share bytes if one pipe uses them"
    BETWEEN_LOOPS = "share bytes if one pipe or different loops use them"
    ALL = "share bytes where lifetimes allow"


@dataclass(frozen=True)
class Plan:
    """An address per request and the end of the highest."""

    addresses: tuple[int, ...]
    height: int
    sharing: Sharing
    skewed: bool


def plan(
    requests: Sequence[Request],
    capacity: int,
    pairs: Sequence[Pair] = (),
    *,
    least: Sharing = Sharing.NONE,
) -> Plan:
    """The first that fits, else the lowest found, of: as little sharing as possible from `least`
    on, with and without bank skew for `pairs`. Deterministic.
    """
    levels = list(Sharing)
    best: Plan | None = None
    for sharing in levels[levels.index(least) :]:
        for skewed in (True, False) if pairs else (False,):
            found = _lowest(requests, pairs if skewed else (), sharing)
            if found.height <= capacity:
                return found
            best = found if best is None or found.height < best.height else best
    assert best is not None, "there is at least one level"
    return best


def peak(requests: Sequence[Request]) -> tuple[int, list[int]]:
    """(bytes, numbers of the live requests) at the fullest position: what any plan needs."""
    best: tuple[int, list[int]] = (0, [])
    for at in sorted({r.lifetime.start for r in requests}):
        live = [i for i, r in enumerate(requests) if r.lifetime.start <= at <= r.lifetime.end]
        need = sum(requests[i].size for i in live)
        best = (need, live) if need > best[0] else best
    return best


Order = Callable[[Request], tuple[int, ...]]


def _by_size(request: Request) -> tuple[int, ...]:
    return (-request.size, request.lifetime.start)


def _by_lifetime(request: Request) -> tuple[int, ...]:
    return (request.lifetime.start - request.lifetime.end, -request.size)


def _by_start(request: Request) -> tuple[int, ...]:
    return (request.lifetime.start, -request.size)


def _lowest(requests: Sequence[Request], pairs: Sequence[Pair], sharing: Sharing) -> Plan:
    plans = [
        _first_fit(requests, order, pairs, sharing) for order in (_by_size, _by_lifetime, _by_start)
    ]
    return min(plans, key=lambda p: p.height)


def _first_fit(
    requests: Sequence[Request], order: Order, pairs: Sequence[Pair], sharing: Sharing
) -> Plan:
    placed: dict[int, int] = {}
    interference = _Interference(requests, sharing)
    low = np.zeros(len(requests), dtype=np.int64)
    high = np.zeros(len(requests), dtype=np.int64)
    for i in sorted(range(len(requests)), key=lambda i: (*order(requests[i]), i)):
        request = requests[i]
        blocked = np.flatnonzero(interference.of(i) & (high > low))
        residues = list(_wanted_residues(i, placed, pairs))
        placed[i] = _lowest_gap(request, low[blocked], high[blocked], residues)
        low[i], high[i] = placed[i], placed[i] + request.size
    addresses = tuple(placed[i] for i in range(len(requests)))
    height = max((a + r.size for a, r in zip(addresses, requests)), default=0)
    return Plan(addresses, height, sharing, bool(pairs))


class _Interference:
    """Which requests may not share bytes."""

    def __init__(self, requests: Sequence[Request], sharing: Sharing) -> None:
        numbers: dict[Hashable, int] = {None: -1}
        for request in requests:
            numbers.setdefault(request.connects, len(numbers))
        self._connects = np.array([numbers[r.connects] for r in requests], dtype=np.int64)
        self._start = np.array([r.lifetime.start for r in requests], dtype=np.int64)
        self._end = np.array([r.lifetime.end for r in requests], dtype=np.int64)
        self._sharing = sharing

    def of(self, number: int) -> Flags:
        """Those that one request interferes with."""
        if self._sharing is Sharing.NONE:
            return np.ones(len(self._start), dtype=np.bool_)
        meets = (self._start <= self._end[number]) & (self._start[number] <= self._end)
        connects = self._connects[number]
        if self._sharing is Sharing.WITHIN_PIPES:
            return meets | (self._connects >= 0) | (connects >= 0)
        if self._sharing is Sharing.BETWEEN_LOOPS and connects >= 0:
            return meets | (self._connects == connects)
        return meets


def _wanted_residues(request: int, placed: dict[int, int], pairs: Sequence[Pair]) -> Iterator[int]:
    """Addresses modulo the bank period that avoid a conflict with a partner placed before."""
    for pair in pairs:
        mine, other = pair.first_offset, pair.second_offset
        partner = pair.second
        if request == pair.second:
            mine, other, partner = other, mine, pair.first
        elif request != pair.first:
            continue
        if partner in placed and partner != request:
            yield (placed[partner] + other + BANK_SKEW - mine) % BANK_PERIOD


def _lowest_gap(request: Request, low: Bytes, high: Bytes, residues: Sequence[int]) -> int:
    """The lowest aligned address clear of blocked ranges; the first residue, if any, is
    respected."""
    order = np.argsort(low)
    behind = np.concatenate(([0], np.maximum.accumulate(high[order])))
    addresses = _aligned(behind, request.alignment, residues)
    fits = np.flatnonzero(addresses[:-1] + request.size <= low[order])
    return int(addresses[fits[0] if fits.size else -1])


def _aligned(addresses: Bytes, alignment: int, residues: Sequence[int]) -> Bytes:
    if residues and residues[0] % alignment == 0 and BANK_PERIOD % alignment == 0:
        return addresses + (residues[0] - addresses) % BANK_PERIOD
    return -(-addresses // alignment) * alignment
