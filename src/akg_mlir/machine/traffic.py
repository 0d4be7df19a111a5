"""What a kernel moves to and from GM, and how much of it DRAM must serve.

An L2 miss is the first touch of a byte in one direction by any core. Touches after that hit, as
long as everything the kernel touches in between fits into the usable part of L2 (machine reference
3.2, fast mode; `l2.py`). Hits are spread evenly over the transfers of a tensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.array_code import Column
from akg_mlir.machine.isa import Access, Plan, place
from akg_mlir.machine.issue import Issue, Issues
from akg_mlir.machine.l2 import far_shares

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True)
class Traffic:
    """Bytes moved by all cores, and per (GM buffer, is write) the fraction that misses L2."""

    read: int
    written: int
    misses: Mapping[tuple[int, bool], float]


def measure(issues: Issues, plans: Sequence[Plan], target: Target) -> Traffic:
    """The traffic of a kernel."""
    touches: dict[tuple[int, bool], list[tuple[Access, Issue]]] = {}
    for issue in issues.issues:
        plan = plans[issue.number]
        for access in plan.accesses:
            where = place(plan.instruction.operands[access.operand])
            if isinstance(where, int):
                touches.setdefault((where, access.write), []).append((access, issue))
    moved = {key: sum(a.bytes * i.count for a, i in found) for key, found in touches.items()}
    unique = {key: _unique(found) for key, found in touches.items()}
    capacity = target.gm.l2_usable * target.memories["l2"]
    lost = dict.fromkeys(moved, 0.0)
    if sum(unique.values()) > capacity:
        lost = far_shares(touches, issues.lengths, capacity)
    return Traffic(
        sum(n for (_, write), n in moved.items() if not write),
        sum(n for (_, write), n in moved.items() if write),
        {key: (unique[key] + lost[key] * (moved[key] - unique[key])) / moved[key] for key in moved},
    )


def _unique(touches: Sequence[tuple[Access, Issue]]) -> int:
    """How many bytes are touched at least once. Of transfers from places that data says each takes
    bytes of its own, as long as there are."""
    starts: list[Column] = []
    ends: list[Column] = []
    parts = sum(a.bytes * issue.count for a, issue in touches if a.part is not None)
    known = [(access, issue) for access, issue in touches if access.part is None]
    if parts:
        most = _unique([(replace(access, part=None), issue) for access, issue in touches])
        return min(most, parts + (_unique(known) if known else 0))
    for access, issue in known:
        addresses = np.asarray(issue.addresses[access.operand]).reshape(-1, 1)
        for box in access.boxes:
            first, length = box.runs()
            starts.append((addresses + first).ravel())
            ends.append(starts[-1] + length)
    return _covered(np.concatenate(starts), np.concatenate(ends))


def _covered(starts: Column, ends: Column) -> int:
    """Length of the union of intervals: nothing covers what is between the i-th end and the start
    after it, where that comes later."""
    starts.sort()
    ends.sort()
    gaps = np.maximum(starts[1:] - ends[:-1], 0)
    return int(ends[-1] - starts[0] - gaps.sum())
