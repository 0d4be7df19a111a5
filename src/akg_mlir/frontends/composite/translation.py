"""The state of a translation (`Graph`) and the view of one operation that handlers get (`Node`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.ir import Operation as IROperation

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.frontends.composite.schema import Operation, Tensor
from akg_mlir.frontends.elements import I1, Array, dense, element_type, tensor_of
from akg_mlir.frontends.names import name_hint, set_location

Handler: TypeAlias = Callable[["Node"], Sequence[SSAValue]]


@dataclass
class Graph:
    """The function under construction: its block and arguments, the current value of every tensor
    name, and the new contents of the arguments that were assigned to."""

    block: Block
    arguments: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    values: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])
    updated: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])

    def add_argument(self, tensor: Tensor) -> None:
        """A further argument of the function."""
        kind = type_of(tensor, f"input '{tensor.name}'")
        argument = self.block.insert_arg(kind, len(self.block.args))
        argument.name_hint = name_hint(tensor.name)
        self.values[tensor.name] = argument
        self.arguments[tensor.name] = tensor

    def append(self, op: IROperation, name: str) -> SSAValue:
        """Insert an op that computes tensor `name`; its only result."""
        set_location(op, name)
        op.results[0].name_hint = name_hint(name)
        self.block.add_op(op)
        return op.results[0]

    def constant(self, tensor: Tensor) -> SSAValue:
        """An inline constant."""
        assert tensor.value is not None
        kind = type_of(tensor, f"constant '{tensor.name}'")
        values = elements(tensor)
        if values.size == 1:
            return self.append(te.ConstantOp.splat(kind, values.item()), tensor.name)
        whole = dense(values.reshape(tensor.shape), f"constant '{tensor.name}'")
        return self.append(te.ConstantOp(whole), tensor.name)


class Node:
    """One operation: its operands, its attributes and the place where its ops are emitted."""

    def __init__(self, graph: Graph, operation: Operation) -> None:
        self.graph = graph
        self.operation = operation

    # Operands.

    def operand(self, index: int) -> SSAValue:
        """An operand as an SSA value of tensor type."""
        tensor = self.mentioned(index)
        if tensor.value is not None:
            return self.graph.constant(tensor)
        if tensor.name not in self.graph.values:
            raise self.error(f"operand '{tensor.name}' is used before anything computes it")
        return self.graph.values[tensor.name]

    def operands(self, count: int | None = None) -> list[SSAValue]:
        """All operands; raises CompileError unless there are `count`, if given."""
        found = len(self.operation.operands)
        if count not in (None, found):
            raise self.error(f"it has {found} operands, takes {count}")
        return [self.operand(k) for k in range(found)]

    def mentioned(self, index: int) -> Tensor:
        """What the text says of an operand."""
        if index >= len(self.operation.operands):
            raise self.error(f"operand {index} is missing")
        return self.operation.operands[index]

    def known(self, index: int, role: str) -> tuple[float, ...]:
        """The elements of an operand that must be an inline constant."""
        value = self.mentioned(index).value
        if value is None:
            raise self.error(f"its {role} must be an inline constant")
        return value

    # Attributes.

    def flag(self, *names: str) -> bool:
        """Whether the first of these attributes that is given is true; false without any."""
        return bool(next((self._given(n) for n in names if self._given(n) is not None), False))

    def integer(self, name: str, default: int | None = None) -> int:
        """An integer attribute, or a list of one integer."""
        values = self.integers(name, None if default is None else (default,))
        if len(values) != 1:
            raise self.error(f"attribute '{name}' is {list(values)}, takes one integer")
        return values[0]

    def integers(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """An attribute that is a list of integers, or one integer."""
        value = self._given(name)
        if value is None:
            if default is None:
                raise self.error(f"attribute '{name}' is missing")
            return tuple(default)
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        if not all(isinstance(number, int) for number in values):
            raise self.error(f"attribute '{name}' is {value}, takes integers")
        return tuple(int(cast("int", number)) for number in values)

    def number(self, name: str, default: float) -> float:
        """A numeric attribute."""
        value = self._given(name)
        if value is None:
            return default
        if not isinstance(value, int | float):
            raise self.error(f"attribute '{name}' is {value}, takes a number")
        return value

    def element(self, name: str, default: Attribute) -> Attribute:
        """An attribute that is the name of an element type."""
        value = self._given(name)
        if value is None:
            return default
        return element_named(str(value), f"{self}: attribute '{name}'")

    def _given(self, name: str) -> object:
        return self.operation.attributes.get(name)

    # Results.

    @property
    def shape(self) -> tuple[int, ...]:
        """The declared shape of the first result."""
        return self.operation.results[0].shape

    @property
    def result_element(self) -> Attribute:
        """The declared element type of the first result."""
        return element_named(self.operation.results[0].data_type, f"{self}: its result")

    def emit(self, op: IROperation) -> SSAValue:
        """Append an op under the name of the operation's first result; its only result."""
        return self.graph.append(op, self.operation.results[0].name)

    def scalar(self, value: float, element: Attribute) -> SSAValue:
        """A constant of rank 0; element-wise ops broadcast it."""
        return self.emit(te.ConstantOp.splat(tensor_of(element, ()), value))

    def cast(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The value with that element type, by a `te.cast` only where one is needed."""
        return value if te.element_of(value) == element else self.emit(te.CastOp(value, element))

    def truth(self, value: SSAValue) -> SSAValue:
        """Whether elements are true: of numbers, all but zero are."""
        element = te.element_of(value)
        if element == I1:
            return value
        return self.emit(te.CompareOp("ne", value, self.scalar(0, element)))

    def reshaped(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The value under that shape, by a `te.reshape` only where one is needed."""
        if te.shape_of(value) == tuple(shape):
            return value
        return self.emit(te.ReshapeOp(value, shape))

    def conformed(self, value: SSAValue, declared: Tensor) -> SSAValue:
        """The value under the declared type: sizes of 1 may differ (AKG writes scalars as `[]` and
        as `[1]`), and truth values be declared as numbers. Raises CompileError otherwise."""
        kind = type_of(declared, f"{self}: '{declared.name}'")
        if te.element_of(value) == I1:
            value = self.cast(value, kind.element_type)
        found = te.shape_of(value)
        ones = [[size for size in shape if size != 1] for shape in (found, declared.shape)]
        if te.element_of(value) != kind.element_type or ones[0] != ones[1]:
            raise self.error(
                f"'{declared.name}' is declared as {kind} but computed as {value.type}"
            )
        return self.reshaped(value, declared.shape)

    def error(self, message: str, hint: str | None = None) -> CompileError:
        """An error that names the operator and its place."""
        return CompileError(f"{self}: {message}", hint=hint)

    def __str__(self) -> str:
        name = self.operation.results[0].name
        return f"{self.operation.name}, op_desc[{self.operation.index}] ('{name}')"


def element_named(name: str, what: str) -> Attribute:
    """The element type of that name; raises CompileError naming `what` when there is none."""
    try:
        dtype = np.dtype(name)
    except TypeError:
        raise CompileError(f"{what} has element type '{name}', which nothing knows") from None
    return element_type(dtype, what)


def type_of(tensor: Tensor, what: str) -> TensorType[Attribute]:
    """The tensor type of a description; raises CompileError naming `what` when there is none."""
    element = element_named(tensor.data_type, what)
    if prod(tensor.shape) == 0:
        raise CompileError(f"{what} has shape {list(tensor.shape)}, without elements")
    return tensor_of(element, tensor.shape)


def elements(tensor: Tensor) -> Array:
    """The elements of an inline constant, in its element type."""
    with np.errstate(over="ignore"):
        return np.asarray(tensor.value).astype(tensor.data_type)
