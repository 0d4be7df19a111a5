"""Products of few rows whose columns are taken in parts, as the gates of a recurrent step are.

Tiles of few rows are columns. A tile of what several parts make together needs a few columns of
each, and of the factor rows of as few, at as many places: bursts much shorter than those of a
product alone.
"""

from __future__ import annotations

from collections.abc import Collection
from math import prod

from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te


def is_cut_in_gates(op: Operation, users: Collection[Operation], cores: int) -> bool:
    """Whether `op` is a product of fewer rows than cores, from whose result, or what is computed
    of its elements, some of the users take several parts of the last dimension."""
    if not isinstance(op, te.MatmulOp | te.BatchMatmulOp):
        return False
    if prod(te.shape_of(op.results[0])[:-1]) >= cores:
        return False
    return len(_starts(op.results[0], users)) > 1


def _starts(value: SSAValue, users: Collection[Operation]) -> set[int]:
    """Where parts of the last dimension start."""
    starts: set[int] = set()
    for use in value.uses:
        user = use.operation
        if user not in users:
            continue
        if isinstance(user, te.SliceOp):
            starts.add(user.ranges[-1].start)
        elif isinstance(user, te.ElementwiseOp):
            starts |= _starts(user.results[0], users)
    return starts
