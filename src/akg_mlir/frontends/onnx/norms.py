"""ONNX reductions of functions of the elements: norms, sums of squares, logarithms of sums.

Floats, and integers whose roots or logarithms are taken, are computed in f32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, is_float
from akg_mlir.frontends.onnx.reduction import axes_of, of_nothing, reduced
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

Step = Callable[[Node, SSAValue], SSAValue]


def _sum_of(
    before: Step, after: Step | None = None, *, of_nothing_as: str = "add", exact: bool = False
) -> Handler:
    """`after(sum(before(x)))`; `exact` leaves integers what they are. Of no elements it is what the
    reduction `of_nothing_as` is: 0, or -inf of logarithms."""

    def translate(node: Node) -> Sequence[Value]:
        if 0 in node.shape(0):
            return [of_nothing(node, of_nothing_as)]
        operand = node.operand(0)
        element = element_of(operand)
        wide = element if exact and not is_float(element) else F32
        axes = axes_of(node, len(shape_of(operand)))
        keepdims = bool(node.int_attr("keepdims", 1))
        terms = before(node, node.cast(operand, wide))
        total = reduced(node, "add", terms, axes, keepdims)
        return [node.cast(after(node, total) if after else total, element)]

    return translate


def _itself(node: Node, x: SSAValue) -> SSAValue:
    return x


def _absolute(node: Node, x: SSAValue) -> SSAValue:
    return node.emit(te.AbsOp(x))


def _square(node: Node, x: SSAValue) -> SSAValue:
    return node.emit(te.MulOp(x, x))


def _root(node: Node, x: SSAValue) -> SSAValue:
    return node.emit(te.SqrtOp(x))


def _logarithm(node: Node, x: SSAValue) -> SSAValue:
    return node.emit(te.LogOp(x))


def _log_sum_exp(node: Node) -> Sequence[Value]:
    """`m + ln(sum(exp(x - m)))` of the maximum `m`, so that nothing overflows; an infinite one is
    not subtracted."""
    if 0 in node.shape(0):
        return [of_nothing(node, "max")]
    operand = node.operand(0)
    x = node.cast(operand, F32)
    axes = axes_of(node, len(shape_of(x)))
    largest = reduced(node, "max", x, axes, keepdims=True)
    infinite = node.emit(
        te.CompareOp("eq", node.emit(te.AbsOp(largest)), node.scalar(math.inf, F32))
    )
    offset = node.emit(te.SelectOp(infinite, node.scalar(0, F32), largest))
    exponentials = node.emit(te.ExpOp(node.emit(te.SubOp(x, offset))))
    total = reduced(node, "add", exponentials, axes, keepdims=True)
    result = node.emit(te.AddOp(node.emit(te.LogOp(total)), offset))
    if not node.int_attr("keepdims", 1):
        kept = [size for axis, size in enumerate(shape_of(result)) if axis not in axes]
        result = node.reshaped(result, kept)
    return [node.cast(result, element_of(operand))]


HANDLERS: dict[str, Handler] = {
    "ReduceL1": _sum_of(_absolute, exact=True),
    "ReduceL2": _sum_of(_square, _root),
    "ReduceLogSum": _sum_of(_itself, _logarithm, of_nothing_as="max"),
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceSumSquare": _sum_of(_square, exact=True),
}
