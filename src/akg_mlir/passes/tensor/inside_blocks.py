"""Elements of values on chip that ops move from one place in a block to another.

No vector instruction does that: the scalar unit moves them one by one. From and to GM, where
transfers begin anywhere, it costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from math import prod

from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import element_bytes


def moved_inside_blocks(producer: Operation, users: Collection[Operation]) -> int:
    """Elements that the scalar unit would move if tiles of some ops computed the values of their
    producer, too, instead of loading them."""
    value = producer.results[0]
    reading = {use.operation for use in value.uses} & set(users)
    return _written(producer) + sum(_read(user, value) for user in reading)


def _written(op: Operation) -> int:
    """Elements that an op puts elsewhere in a block of its result than they were."""
    if isinstance(op, te.PadOp) and op.amounts and op.amounts[-1][0] % _block(op.result):
        return prod(te.shape_of(op.operand))
    if isinstance(op, te.ConcatOp):
        return sum(_placed(op, part) for part in set(op.parts))
    return 0


def _read(op: Operation, value: SSAValue) -> int:
    """Elements of a value on chip that an op takes from elsewhere in a block."""
    if isinstance(op, te.SliceOp) and op.ranges:
        taken = op.ranges[-1]
        inside = taken.start % _block(value) or taken.step != 1
        return prod(te.shape_of(op.result)) if inside else 0
    return _placed(op, value) if isinstance(op, te.ConcatOp) else 0


def _placed(op: te.ConcatOp, part: SSAValue) -> int:
    """Elements of a part that is put to a place inside a block."""
    if op.dim < len(te.shape_of(part)) - 1:
        return 0
    starts = [start for other, start in zip(op.parts, op.starts) if other is part]
    return sum(prod(te.shape_of(part)) for start in starts if start % _block(part))


def _block(value: SSAValue) -> int:
    return BLOCK_BYTES // element_bytes(te.element_of(value))
