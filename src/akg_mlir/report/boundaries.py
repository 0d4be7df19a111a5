"""How a graph was cut: its kernels, and the bytes that cross their boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.reference.te import shaped


@dataclass(frozen=True)
class Boundaries:
    """Kernel calls of a program, and the sum over them of the bytes of inputs and outputs."""

    kernels: int
    bytes: int


def boundaries_of(graph: ModuleOp) -> Boundaries:
    """Count the calls of a program that `te-partition` has cut into kernels.

    A buffer that a kernel takes under several shapes counts once.
    """
    calls = [op for op in graph.walk() if isinstance(op, CallOp)]
    crossing = ((*{_buffer(v) for v in call.operands}, *call.results) for call in calls)
    return Boundaries(len(calls), sum(_bytes(v) for values in crossing for v in values))


def _buffer(value: SSAValue) -> SSAValue:
    while isinstance(value.owner, te.ReshapeOp):
        value = value.owner.operand
    return value


def _bytes(value: SSAValue) -> int:
    shape, dtype = shaped(value)
    return prod(shape) * dtype.itemsize
