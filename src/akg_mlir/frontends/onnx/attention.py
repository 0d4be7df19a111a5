"""ONNX Attention: products, a mask, softmax, a product; heads share keys where there are fewer.

Scores are `[batch, heads, queries, keys]`. Element `j` of the keys is `j` places from the first
one; query `i` stands at `i + offset`, behind the keys that were there before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I1, Array, numpy_dtype
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

_QUERY, _KEY, _VALUE, _MASK, _PAST_KEY, _PAST_VALUE, _LENGTHS = range(7)
_AFTER_SOFTCAP, _WITH_BIAS, _PROBABILITIES = 1, 2, 3


def _attention(node: Node) -> Sequence[Value]:
    queries = _heads(node, _QUERY, "q_num_heads")
    keys = _with_past(node, _heads(node, _KEY, "kv_num_heads"), _PAST_KEY)
    values = _with_past(node, _heads(node, _VALUE, "kv_num_heads"), _PAST_VALUE)
    if shape_of(queries)[1] % shape_of(keys)[1]:
        raise node.error(
            f"{shape_of(queries)[1]} heads of queries cannot share {shape_of(keys)[1]} of keys"
        )
    raw = _scores(node, queries, keys)
    capped = _capped(node, raw)
    bias = _bias(node, shape_of(raw))
    biased = capped if bias is None else node.emit(te.AddOp(capped, bias.value))
    probabilities = _probabilities(node, biased, bias)
    stages = {
        _AFTER_SOFTCAP: capped,
        _WITH_BIAS: biased,
        _PROBABILITIES: probabilities,
    }
    shown = stages.get(node.int_attr("qk_matmul_output_mode", 0), raw)
    result = _shared_product(node, probabilities, values)
    if len(node.shape(_QUERY)) == 3:
        batch, heads, count, size = shape_of(result)
        result = node.emit(te.TransposeOp(result, (0, 2, 1, 3)))
        result = node.reshaped(result, (batch, count, heads * size))
    return [result, keys, values, shown]


def _heads(node: Node, index: int, attribute: str) -> SSAValue:
    """An operand as `[batch, heads, places, size]`; of rank 3, its last dimension holds heads."""
    operand = node.operand(index)
    shape = shape_of(operand)
    if len(shape) == 4:
        return operand
    count = node.int_attr(attribute, 0)
    if len(shape) != 3 or count < 1 or shape[2] % count:
        raise node.error(f"{shape} is not split into {attribute} = {count} heads")
    split = node.reshaped(operand, (*shape[:2], count, shape[2] // count))
    return node.emit(te.TransposeOp(split, (0, 2, 1, 3)))


def _with_past(node: Node, value: SSAValue, index: int) -> SSAValue:
    if not node.has(index):
        return value
    return node.emit(te.ConcatOp([node.operand(index), value], 2))


def _scores(node: Node, queries: SSAValue, keys: SSAValue) -> SSAValue:
    """Both sides are scaled by the root of the scale, so that products in f16 do not overflow."""
    scale = node.float_attr("scale", 1 / math.sqrt(shape_of(queries)[3]))
    root = node.scalar(math.sqrt(scale), element_of(queries))
    queries, keys = (node.emit(te.MulOp(x, root)) for x in (queries, keys))
    return _shared_product(node, queries, keys, turned=True)


def _shared_product(
    node: Node, left: SSAValue, right: SSAValue, *, turned: bool = False
) -> SSAValue:
    """The products of each head; consecutive heads of `left` share one of `right`."""
    batch, heads, rows, size = shape_of(left)
    shared = shape_of(right)[1]
    together = node.reshaped(left, (batch, shared, heads // shared * rows, size))
    product = node.emit(te.BatchMatmulOp(together, right, transpose_b=turned))
    return node.reshaped(product, (batch, heads, rows, shape_of(product)[3]))


def _capped(node: Node, scores: SSAValue) -> SSAValue:
    cap = node.float_attr("softcap", 0.0)
    if cap <= 0:
        return scores
    limit = node.scalar(cap, element_of(scores))
    bent = node.emit(te.TanhOp(node.emit(te.DivOp(scores, limit))))
    return node.emit(te.MulOp(bent, limit))


@dataclass(frozen=True)
class _Bias:
    """What is added to scores: -inf hides a key. `hides_all`: it may hide all keys of a query."""

    value: SSAValue
    hides_all: bool


def _bias(node: Node, scores: Sequence[int]) -> _Bias | None:
    """The mask, the keys in reach of each query, and those that are not padding, in one."""
    element = element_of(node.operand(_QUERY))
    hidden = node.scalar(-math.inf, element)
    conditions = _conditions_of_lengths(node, scores)
    value = None
    if node.has(_MASK):
        value = _mask(node, scores[3])
        if element_of(value) == I1:
            conditions.append(value)
            value = None
    static = None if node.has(_LENGTHS) else _reachable(node, scores)
    if static is not None:
        reach = np.where(static, 0.0, -np.inf).astype(numpy_dtype(element))
        constant = node.constant(reach)
        value = constant if value is None else node.emit(te.AddOp(value, constant))
    hides_all = bool(conditions) or node.has(_MASK)
    hides_all |= static is not None and not static.any(axis=1).all()
    for condition in conditions:
        shown = node.scalar(0, element) if value is None else value
        value = node.emit(te.SelectOp(condition, shown, hidden))
    return None if value is None else _Bias(value, hides_all)


def _mask(node: Node, keys: int) -> SSAValue:
    """The operand; keys behind its last one are hidden."""
    mask = node.operand(_MASK)
    shape, element = shape_of(mask), element_of(mask)
    missing = keys - shape[-1] if shape[-1] != 1 or keys == 1 else 0
    if missing <= 0:
        return mask
    high = [0] * (len(shape) - 1) + [missing]
    beyond = 0 if element == I1 else -math.inf
    return node.emit(te.PadOp(mask, [0] * len(shape), high, beyond))


def _reachable(node: Node, scores: Sequence[int]) -> Array | None:
    """Which keys each query sees, `[queries, keys]`; None where it sees all."""
    left, right = _window(node)
    if left is None and right is None:
        return None
    offset = node.shape(_PAST_KEY)[2] if node.has(_PAST_KEY) else 0
    distance = np.arange(scores[3]) - np.arange(scores[2])[:, None] - offset
    seen = np.ones(distance.shape, np.bool_)
    if right is not None:
        seen &= distance <= right
    if left is not None:
        seen &= distance >= -left
    return seen


def _window(node: Node) -> tuple[int | None, int | None]:
    """How many keys in front of it, and behind it, a query sees; None where all."""
    left, right = (node.int_attr(f"{side}_window_size", -1) for side in ("left", "right"))
    if min(left, right) < -1:
        raise node.error(f"windows are {left} and {right}", hint="-1 or more is supported")
    if node.int_attr("is_causal", 0):
        right = 0
    return (None if left < 0 else left), (None if right < 0 else right)


def _conditions_of_lengths(node: Node, scores: Sequence[int]) -> list[SSAValue]:
    """Keys are padding from a length on that is known for each batch when the program runs; the
    queries are the last of what is none."""
    if not node.has(_LENGTHS):
        return []
    batch, _, queries, keys = scores
    length = node.reshaped(node.cast(node.operand(_LENGTHS), F32), (batch, 1, 1, 1))
    conditions = [node.emit(te.CompareOp("lt", node.places(keys, 0), length))]
    left, right = _window(node)
    steps = np.arange(keys) - np.arange(queries)[:, None] + queries
    for order, reach in (("le", right), ("ge", None if left is None else -left)):
        if reach is not None:
            distance = node.constant((steps - reach).astype(np.float32))
            conditions.append(node.emit(te.CompareOp(order, distance, length)))
    return conditions


def _probabilities(node: Node, scores: SSAValue, bias: _Bias | None) -> SSAValue:
    """Softmax over the keys; queries that see no key get zeros."""
    element = element_of(scores)
    result = node.cast(_softmax(node, scores), element)
    if bias is None or not bias.hides_all:
        return result
    rank = len(shape_of(bias.value))
    largest = node.emit(te.ReduceOp("max", bias.value, [rank - 1], keepdims=True))
    blind = node.emit(te.CompareOp("eq", largest, node.scalar(-math.inf, element)))
    return node.emit(te.SelectOp(blind, node.scalar(0, element), result))


def _softmax(node: Node, scores: SSAValue) -> SSAValue:
    """In the type of the scores unless `softmax_precision` says otherwise. Each step is rounded to
    f16 there, as in ONNX's definition: one rounding at the end is further from it."""
    precision = node.int_attr("softmax_precision", TensorProto.UNDEFINED)
    element = element_of(scores)
    if precision == TensorProto.FLOAT16:
        element = F16
    elif precision != TensorProto.UNDEFINED:
        element = F32
    scores = node.cast(scores, element)
    if element != F16:
        return node.emit(te.SoftmaxOp(scores, 3))
    largest = node.emit(te.ReduceOp("max", scores, [3], keepdims=True))
    exponentials = node.emit(te.ExpOp(node.emit(te.SubOp(scores, largest))))
    total = node.emit(te.ReduceOp("add", exponentials, [3], keepdims=True))
    return node.emit(te.DivOp(exponentials, total))


HANDLERS: dict[str, Handler] = {"Attention": _attention}
