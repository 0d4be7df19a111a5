"""Emitting te ops: the function under construction and alignment of operands to loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from xdsl.dialects.builtin import TensorType, UnknownLoc
from xdsl.ir import Attribute, Block, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_of
from akg_mlir.frontends.elements import ELEMENTS, dense
from akg_mlir.reference.te import evaluate

LARGEST_FOLDED = 1 << 16
"""Elements of a tensor that is computed while compiling."""


@dataclass
class Function:
    """The translation of one function: its block and, per old value, the new one.

    Values of `tensor.empty` are absent from `values`: nobody may read them. Scalars known while
    compiling are in `scalars`.
    """

    block: Block
    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    scalars: dict[SSAValue, float | int] = field(default_factory=dict[SSAValue, float | int])

    def value(self, value: SSAValue, op: Operation) -> SSAValue:
        """The translation of a tensor that `op` reads."""
        if value not in self.values:
            raise CompileError(
                "reads a tensor that nothing has written",
                op,
                hint="fill the result of tensor.empty first",
            )
        return self.values[value]

    def emitter(self, source: Operation) -> Emitter:
        """An emitter whose ops have the location of `source`."""
        return Emitter(self.block, source)


@dataclass(frozen=True)
class Emitter:
    """Appends te ops under the location of the linalg op they come from."""

    block: Block
    source: Operation

    def __call__(self, op: Operation) -> SSAValue:
        """Append an op, or the constant that it computes of small constants; its result."""
        op = _folded(op)
        if not isinstance(self.source.location, UnknownLoc):
            op.location = self.source.location
        self.block.add_op(op)
        return op.results[0]

    def scalar(self, value: float, element: Attribute) -> SSAValue:
        """A constant of rank 0."""
        return self(te.ConstantOp.splat(TensorType(element, ()), value))

    def reshape(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The value in that shape."""
        if shape_of(value) == tuple(shape):
            return value
        while isinstance(value.owner, te.ReshapeOp):
            value = value.owner.operand
        return value if shape_of(value) == tuple(shape) else self(te.ReshapeOp(value, shape))

    def transpose(self, value: SSAValue, perm: Sequence[int]) -> SSAValue:
        """The value with permuted dimensions; a reshape where only dimensions of size 1 move."""
        shape = shape_of(value)
        running = [axis for axis in perm if shape[axis] != 1]
        if running == sorted(running):
            return self.reshape(value, [shape[axis] for axis in perm])
        return self(te.TransposeOp(value, perm))

    def cast(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The value with that element type."""
        return value if te_element(value) == element else self(te.CastOp(value, element))

    def aligned(self, value: SSAValue, dims: Sequence[int | None], rank: int) -> SSAValue:
        """An operand as a tensor that broadcasts to the iteration space of `rank` loops.

        `dims` names the loop over each dimension of the operand, None for a dimension of size 1.
        """
        shape = shape_of(value)
        kept = [(dim, size) for dim, size in zip(dims, shape, strict=True) if dim is not None]
        value = self.reshape(value, [size for _, size in kept])
        order = sorted(range(len(kept)), key=lambda axis: kept[axis][0])
        value = self.transpose(value, order)
        sizes = dict(kept)
        full = [sizes.get(dim, 1) for dim in range(rank)]
        first = min(sizes, default=rank)
        return self.reshape(value, full[first:])


def te_element(value: SSAValue) -> Attribute:
    """The element type of a translated tensor."""
    assert isinstance(value.type, TensorType)
    return value.type.element_type  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _folded(op: Operation) -> Operation:
    """What the op computes, where its operands are constants: indices and masks mostly."""
    constants = [value.owner for value in op.operands]
    known = [owner for owner in constants if isinstance(owner, te.ConstantOp)]
    if not known or len(known) != len(constants):
        return op
    result = op.results[0]
    if prod(shape_of(result)) > LARGEST_FOLDED or te_element(result) not in ELEMENTS:
        return op
    with np.errstate(all="ignore"):
        array = evaluate(op, [evaluate(owner, ()) for owner in known])
    op.erase()
    return te.ConstantOp(dense(array, "a constant"))
