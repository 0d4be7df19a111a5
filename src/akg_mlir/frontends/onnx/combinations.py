"""Known combinations of the elements along a dimension, as few moves and sums of whole rows.

Elements that a result does not combine take no part, so that infinities and NaN do not spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.interpolation import LEAST_WEIGHT, Taps
from akg_mlir.frontends.onnx.translation import Node, element_of, shape_of

# Elements: shorter rows leave most lanes of an instruction empty.
SHORTEST_ROW = 16
# Of more terms that are written out, programs become long.
MOST_TERMS = 32
MOST_PLACES = 8


def combined(node: Node, value: SSAValue, dim: int, taps: Sequence[Taps]) -> SSAValue:
    """The combinations of the elements of dimension `dim` that `taps` lists."""
    shape = shape_of(value)
    outer, size, inner = prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])
    rows = node.reshaped(value, (outer, size, inner))
    if is_moved(taps, size):
        found = _moved(node, rows, _places(taps, size))
    elif inner < SHORTEST_ROW and outer > 1:
        turned = node.reshaped(_swapped(node, rows), (1, size, outer * inner))
        found = _rows(node, turned, taps)
        found = _swapped(node, node.reshaped(found, (len(taps), outer, inner)))
    else:
        found = _rows(node, rows, taps)
    return node.reshaped(found, (*shape[:dim], len(taps), *shape[dim + 1 :]))


def _swapped(node: Node, value: SSAValue) -> SSAValue:
    """The first two of three dimensions exchanged; nothing is transposed with a third one of 1."""
    rows, columns, inner = shape_of(value)
    if inner > 1:
        return node.emit(te.TransposeOp(value, (1, 0, 2)))
    turned = node.emit(te.TransposeOp(node.reshaped(value, (rows, columns)), (1, 0)))
    return node.reshaped(turned, (columns, rows, 1))


def is_moved(taps: Sequence[Taps], size: int) -> bool:
    """Whether results are elements as they are: at equal distances, or each some times."""
    if any(list(tap.values()) != [1.0] for tap in taps):
        return False
    places = _places(taps, size)
    return _slice_of(places) is not None or _is_repeated(places, size)


def _slice_of(places: Sequence[int]) -> range | None:
    step = places[1] - places[0] if len(places) > 1 else 1
    found = range(places[0], places[-1] + 1, step) if step > 0 else None
    return found if found and list(found) == list(places) else None


def _is_repeated(places: Sequence[int], size: int) -> bool:
    times = len(places) // size
    return times > 0 and list(places) == [k // times for k in range(size * times)]


def _moved(node: Node, rows: SSAValue, places: Sequence[int]) -> SSAValue:
    outer, size, inner = shape_of(rows)
    if (taken := _slice_of(places)) is not None:
        return part_of(node, rows, 1, taken)
    apart = node.reshaped(rows, (outer, size, 1, inner))
    repeated = node.emit(te.BroadcastToOp(apart, (outer, size, len(places) // size, inner)))
    return node.reshaped(repeated, (outer, len(places), inner))


def _places(taps: Sequence[Taps], size: int) -> list[int]:
    """The elements that the results combine."""
    return [_inside(k, size) for tap in taps for k in tap]


def _inside(k: int, size: int) -> int:
    return min(max(k, 0), size - 1)


def _rows(node: Node, rows: SSAValue, taps: Sequence[Taps]) -> SSAValue:
    """The combinations of rows of `[outer, size, inner]`."""
    period = period_of(taps)
    if period is not None and sum(map(len, taps[: period[0]])) <= MOST_TERMS:
        return _by_phases(node, rows, taps, *period)
    inside = [_clamped(tap, shape_of(rows)[1]) for tap in taps]
    few = max(map(len, inside)) <= MOST_PLACES
    return (_by_places if few else _by_selection)(node, rows, inside)


def _nth(tap: Taps, n: int) -> tuple[int, float]:
    """An element and its weight; the last element and 0 where there are not as many."""
    return list(tap.items())[n] if n < len(tap) else (list(tap)[-1], 0.0)


def _clamped(tap: Taps, size: int) -> Taps:
    """With the ends in the place of what lies beyond them."""
    found: Taps = {}
    for k, weight in tap.items():
        found[_inside(k, size)] = found.get(_inside(k, size), 0.0) + weight
    return found


def period_of(taps: Sequence[Taps]) -> tuple[int, int] | None:
    """After how many results the same weights come again, and how many elements later."""
    for count in range(1, len(taps) // 2 + 1):
        step = min(taps[count]) - min(taps[0])
        if step > 0 and all(_is_later(a, step, b) for a, b in zip(taps, taps[count:])):
            return count, step
    return None


def _is_later(first: Taps, step: int, second: Taps) -> bool:
    """Whether the second taps are the first ones, some elements later."""
    return len(first) == len(second) and all(
        abs(weight - second.get(k + step, math.inf)) < LEAST_WEIGHT for k, weight in first.items()
    )


def _by_phases(node: Node, rows: SSAValue, taps: Sequence[Taps], count: int, step: int) -> SSAValue:
    """Each of `count` neighbouring results is a sum of slices, of rows `step` apart."""
    outer, size, inner = shape_of(rows)
    times = -(-len(taps) // count)
    first, last = min(map(min, taps[:count])), max(map(max, taps[:count])) + (times - 1) * step
    rows = node.reshaped(rows, (outer, size, 1, inner))
    front, behind = max(-first, 0), max(last - size + 1, 0)
    ends = _repeated(node, rows, 0, front), _repeated(node, rows, size - 1, behind)
    rows = joined([*ends[0], rows, *ends[1]], 1, node.emit)

    def term(k: int, weight: float) -> SSAValue:
        start = front + k
        taken = part_of(node, rows, 1, range(start, start + times * step, step))
        return taken if weight == 1 else node.emit(te.MulOp(taken, node.scalar(weight, F32)))

    phases = [_sum(node, [term(*one) for one in tap.items()]) for tap in taps[:count]]
    together = node.reshaped(joined(phases, 2, node.emit), (outer, times * count, inner))
    return part_of(node, together, 1, range(len(taps)))


def _repeated(node: Node, rows: SSAValue, k: int, times: int) -> list[SSAValue]:
    """Row `k` some times, or nothing."""
    if not times:
        return []
    one = part_of(node, rows, 1, range(k, k + 1))
    outer, _, *inner = shape_of(rows)
    return [one if times == 1 else node.emit(te.BroadcastToOp(one, (outer, times, *inner)))]


def _by_places(node: Node, rows: SSAValue, taps: Sequence[Taps]) -> SSAValue:
    """The sum of the first elements of all results, the second ones, ..."""
    terms = list[SSAValue]()
    for n in range(max(map(len, taps))):
        places, weights = zip(*(_nth(tap, n) for tap in taps))
        term = node.emit(te.GatherOp(rows, node.constant(np.array(places, np.int32)), 1))
        if set(weights) != {1.0}:
            term = _weighed(node, term, np.array(weights, np.float32)[:, None])
        terms.append(term)
    return _sum(node, terms)


def _by_selection(node: Node, rows: SSAValue, taps: Sequence[Taps]) -> SSAValue:
    """Each result reduced from all elements."""
    outer, size, inner = shape_of(rows)
    matrix = np.zeros((len(taps), size, 1), np.float32)
    for row, tap in zip(matrix, taps):
        for k, weight in tap.items():
            row[k] = weight
    parts = _weighed(node, node.reshaped(rows, (outer, 1, size, inner)), matrix)
    return node.emit(te.ReduceOp("add", parts, [2]))


def _weighed(node: Node, value: SSAValue, weights: np.ndarray) -> SSAValue:
    """The product, 0 where a weight is 0; elements of any type where the others are 1."""
    factors = node.constant(weights)
    taken = node.emit(te.CompareOp("ne", factors, node.scalar(0, F32)))
    if not np.isin(weights, (0, 1)).all():
        value = node.emit(te.MulOp(value, factors))
    return node.emit(te.SelectOp(taken, value, node.scalar(0, element_of(value))))


def _sum(node: Node, terms: Sequence[SSAValue]) -> SSAValue:
    return reduce(lambda total, term: node.emit(te.AddOp(total, term)), terms)
