"""What a kernel moves to and from GM, and how much of it DRAM must serve.

An L2 miss is the first touch of a byte in one direction by any core; touches after that hit, as
long as everything the kernel touches fits into the usable part of L2, else everything misses. Hits
are spread evenly over the transfers of a tensor (machine reference 3.2, fast mode).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd, prod
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.hazards import granule_of
from akg_mlir.machine.isa import Access, Plan, place
from akg_mlir.machine.memory import Box
from akg_mlir.machine.program import GM
from akg_mlir.machine.unroll import Issued

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True)
class Traffic:
    """Bytes moved by all cores, and per (GM buffer, is write) the fraction that misses L2."""

    read: int
    written: int
    misses: Mapping[tuple[int, bool], float]


def measure(streams: Sequence[Sequence[Issued]], plans: Sequence[Plan], target: Target) -> Traffic:
    """The traffic of a kernel's streams."""
    issues = Counter(
        issued for stream in streams for issued in stream if _uses_gm(plans[issued[0]])
    )
    touches: dict[tuple[int, bool], list[tuple[Access, int, int]]] = {}
    for issued, count in issues.items():
        plan = plans[issued[0]]
        for access in plan.accesses:
            where = place(plan.instruction.operands[access.operand])
            if isinstance(where, int):
                touch = (access, issued[access.operand + 1], count)
                touches.setdefault((where, access.write), []).append(touch)
    moved = {key: sum(_bytes(a) * n for a, _, n in found) for key, found in touches.items()}
    unique = {key: _unique(found) for key, found in touches.items()}
    fits = sum(unique.values()) <= target.gm.l2_usable * target.memories["l2"]
    return Traffic(
        sum(n for (_, write), n in moved.items() if not write),
        sum(n for (_, write), n in moved.items() if write),
        {key: unique[key] / moved[key] if fits else 1.0 for key in moved},
    )


def _uses_gm(plan: Plan) -> bool:
    return any(operand.memory == GM for operand in plan.instruction.operands)


def _bytes(access: Access) -> int:
    return sum(_box_bytes(box) for box in access.boxes)


def _box_bytes(box: Box) -> int:
    return prod(c for c, s in zip(box.counts, box.strides) if s) * box.run


def _unique(touches: Sequence[tuple[Access, int, int]]) -> int:
    granule = gcd(*(gcd(granule_of(access), address) for access, address, _ in touches))
    top = max(address + max(b.high for b in access.boxes) for access, address, _ in touches)
    seen = np.zeros(-(-top // granule), np.bool_)
    for access, address, _ in touches:
        for box in access.boxes:
            box.granules(seen, address, granule)[...] = True
    return int(np.count_nonzero(seen)) * granule
