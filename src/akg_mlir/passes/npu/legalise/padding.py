"""Which lanes of a buffer nobody writes: a burst may leave garbage there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects import func
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import Operand, resolve


@dataclass(frozen=True)
class _Write:
    op: Operation
    operand: Operand
    sizes: tuple[int, ...]


class Writers:
    """Every write to every buffer of a function, recorded before anything is rewritten."""

    def __init__(self, function: func.FuncOp) -> None:
        self._writes: dict[SSAValue, list[_Write]] = {}
        self._pointed: set[SSAValue] = set()
        for op in function.walk():
            if isinstance(op, npu.PtrOp):
                self._pointed.add(op.source)
            if not isinstance(op, npu.PipeOp):
                continue
            for value in op.writes:
                if isinstance(value.type, npu.PtrType):
                    continue
                operand = resolve(value)
                write = _Write(op, operand, npu.memref_type(value).get_shape())
                self._writes.setdefault(operand.base, []).append(write)

    def leaves_free(self, op: Operation, operand: Operand, sizes: Sequence[int]) -> bool:
        """No other op writes the lanes from the end of `op`'s rows to the end of their blocks.

        `sizes` has the row length last. The lanes are compared as columns of the buffer's
        innermost dimension; what cannot be compared counts as written.
        """
        shape = npu.memref_type(operand.base).get_shape()
        width = shape[-1] if shape else 1
        columns = _columns(operand, sizes, width)
        if columns is None or operand.base in self._pointed:
            return False
        start = columns[1]
        end = -(-start // operand.block) * operand.block
        whole = width if len(shape) > 1 else -(-prod(shape) // operand.block) * operand.block
        if end > whole:
            return False
        for write in self._writes.get(operand.base, []):
            if write.op is op:
                continue
            other = _columns(write.operand, write.sizes, width)
            if other is None or (other[0] < end and start < other[1]):
                return False
        return True


def _columns(operand: Operand, sizes: Sequence[int], width: int) -> tuple[int, int] | None:
    """The range of positions modulo `width` that a box can touch, where that is known."""
    first = operand.offset.fact.residue(width)
    if first is None:
        return None
    inner = [(n, s) for n, s in zip(sizes, operand.strides) if n > 1 and s % width]
    if any(s < 0 for _, s in inner):
        return None
    last = first + sum((n - 1) * s for n, s in inner)
    return (first, last + 1) if last < width else None
