"""Which transfers of a kernel find their bytes in L2 again.

A transfer hits if it moved the same bytes before and everything that all cores touched in between
(its reuse footprint) fits into the usable part of L2. Cores are taken to be equally far through
their streams at any time. Footprints are computed for a sample of each tensor's transfers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from akg_mlir.machine.array_code import Column
from akg_mlir.machine.isa import Access
from akg_mlir.machine.issue import Issue
from akg_mlir.machine.memory import Box

Touches = Sequence[tuple[Access, Issue]]
"""Transfers of one tensor in one direction."""

_SAMPLES = 100


def far_shares(
    touches: Mapping[tuple[int, bool], Touches], lengths: Column, capacity: float
) -> dict[tuple[int, bool], float]:
    """Per tensor and direction: which share of repeated transfers `capacity` bytes of L2 lose.

    `lengths`: instructions per core.
    """
    kinds: dict[tuple[tuple[int, bool], tuple[Box, ...]], int] = {}
    columns: list[Column] = []
    owners: list[tuple[int, bool]] = []
    for key, found in touches.items():
        for access, issue in found:
            kind = kinds.setdefault((key, access.boxes), len(kinds))
            progress = (issue.position + 0.5) / lengths[issue.core]
            rows = (progress * 2**40, issue.addresses[access.operand], kind, access.bytes)
            shaped = [np.broadcast_to(np.asarray(row, np.int64), issue.core.shape) for row in rows]
            columns.append(np.stack([*shaped, np.full(issue.count, len(owners))]))
        owners.append(key)
    moments, address, kind, size, owner = np.concatenate(columns, axis=1)
    order = np.argsort(moments, kind="stable")
    address, kind, size, owner = address[order], kind[order], size[order], owner[order]
    before = _previous(address, kind)
    return {
        key: _far_share(np.flatnonzero((owner == number) & (before >= 0)), before, size, capacity)
        for number, key in enumerate(owners)
    }


def _previous(address: Column, kind: Column) -> Column:
    """For each transfer the last one before it that moved the same bytes, else -1."""
    order = np.lexsort((np.arange(address.size), address, kind))
    same = (np.diff(address[order]) == 0) & (np.diff(kind[order]) == 0)
    before = np.full(address.size, -1)
    before[order[1:][same]] = order[:-1][same]
    return before


def _far_share(repeated: Column, before: Column, size: Column, capacity: float) -> float:
    """The share of a sample of transfers whose reuse footprint is larger than `capacity`."""
    if not repeated.size:
        return 1.0  # only parts are touched again: nothing is known of when
    sample = repeated[np.linspace(0, repeated.size - 1, min(_SAMPLES, repeated.size)).astype(int)]
    far = 0
    for at in sample.tolist():
        start = int(before[at])
        first_in_between = before[start + 1 : at] <= start
        far += int(size[start + 1 : at][first_in_between].sum() + size[at]) > capacity
    return far / sample.size
