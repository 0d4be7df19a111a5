"""Tensors put together of parts: concatenation, and a part that replaces a box of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate

from xdsl.dialects.builtin import TensorType, i1
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import Reduction, initial_value

Emit = Callable[[Operation], SSAValue]


def joined(values: Sequence[SSAValue], axis: int, emit: Emit) -> SSAValue:
    """The tensors one after the other along `axis`.

    It is the maximum of all, each padded with the least value to its place in the result: exact,
    and every op fuses.
    """
    if len(values) == 1:
        return values[0]
    element = te.element_of(values[0])
    least = 0 if element == i1 else initial_value(Reduction.MAX, element)
    sizes = [te.shape_of(value)[axis] for value in values]
    rank, total = len(te.shape_of(values[0])), sum(sizes)
    padded: list[SSAValue] = []
    for start, value, size in zip(accumulate(sizes, initial=0), values, sizes):
        low = [start if dim == axis else 0 for dim in range(rank)]
        high = [total - start - size if dim == axis else 0 for dim in range(rank)]
        padded.append(emit(te.PadOp(value, low, high, least)))
    join = te.OrOp if element == i1 else te.MaxOp
    return reduce(lambda a, b: emit(join(a, b)), padded)


def inserted(part: SSAValue, whole: SSAValue, offsets: Sequence[int], emit: Emit) -> SSAValue:
    """`whole` with the box that starts at `offsets` replaced by `part`, of the same rank."""
    shape, sizes = te.shape_of(whole), te.shape_of(part)
    high = [size - start - taken for size, start, taken in zip(shape, offsets, sizes)]
    ones = emit(te.ConstantOp.splat(TensorType(i1, sizes), 1))
    inside = emit(te.PadOp(ones, offsets, high, 0))
    placed = emit(te.PadOp(part, offsets, high, 0))
    return emit(te.SelectOp(inside, placed, whole))
