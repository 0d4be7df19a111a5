"""How a graph was cut: its kernels, and the bytes that cross their boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.reference.te import shaped
from akg_mlir.sources import function_named


@dataclass(frozen=True)
class Boundaries:
    """Kernel calls of a program, and the sum over them of the bytes of inputs and outputs."""

    kernels: int
    bytes: int


def boundaries_of(graph: ModuleOp) -> Boundaries:
    """Count the calls of a program that `te-partition` has cut into kernels.

    A buffer that a kernel takes under several shapes counts once, and one that it only slices
    with the slices.
    """
    calls = [op for op in graph.walk() if isinstance(op, CallOp)]
    moved = (_bytes_read(graph, call) + sum(map(_bytes, call.results)) for call in calls)
    return Boundaries(len(calls), sum(moved))


def _bytes_read(graph: ModuleOp, call: CallOp) -> int:
    kernel = function_named(graph, call.callee.string_value())
    read: dict[SSAValue, int] = {}
    for operand, argument in zip(call.operands, kernel.args, strict=True):
        buffer = _buffer(operand)
        read[buffer] = min(_bytes(buffer), read.get(buffer, 0) + _bytes_used(argument))
    return sum(read.values())


def _bytes_used(argument: SSAValue) -> int:
    slices = [use.operation for use in argument.uses if isinstance(use.operation, te.SliceOp)]
    if len(slices) < len(list(argument.uses)):
        return _bytes(argument)
    return sum(_bytes(op.result) for op in slices)


def _buffer(value: SSAValue) -> SSAValue:
    while isinstance(value.owner, te.ReshapeOp):
        value = value.owner.operand
    return value


def _bytes(value: SSAValue) -> int:
    shape, dtype = shaped(value)
    return prod(shape) * dtype.itemsize
