"""What a gather costs: by looking up, and as a sum over all places."""

from __future__ import annotations

from math import ceil, prod

from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.targets.model import Target

SCALAR_OPERATIONS = 8
"""What the scalar unit does for an element that it looks up, beside three accesses: the tests of
its place, and the choice between what is there and 0."""


def looked_up_cycles(op: te.GatherOp, target: Target) -> float:
    """Cycles of looking up, on all cores, while none waits for another: a transfer for each number
    and part of the operand in front of the indexed dimension, of whole blocks; what is left of rows
    element by element."""
    rows, length = _rows(op)
    size = element_bytes(te.element_of(op.operand))
    blocks, rest = divmod(length * size, BLOCK_BYTES)
    path, scalar = target.paths["gm", "ub"], target.scalar
    moved = path.startup + max(path.burst, blocks * BLOCK_BYTES / path.bytes_per_cycle)
    moved = scalar.access_cycles + moved if blocks else 0.0
    element = 3 * scalar.access_cycles + SCALAR_OPERATIONS * scalar.operation_cycles
    return ceil(rows / target.cores) * (moved + rest // size * element)


def summed_cycles(op: te.GatherOp, target: Target) -> float:
    """Cycles of the comparison of every number with every place, and of the choice between each
    element of the operand and 0, on all cores."""
    rows, length = _rows(op)
    places = te.shape_of(op.operand)[op.dim]
    numbers = prod(te.shape_of(op.indices))
    compared = _cycles(str(te.element_of(op.indices)), "vcmp", 2, numbers * places, target)
    element = str(te.element_of(op.operand))
    return compared + _cycles(element, "vsel", 3, rows * length * places, target)


def _rows(op: te.GatherOp) -> tuple[int, int]:
    """How many rows are taken, and their elements."""
    length = prod(te.shape_of(op.operand)[op.dim + 1 :])
    return prod(te.shape_of(op.result)) // max(length, 1), length


def _cycles(element: str, opcode: str, slope: int, count: int, target: Target) -> float:
    """Cycles of as many elements on the vector unit, `slope` per repeat, or else the scalar one."""
    if target.supports(opcode, element):
        bytes_ = count * int(element[1:]) // 8
        return slope * bytes_ / target.vector.repeat_bytes / target.cores
    scalar = target.scalar
    return count * (3 * scalar.access_cycles + scalar.operation_cycles) / target.cores
