"""Arithmetic of uint8, of which `te` has none: in i32, whose last 8 bits are the result, or, where
no number leaves 0 .. 255, in f16, which the vector unit compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import Attribute, SSAValue

from akg_mlir.frontends.elements import F16, I32, UI8, numpy_dtype
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of

COMPUTED_IN: Mapping[str, Attribute] = {
    **dict.fromkeys(("Add", "Div", "Mod", "Mul", "Sub"), I32),
    **dict.fromkeys(("BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor"), I32),
    **dict.fromkeys(("Clip", "Max", "MaxPool", "Min", "ReduceMax", "ReduceMin"), F16),
}
"""By operator."""


class _Widened(Node):
    """A node whose operands of uint8 have another type."""

    def __init__(self, node: Node, element: Attribute) -> None:
        super().__init__(node.graph, node.proto)
        self._element = element

    def operand(self, index: int) -> SSAValue:
        value = super().operand(index)
        return self.cast(value, self._element) if element_of(value) == UI8 else value

    def value(self, index: int) -> Value:
        value = super().value(index)
        if isinstance(value, SSAValue):
            return self.operand(index)
        return value.astype(numpy_dtype(self._element)) if value.dtype == np.uint8 else value


def translated(node: Node, handler: Handler) -> Sequence[Value]:
    """What the handler makes of a node, on converted operands where these are of uint8. Results
    of the type that they have are converted back: the last 8 bits of integers."""
    element = COMPUTED_IN.get(node.proto.op_type)
    if element is None or not _is_of_bytes(node):
        return handler(node)
    return [_as_bytes(node, value, element) for value in handler(_Widened(node, element))]


def _is_of_bytes(node: Node) -> bool:
    """Whether the first operand is of uint8, and has elements."""
    return node.has(0) and node.element(0) == UI8 and 0 not in node.shape(0)


def _as_bytes(node: Node, value: Value, element: Attribute) -> Value:
    if isinstance(value, SSAValue):
        return node.cast(value, UI8) if element_of(value) == element else value
    return value.astype(np.uint8) if value.dtype == numpy_dtype(element) else value
