"""ONNX Einsum: operands are multiplied from the first to the last, each time by a product of
matrices where dimensions are summed and element by element where none are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of

Labels = tuple[str, ...]
"""One label per dimension: its letter, or for those of an ellipsis their number from behind."""


@dataclass(frozen=True)
class _Term:
    """A tensor and the labels of its dimensions, each different."""

    value: SSAValue
    labels: Labels

    def size(self, labels: Iterable[str]) -> int:
        """The product of some sizes."""
        sizes = dict(zip(self.labels, shape_of(self.value)))
        return prod(sizes[label] for label in labels)


def _einsum(node: Node) -> Sequence[Value]:
    operands = node.operands()
    inputs, result = _labels(node, [len(shape_of(value)) for value in operands])
    sizes = _sizes(node, operands, inputs)
    terms = [
        _narrowed(node, _diagonal(node, value, labels), sizes)
        for value, labels in zip(operands, inputs)
    ]
    total, *rest = terms
    for k, term in enumerate(rest):
        needed = {*result, *(label for later in rest[k + 1 :] for label in later.labels)}
        left = _summed(node, total, needed | set(term.labels))
        right = _summed(node, term, needed | set(total.labels))
        total = _product(node, left, right, needed)
    total = _summed(node, total, set(result))
    return [_spread(node, total, result, sizes)]


def _sizes(node: Node, operands: Sequence[SSAValue], inputs: Sequence[Labels]) -> dict[str, int]:
    """The size of each label; dimensions of size 1 are broadcast."""
    pairs = [
        pair
        for value, labels in zip(operands, inputs)
        for pair in zip(labels, shape_of(value), strict=True)
    ]
    sizes: dict[str, int] = {}
    for label, size in pairs:
        sizes[label] = max(size, sizes.get(label, 1))
    for label, size in pairs:
        if size not in (1, sizes[label]):
            raise node.error(f"'{label}' has sizes {size} and {sizes[label]}")
    return sizes


def _labels(node: Node, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """Labels of the operands and of the result. Without an arrow the result has what occurs once,
    in alphabetic order, behind the ellipsis."""
    equation = node.string_attr("equation", "").replace(" ", "")
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise node.error(f"'{equation}' has {len(terms)} operands, {len(ranks)} are given")
    spare = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks)]
    for term, count in zip(terms, spare):
        if count < 0 or (count and "..." not in term):
            raise node.error(f"'{term}' of '{equation}' does not fit the rank of its operand")
    labels = [_split(node, term, count) for term, count in zip(terms, spare)]
    most = max(spare)
    if arrow:
        return labels, _split(node, output, most)
    letters = Counter(letter for term in labels for letter in term if letter.isalpha())
    once = sorted(letter for letter, count in letters.items() if count == 1)
    return labels, (*_split(node, "..." if most else "", most), *once)


def _split(node: Node, term: str, ellipsis: int) -> Labels:
    front, dots, behind = term.partition("...")
    if not (front + behind).isalpha() and front + behind:
        raise node.error(f"'{term}' is no term of an equation", hint="use letters and one '...'")
    middle = [str(k) for k in range(ellipsis, 0, -1)] if dots else []
    return (*front, *middle, *behind)


def _diagonal(node: Node, value: SSAValue, labels: Labels) -> _Term:
    """Elements at equal places of dimensions with one label."""
    for label in labels:
        first = labels.index(label)
        if label not in labels[first + 1 :]:
            continue
        second = labels.index(label, first + 1)
        others = [k for k in range(len(labels)) if k not in (first, second)]
        size = shape_of(value)[first]
        if shape_of(value)[second] != size:
            raise node.error(f"'{label}' has sizes {size} and {shape_of(value)[second]}")
        value = node.emit(te.TransposeOp(value, (*others, first, second)))
        outer = shape_of(value)[:-2]
        flat = node.reshaped(value, (*outer, size * size))
        steps = [1] * len(others) + [size + 1]
        value = node.emit(te.SliceOp(flat, [0] * len(steps), (*outer, size), steps))
        return _diagonal(node, value, (*(labels[k] for k in others), label))
    return _Term(value, labels)


def _narrowed(node: Node, term: _Term, sizes: dict[str, int]) -> _Term:
    """Without dimensions of size 1 that others have larger: products broadcast them."""
    shape = shape_of(term.value)
    kept = [k for k, label in enumerate(term.labels) if shape[k] == sizes[label]]
    value = node.reshaped(term.value, [shape[k] for k in kept])
    return _Term(value, tuple(term.labels[k] for k in kept))


def _summed(node: Node, term: _Term, needed: set[str]) -> _Term:
    """The sum over dimensions that nothing needs."""
    axes = [k for k, label in enumerate(term.labels) if label not in needed]
    if not axes:
        return term
    value = node.emit(te.ReduceOp("add", term.value, axes))
    return _Term(value, tuple(label for label in term.labels if label in needed))


def _product(node: Node, a: _Term, b: _Term, needed: set[str]) -> _Term:
    """The product, summed over what both have and nothing needs."""
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in shared if label in needed]
    summed = [label for label in shared if label not in needed]
    left = [label for label in a.labels if label not in shared]
    right = [label for label in b.labels if label not in shared]
    labels = (*batch, *left, *right)
    sizes = [*(a.size([x]) for x in (*batch, *left)), *(b.size([x]) for x in right)]
    outer, rows, columns = a.size(batch), a.size(left), b.size(right)
    if not summed:
        matrix = _ordered(node, a, (*batch, *left), (outer, rows, 1))
        other = _ordered(node, b, (*batch, *right), (outer, 1, columns))
        value = node.emit(te.MulOp(matrix, other))
    else:
        depth = a.size(summed)
        matrix = _ordered(node, a, (*batch, *left, *summed), (outer, rows, depth))
        other = _ordered(node, b, (*batch, *summed, *right), (outer, depth, columns))
        value = node.emit(te.BatchMatmulOp(matrix, other))
    return _Term(node.reshaped(value, sizes), labels)


def _ordered(node: Node, term: _Term, labels: Labels, shape: Sequence[int]) -> SSAValue:
    """The tensor with its dimensions in that order, under another shape."""
    order = [term.labels.index(label) for label in labels]
    value = term.value
    if order != list(range(len(order))):
        value = node.emit(te.TransposeOp(value, order))
    return node.reshaped(value, shape)


def _spread(node: Node, term: _Term, result: Labels, sizes: dict[str, int]) -> SSAValue:
    """In the order of the result; dimensions that no operand has larger are of size 1."""
    kept = [label for label in result if label in term.labels]
    unknown = [label for label in result if label not in sizes]
    if unknown or len(set(result)) != len(result):
        raise node.error(f"the result has dimensions {list(result)}, operands have {list(sizes)}")
    shape = [sizes[label] if label in kept else 1 for label in result]
    return _ordered(node, term, tuple(kept), shape)


HANDLERS: dict[str, Handler] = {"Einsum": _einsum}
