"""Scalar bodies evaluated for all points of a nest at once: elements, indices and lookups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import IndexType, TensorType, i64
from xdsl.dialects.linalg.ops import IndexOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.dialects import te
from akg_mlir.frontends.linalg.lookup import lookup
from akg_mlir.frontends.linalg.operands import aligned
from akg_mlir.frontends.linalg.scalar import as_tensor_ops, check_translatable, constant_of
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.subscripts import Subscript, along
from akg_mlir.frontends.linalg.translation import Emitter, Function

_INDEX_CASTS = ("arith.index_cast", "arith.index_castui")


@dataclass
class Body:
    """Evaluates scalars for all points of a box, each op once and only if needed.

    `arguments` gives the tensor of a block argument, aligned to the box; `indices` are the block
    arguments that are the coordinates of the point.
    """

    bounds: Sequence[int]
    arguments: Callable[[SSAValue], SSAValue]
    function: Function
    emit: Emitter
    indices: Sequence[SSAValue] = ()
    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])

    def evaluate(self, scalar: SSAValue) -> SSAValue:
        """The tensor of the values that `scalar` has at each point; it broadcasts to the bounds."""
        if scalar not in self.values:
            self.values[scalar] = self._compute(scalar)
        return self.values[scalar]

    def _compute(self, scalar: SSAValue) -> SSAValue:
        owner = scalar.owner
        if scalar in self.function.scalars:
            return self.emit.scalar(self.function.scalars[scalar], _element(scalar.type))
        if isinstance(owner, Block):
            return self._argument(scalar)
        constant = constant_of(owner)
        if constant is not None:
            return self.emit.scalar(constant, _element(scalar.type))
        if isinstance(owner, IndexOp):
            return self._index(owner.dim.value.data)
        if isinstance(owner, tensor.ExtractOp):
            return self._lookup(owner)
        if name_of(owner) in _INDEX_CASTS:
            return self.emit.cast(self.evaluate(owner.operands[0]), _element(scalar.type))
        check_translatable(owner)
        for operand in owner.operands:
            self.evaluate(operand)
        return as_tensor_ops(owner, self.values, self.emit)

    def _argument(self, scalar: SSAValue) -> SSAValue:
        if scalar in self.indices:
            return self._index(list(self.indices).index(scalar))
        return self.arguments(scalar)

    def _index(self, loop: int) -> SSAValue:
        """The coordinate of each point along one loop, an i64."""
        size = self.bounds[loop]
        numbers = self.emit(te.ConstantOp.of(list(range(size)), TensorType(i64, (size,))))
        return self.emit.aligned(numbers, [loop], len(self.bounds))

    def _lookup(self, op: tensor.ExtractOp) -> SSAValue:
        """Elements of a tensor at indices that are computed."""
        subscripts = [self.subscript(index) for index in op.indices]
        table = self.function.value(op.tensor, op)
        places = [
            found if found is not None else self.evaluate(index)
            for found, index in zip(subscripts, op.indices)
        ]
        return lookup(op, table, places, self.bounds, self.emit)

    def subscript(self, scalar: SSAValue) -> Subscript | None:
        """An index as a sum of loops, where it is one and does not depend on data."""
        owner = scalar.owner
        if scalar in self.indices:
            return along(list(self.indices).index(scalar))
        if isinstance(owner, Block):
            return None
        constant = self.function.scalars.get(scalar, constant_of(owner))
        if constant is not None:
            return Subscript(int(constant))
        if isinstance(owner, IndexOp):
            return along(owner.dim.value.data)
        parts = [self.subscript(operand) for operand in owner.operands]
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        return _combined(owner, known)


def _combined(op: Operation, parts: Sequence[Subscript]) -> Subscript | None:
    if name_of(op) in _INDEX_CASTS:
        return parts[0]
    if isinstance(op, arith.AddiOp):
        return parts[0].plus(parts[1])
    if isinstance(op, arith.SubiOp):
        return parts[0].plus(parts[1].times(-1))
    if isinstance(op, arith.MuliOp):
        for one, other in (parts, parts[::-1]):
            if not one.scales:
                return other.times(one.offset)
    return None


def body_of(nest: Structured, function: Function, emit: Emitter) -> Body:
    """The evaluator of a nest's body: arguments are elements of its operands."""
    block = nest.body
    assert block is not None

    def argument(scalar: SSAValue) -> SSAValue:
        if scalar not in block.args:
            raise CompileError(
                "uses a scalar argument of the function", nest.op, hint="pass a tensor<T>"
            )
        return element(nest, block.args.index(scalar), function, emit)

    return Body(nest.bounds, argument, function, emit)


def element(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    """An operand of a nest, aligned to its loops."""
    operand = nest.operands[number]
    if operand in function.scalars:
        return emit.scalar(function.scalars[operand], operand.type)
    value = function.value(operand, nest.op)
    return aligned(value, nest.accesses[number], nest.bounds, emit)


def _element(kind: Attribute) -> Attribute:
    """The type in which te computes a scalar: indices are i64."""
    return i64 if isinstance(kind, IndexType) else kind
