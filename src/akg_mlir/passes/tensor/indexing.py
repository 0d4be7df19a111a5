"""Rules of `te-decompose` for ops that read at computed places."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i1, i32
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression


def gather(e: Expression, op: te.GatherOp) -> SSAValue:
    """The sum over all places of the elements whose place it is, exact since one term counts: as
    slow as the number of places."""
    shape, indices, dim = te.shape_of(op.operand), te.shape_of(op.indices), op.dim
    numbers, number = _counted(e, op), te.element_of(op.indices)
    before, places, behind = shape[:dim], shape[dim], shape[dim + 1 :]
    batch, indices = indices[: op.batches], indices[op.batches :]
    column = [1] * len(behind)
    between = [1] * (dim - len(batch)) if batch else []  # what follows broadcasts else
    aligned = e.reshaped(numbers, (*batch, *between, *indices, 1, *column))
    place = e(te.ConstantOp.of(range(places), TensorType(number, (places, *column))))
    hit = e(te.CompareOp("eq", aligned, place))
    # truth values are added as numbers
    value = e.cast(op.operand, i32) if te.element_of(op.operand) == i1 else op.operand
    spread = e.reshaped(value, (*before, *[1] * len(indices), places, *behind))
    chosen = e(te.SelectOp(hit, spread, e.splat(0, te.element_of(value))))
    return e(te.ReduceOp("add", chosen, [dim + len(indices)]))


def _counted(e: Expression, op: te.GatherOp) -> SSAValue:
    """The numbers of places from the start."""
    if op.from_end is None:
        return op.indices
    number = te.element_of(op.indices)
    negative = e(te.CompareOp("lt", op.indices, e.splat(0, number)))
    counted = e(te.AddOp(op.indices, e.splat(te.shape_of(op.operand)[op.dim], number)))
    return e(te.SelectOp(negative, counted, op.indices))
