"""ONNX losses of classes: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.

Scores are `[N, C, d..]`, labels `[N, d..]`: the score of a label is selected along the classes.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.onnx.positions import picked
from akg_mlir.frontends.onnx.reduction import mean
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of


def _negative_log_likelihood(node: Node) -> Sequence[Value]:
    return [_loss(node, node.operand(0))]


def _softmax_cross_entropy(node: Node) -> Sequence[Value]:
    scores = node.operand(0)
    largest = node.emit(te.ReduceOp("max", scores, [1], keepdims=True))
    shifted = node.emit(te.SubOp(scores, largest))
    exponentials = node.emit(te.ExpOp(shifted))
    total = node.emit(te.LogOp(node.emit(te.ReduceOp("add", exponentials, [1], keepdims=True))))
    logarithms = node.emit(te.SubOp(shifted, total))
    return [_loss(node, logarithms), logarithms]


def _loss(node: Node, logarithms: SSAValue) -> SSAValue:
    """Minus the logarithm of each label, weighted, and as `reduction` says summed or averaged by
    the weights; labels equal to `ignore_index` weigh nothing."""
    shape = shape_of(logarithms)
    each = (shape[0], 1, *shape[2:])
    labels = node.reshaped(node.cast(node.operand(1), F32), each)
    loss = node.emit(te.NegOp(picked(node, logarithms, labels, 1)))
    weights = _weights(node, labels)
    if weights is not None:
        loss = node.emit(te.MulOp(loss, weights))
    reduction = node.string_attr("reduction", "mean")
    every = range(len(shape))
    if reduction == "none":
        return node.reshaped(loss, (shape[0], *shape[2:]))
    if reduction == "sum":
        return node.emit(te.ReduceOp("add", loss, every))
    if reduction != "mean":
        raise node.error(f"reduction '{reduction}' is none of none, sum and mean")
    if weights is None:
        return mean(node, loss, every, keepdims=False)
    total, weight = (node.emit(te.ReduceOp("add", x, every)) for x in (loss, weights))
    return node.emit(te.DivOp(total, weight))


def _weights(node: Node, labels: SSAValue) -> SSAValue | None:
    """The weight of each label, None where all weigh the same."""
    element = element_of(node.operand(0))
    ignored = node.attribute("ignore_index")
    weights = None
    if node.has(2):
        classes = shape_of(node.operand(2))[0]
        inner = len(shape_of(labels)) - 2
        by_class = node.reshaped(node.operand(2), (1, classes, *[1] * inner))
        weights = picked(node, by_class, labels, 1)
    if ignored is not None:
        one = node.scalar(1, element) if weights is None else weights
        same = node.emit(te.CompareOp("eq", labels, node.scalar(ignored.i, F32)))
        weights = node.emit(te.SelectOp(same, node.scalar(0, element), one))
    return weights


HANDLERS: dict[str, Handler] = {
    "NegativeLogLikelihoodLoss": _negative_log_likelihood,
    "SoftmaxCrossEntropyLoss": _softmax_cross_entropy,
}
