"""The state of a translation (`Graph`) and the view of one node that handlers get (`Node`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.frontends.elements import Array, dense, element_type, numpy_dtype, tensor_of
from akg_mlir.frontends.names import name_hint, set_location
from akg_mlir.frontends.onnx.model import MOST_ELEMENTS, describe

if TYPE_CHECKING:
    from onnx import AttributeProto, NodeProto

# A tensor is known while compiling (a numpy array) or computed by the program (an SSA value).
Value: TypeAlias = Array | SSAValue
Handler: TypeAlias = Callable[["Node"], Sequence[Value]]

# Larger constants become arguments: weights do not belong in the text of a program.
LARGEST_INLINE_CONSTANT = 16


def _has_data(value: Value) -> bool:
    return not isinstance(value, SSAValue) and value.size > 0


LARGEST_PLACE = 1 << 24

# Operators whose results depend on shapes (a known shape operand is one) and attributes alone.
OF_SHAPES = frozenset(("ConstantOfShape", "Shape", "Size"))


class MissingConstant(CompileError):
    """An operand must be known while compiling and `name` is computed at run time."""

    def __init__(self, name: str, node: str, role: str) -> None:
        super().__init__(
            f"{node}: its {role}, '{name}', must be known when the model is compiled",
            hint=f"make '{name}' an initialiser, or pass constants={{'{name}': value}}",
        )
        self.name = name


@dataclass
class Graph:
    """The function under construction: its block, the values by ONNX name and the weights.

    `given` names the graph inputs whose values are known, `derived` what was computed from these
    while importing; `folded` lists those of `derived` that the program uses as data.
    """

    block: Block
    opset: int
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    weights: dict[str, Array] = field(default_factory=dict[str, Array])
    given: frozenset[str] = frozenset()
    derived: set[str] = field(default_factory=set[str])
    folded: list[str] = field(default_factory=list[str])
    _materialised: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])

    def add_argument(self, name: str, kind: TensorType[Attribute]) -> SSAValue:
        """A further argument of the function."""
        argument = self.block.insert_arg(kind, len(self.block.args))
        argument.name_hint = name_hint(name)
        return argument

    def define(self, proto: NodeProto, results: Sequence[Value]) -> None:
        """Name the results of a node."""
        derived = self._holds_data(proto)
        for name, value in zip(proto.output, results):
            if name:
                self.values[name] = value
                if derived and not isinstance(value, SSAValue):
                    self.derived.add(name)

    def _holds_data(self, proto: NodeProto) -> bool:
        """Whether known results of a node are made of the values of graph inputs. They depend on
        shapes alone where an operand is unknown, or has no elements."""
        operands = [self.values[name] for name in proto.input if name in self.values]
        if proto.op_type in OF_SHAPES or not all(_has_data(value) for value in operands):
            return False
        return not (self.given | self.derived).isdisjoint(proto.input)

    def materialise(self, name: str) -> SSAValue:
        """The named tensor as an SSA value; a known one becomes a constant or an argument."""
        value = self.values[name]
        if isinstance(value, SSAValue):
            return value
        if value.size > MOST_ELEMENTS:
            raise CompileError(f"tensor '{name}' has the shape {list(value.shape)}: too large")
        if value.size == 0:
            raise CompileError(
                f"tensor '{name}' of shape {list(value.shape)} has no elements",
                hint="give every dimension a size of at least 1",
            )
        if name not in self._materialised:
            if name in self.derived:
                self.folded.append(name)
            self._materialised[name] = self._of_known(name, value)
        return self._materialised[name]

    def constant(self, value: Array, near: str) -> SSAValue:
        """A tensor that the translation itself needs; `near` becomes part of its name."""
        return self._of_known(f"{near}.{len(self.weights)}", value)

    def _of_known(self, name: str, value: Array) -> SSAValue:
        if value.size <= LARGEST_INLINE_CONSTANT:
            constant = te.ConstantOp(dense(value, f"tensor '{name}'"))
            return self.append(constant, name)
        element = element_type(value.dtype, f"tensor '{name}'")
        if value.strides == (0,) * value.ndim:
            constant = te.ConstantOp.splat(tensor_of(element, value.shape), value.flat[0].item())
            return self.append(constant, name)
        while name in self.weights:
            name = f"{name}'"
        self.weights[name] = value
        return self.add_argument(name, tensor_of(element, value.shape))

    def append(self, op: Operation, name: str) -> SSAValue:
        """Append an op that makes the named tensor; its only result."""
        set_location(op, name)
        op.results[0].name_hint = name_hint(name)
        self.block.add_op(op)
        return op.results[0]


class Node:
    """One ONNX node: its operands, its attributes and the place where its ops are emitted."""

    def __init__(self, graph: Graph, proto: NodeProto) -> None:
        self.graph = graph
        self.proto = proto
        self._attributes: Mapping[str, AttributeProto] = {a.name: a for a in proto.attribute}

    # Operands.

    def has(self, index: int) -> bool:
        """Whether the optional operand is present."""
        return index < len(self.proto.input) and bool(self.proto.input[index])

    def operand(self, index: int) -> SSAValue:
        """An operand as an SSA value of tensor type."""
        return self.graph.materialise(self._input(index))

    def operands(self) -> list[SSAValue]:
        """All operands of a variadic operator."""
        return [self.operand(i) for i in range(len(self.proto.input))]

    def value(self, index: int) -> Value:
        """An operand as it is: known (an array) or not (an SSA value)."""
        return self.graph.values[self._input(index)]

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of an operand, known or not."""
        value = self.value(index)
        return shape_of(value) if isinstance(value, SSAValue) else value.shape

    def element(self, index: int) -> Attribute:
        """The element type of an operand, known or not."""
        value = self.value(index)
        if isinstance(value, SSAValue):
            return element_of(value)
        return element_type(value.dtype, f"'{self._input(index)}'")

    def known(self, index: int, role: str) -> Array:
        """An operand that must be known now; raises MissingConstant, naming its `role`."""
        value = self.value(index)
        if isinstance(value, SSAValue):
            raise MissingConstant(self._input(index), describe(self.proto), role)
        return value

    def known_ints(self, index: int, role: str) -> tuple[int, ...]:
        """The elements of a known integer operand."""
        return tuple(int(x) for x in self.known(index, role).ravel().tolist())

    def _input(self, index: int) -> str:
        name = self.proto.input[index] if index < len(self.proto.input) else ""
        if not name:
            raise self.error(f"operand {index} is missing")
        if name not in self.graph.values:
            raise self.error(f"operand '{name}' is used before anything computes it")
        return name

    @property
    def opset(self) -> int:
        """The version of ONNX's operators that the model is written in."""
        return self.graph.opset

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from the front; raises CompileError when there is no such one."""
        if not -rank <= axis < rank:
            raise self.error(f"axis {axis} is outside [{-rank}, {rank - 1}]")
        return axis % rank

    # Attributes.

    def attribute(self, name: str) -> AttributeProto | None:
        """The attribute of that name, if given."""
        return self._attributes.get(name)

    def int_attr(self, name: str, default: int) -> int:
        """An integer attribute."""
        found = self.attribute(name)
        return default if found is None else found.i

    def float_attr(self, name: str, default: float) -> float:
        """A floating-point attribute."""
        found = self.attribute(name)
        return default if found is None else found.f

    def string_attr(self, name: str, default: str) -> str:
        """A string attribute."""
        found = self.attribute(name)
        return default if found is None else found.s.decode()

    def ints_attr(self, name: str) -> tuple[int, ...] | None:
        """An attribute that is a list of integers, if given."""
        found = self.attribute(name)
        return None if found is None else tuple(found.ints)

    # Results.

    def wants_output(self, index: int) -> bool:
        """Whether the optional output is used."""
        return index < len(self.proto.output) and bool(self.proto.output[index])

    def emit(self, op: Operation) -> SSAValue:
        """Append an op under the node's name; its only result."""
        set_location(op, self.proto.name or self.proto.output[0])
        op.results[0].name_hint = name_hint(self.proto.output[0])
        self.graph.block.add_op(op)
        return op.results[0]

    def scalar(self, value: float | int | bool, element: Attribute) -> SSAValue:
        """A constant of rank 0; element-wise ops broadcast it."""
        return self.emit(te.ConstantOp.splat(tensor_of(element, ()), value))

    def constant(self, value: Array) -> SSAValue:
        """A constant tensor."""
        return self.graph.constant(value, self.proto.name or self.proto.output[0])

    def places(self, size: int, inner: int) -> SSAValue:
        """0, 1, .. `size - 1` in f32 along a dimension with `inner` dimensions behind it."""
        if size > LARGEST_PLACE:
            raise self.error(
                f"dimensions of {size} elements are not indexed",
                hint=f"at most {LARGEST_PLACE} are: the integers that f32 tells apart",
            )
        return self.constant(np.arange(size, dtype=np.float32).reshape(size, *[1] * inner))

    def reshaped(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The value under another shape, by a `te.reshape` only where one is needed."""
        return value if shape_of(value) == tuple(shape) else self.emit(te.ReshapeOp(value, shape))

    def cast(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The value with that element type, by a `te.cast` only where one is needed."""
        if tensor_type(value).element_type == element:
            return value
        return self.emit(te.CastOp(value, element))

    def empty(self, shape: Sequence[int]) -> Array:
        """A tensor without elements, of the type of operand 0."""
        value = self.value(0)
        dtype = numpy_dtype(element_of(value)) if isinstance(value, SSAValue) else value.dtype
        return np.zeros(shape, dtype)

    def error(self, message: str, hint: str | None = None) -> CompileError:
        """An error that names the operator and the node."""
        return CompileError(f"{self.proto.op_type}, {describe(self.proto)}: {message}", hint=hint)


def tensor_type(value: SSAValue) -> TensorType[Attribute]:
    """The tensor type of a value of the translated function."""
    assert isinstance(value.type, TensorType)
    return value.type  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a value of the translated function."""
    return tuple(tensor_type(value).get_shape())


def element_of(value: SSAValue) -> Attribute:
    """The element type of a value of the translated function."""
    return tensor_type(value).element_type
