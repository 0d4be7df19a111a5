"""Sums of products on the vector unit: where their lanes go, and what they take in a tile."""

from __future__ import annotations

import numpy as np

from akg_mlir.polyhedral.point_bands import contiguous_last, stride
from akg_mlir.polyhedral.scop import Statement
from akg_mlir.polyhedral.tile_extents import product as whole
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import VectorProduct

SCRATCH_SHARE = 8
"""Products go through this part of UB at a time, as `npu-legalise` has it."""
SPLAT = 16
"""Elements of a repeated factor that become splats at a time."""
FOLDED = 5
"""Instructions that fold the lanes of one block."""


def vector_product(statement: Statement) -> VectorProduct | None:
    """What an update sums on the vector unit, None if that is no product of different tensors."""
    if statement.reduction is None or not statement.writes:
        return None
    result = statement.writes[0]
    factors = [access for access in statement.reads if access.array != result.array]
    if len({access.array for access in factors}) < 2:
        return None
    lanes = contiguous_last(statement, statement.rank)[-1]
    staying = [access for access in factors if stride(access, lanes) == 0]
    dims = range(statement.rank)
    repeated = tuple(d for d in dims if staying and stride(staying[0], d) != 0)
    return VectorProduct(lanes, stride(result, lanes) != 0, repeated)


def cycles(
    product: VectorProduct, box: Numbers, element_bytes: int, slope: int, machine: Machine
) -> Numbers:
    """Cycles of a box of instances (a column per dimension) in one tile, `slope` per repeat."""
    length = box[:, product.lanes]
    rows = whole(box) / length
    if product.kept:
        return _in_place(product, box, element_bytes, slope, machine)
    return _row_by_row(rows, length * element_bytes, slope, machine)


def _in_place(
    product: VectorProduct, box: Numbers, element_bytes: int, slope: int, machine: Machine
) -> Numbers:
    """An instruction walks one dimension; a factor that stays along the lanes becomes splats."""
    chunks = np.ceil(box[:, product.lanes] * element_bytes / machine.vector_bytes)
    sizes = box.copy()
    sizes[:, product.lanes] = chunks
    bytes_ = whole(box) * element_bytes
    side_by_side = np.ceil(bytes_ / machine.vector_bytes)  # short rows
    repeats = np.where(chunks > 1, whole(sizes), side_by_side)
    elements = whole(box[:, list(product.repeated)])
    room = machine.capacity["ub"] / SCRATCH_SHARE / (SPLAT * element_bytes)
    parts = np.maximum(1, np.ceil(elements / room))
    longest: Numbers = sizes.max(axis=1)
    walked = np.maximum(chunks, longest / parts)
    issues = np.ceil(repeats / np.minimum(walked, machine.vector_chunk))
    result = issues * machine.vector_startup + slope * repeats
    if product.repeated:
        splat = machine.slopes["vnchwconv"] * element_bytes / machine.block_bytes
        result = result + elements * (splat + machine.vector_startup / SPLAT)
    return result


def _row_by_row(rows: Numbers, row_bytes: Numbers, slope: int, machine: Machine) -> Numbers:
    """Rows are multiplied one by one into scratch, and there folded by halves to one block."""
    scratch = machine.capacity["ub"] / SCRATCH_SHARE
    pieces = np.ceil(row_bytes / scratch)
    repeats = rows * np.ceil(row_bytes / machine.vector_bytes)
    halves = np.log2(np.maximum(2, row_bytes / pieces / machine.block_bytes)) + FOLDED
    issues = rows * pieces + np.ceil(rows * row_bytes / scratch) * halves
    return issues * machine.vector_startup + slope * repeats
