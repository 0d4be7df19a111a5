"""ONNX operators evaluated while compiling: constants, and arithmetic on shapes.

Exporters compute shapes with ordinary operators (Shape, Slice, Concat, Mul, …). Those on integer
tensors that are known are evaluated here, so that what needs a shape finds one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from onnx import numpy_helper
from xdsl.ir import SSAValue

from akg_mlir.frontends.elements import Array
from akg_mlir.frontends.onnx.indexing import slice_ranges
from akg_mlir.frontends.onnx.translation import Handler, Node, Value


def _constant(node: Node) -> Sequence[Value]:
    for name in ("value_int", "value_ints"):
        found = node.attribute(name)
        if found is not None:
            numbers = found.i if name == "value_int" else list(found.ints)
            return [np.array(numbers, np.int64)]
    for name in ("value_float", "value_floats"):
        found = node.attribute(name)
        if found is not None:
            numbers = found.f if name == "value_float" else list(found.floats)
            return [np.array(numbers, np.float32)]
    value = node.attribute("value")
    if value is None:
        raise node.error(
            "strings and sparse tensors are not supported", hint="use a dense tensor of numbers"
        )
    return [numpy_helper.to_array(value.t)]


def _constant_of_shape(node: Node) -> Sequence[Value]:
    shape = node.known_ints(0, "shape")
    value = node.attribute("value")
    element = np.zeros(1, np.float32) if value is None else numpy_helper.to_array(value.t)
    return [np.broadcast_to(element.reshape(()), shape)]


def _shape(node: Node) -> Sequence[Value]:
    end = node.attribute("end")
    sizes = node.shape(0)[node.int_attr("start", 0) : None if end is None else end.i]
    return [np.array(sizes, np.int64)]


def _size(node: Node) -> Sequence[Value]:
    return [np.array(prod(node.shape(0)), np.int64)]


def _slice(node: Node) -> Sequence[Value]:
    return [node.known(0, "data")[np.ix_(*slice_ranges(node))]]


def _concat(node: Node) -> Sequence[Value]:
    parts = [node.known(i, f"operand {i}") for i in range(len(node.proto.input))]
    return [np.concatenate(parts, node.int_attr("axis", 0))]


def _gather(node: Node) -> Sequence[Value]:
    data, indices = node.known(0, "data"), node.known(1, "indices")
    return [np.take(data, indices.astype(np.int64), node.int_attr("axis", 0))]


def _gather_elements(node: Node) -> Sequence[Value]:
    data, indices = node.known(0, "data"), node.known(1, "indices")
    return [np.take_along_axis(data, indices.astype(np.int64), node.int_attr("axis", 0))]


HANDLERS: dict[str, Handler] = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Shape": _shape,
    "Size": _size,
}


def _truncating_divide(a: Array, b: Array) -> Array:
    quotient = np.floor_divide(np.abs(a), np.abs(b))
    return (np.sign(a) * np.sign(b) * quotient).astype(a.dtype)


_INTEGER_FOLDS: dict[str, Callable[..., Array]] = {
    "Abs": np.abs,
    "Add": np.add,
    "Div": _truncating_divide,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Sub": np.subtract,
}


# Operators on tensors that are known whose result is a part of them, in any element type.
_MOVES: dict[str, Handler] = {
    "Concat": _concat,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "Slice": _slice,
}


def fold(node: Node) -> Sequence[Value] | None:
    """The results of moves and of integer arithmetic on operands that are all known, else None."""
    operands = [node.value(i) for i in range(len(node.proto.input)) if node.has(i)]
    known = [x for x in operands if not isinstance(x, SSAValue)]
    if not known or len(known) < len(operands):
        return None
    if node.proto.op_type in _MOVES:
        return _MOVES[node.proto.op_type](node)
    evaluate = _INTEGER_FOLDS.get(node.proto.op_type)
    if evaluate is None or not np.issubdtype(known[0].dtype, np.integer):
        return None
    if node.proto.op_type == "Div" and not known[1].all():
        raise node.error("division by zero")
    return [np.asarray(evaluate(*known))]
