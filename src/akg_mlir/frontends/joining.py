"""Tensors put together of parts: concatenation, and a part that replaces a box of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import TensorType, i1
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te

Emit = Callable[[Operation], SSAValue]


def joined(values: Sequence[SSAValue], axis: int, emit: Emit) -> SSAValue:
    """The tensors one after the other along `axis`."""
    return values[0] if len(values) == 1 else emit(te.ConcatOp(values, axis))


def inserted(part: SSAValue, whole: SSAValue, offsets: Sequence[int], emit: Emit) -> SSAValue:
    """`whole` with the box that starts at `offsets` replaced by `part`, of the same rank."""
    shape, sizes = te.shape_of(whole), te.shape_of(part)
    high = [size - start - taken for size, start, taken in zip(shape, offsets, sizes)]
    ones = emit(te.ConstantOp.splat(TensorType(i1, sizes), 1))
    inside = emit(te.PadOp(ones, offsets, high, 0))
    placed = emit(te.PadOp(part, offsets, high, 0))
    return emit(te.SelectOp(inside, placed, whole))
