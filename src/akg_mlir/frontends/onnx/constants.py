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
    data = node.known(0, "data")
    starts, ends = node.known_ints(1, "starts"), node.known_ints(2, "ends")
    axes = node.known_ints(3, "axes") if node.has(3) else range(len(starts))
    steps = node.known_ints(4, "steps") if node.has(4) else (1,) * len(starts)
    index = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        index[axis] = slice(*slice(start, _stop(end, step), step).indices(data.shape[axis]))
        if step < 0 and index[axis].stop < 0:
            index[axis] = slice(index[axis].start, None, step)
    return [data[tuple(index)]]


def _stop(end: int, step: int) -> int | None:
    """ONNX says "to the very end" by the largest, or for negative steps the least, integer."""
    return None if step < 0 and end <= -(2**31) else end


def _concat(node: Node) -> Sequence[Value]:
    parts = [node.known(i, f"operand {i}") for i in range(len(node.proto.input))]
    return [np.concatenate(parts, node.int_attr("axis", 0))]


def _gather(node: Node) -> Sequence[Value]:
    data, indices = node.known(0, "data"), node.known(1, "indices")
    return [np.take(data, indices.astype(np.int64), node.int_attr("axis", 0))]


HANDLERS: dict[str, Handler] = {
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Gather": _gather,
    "Shape": _shape,
    "Size": _size,
    "Slice": _slice,
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


def fold(node: Node) -> Sequence[Value] | None:
    """The results of integer arithmetic on operands that are all known, else None."""
    evaluate = _INTEGER_FOLDS.get(node.proto.op_type)
    if evaluate is None:
        return None
    operands = [node.value(i) for i in range(len(node.proto.input))]
    known = [x for x in operands if not isinstance(x, SSAValue)]
    if len(known) < len(operands) or not np.issubdtype(known[0].dtype, np.integer):
        return None
    if node.proto.op_type == "Div" and not known[1].all():
        raise node.error("division by zero")
    return [np.asarray(evaluate(*known))]
