"""ONNX's running sums and products, by doubling: a step adds what lies 1, 2, 4, .. places in front.

Long dimensions are cut into blocks, whose totals are scanned in turn. Where few elements lie next
to each other behind the dimension it becomes the outermost one, so that a step adds whole rows: no
vector instruction moves elements along its lanes. Few elements are selected and reduced for each
result instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

# Rows of a block are all in one tile. More of them cost more than a further kernel for totals.
LONGEST_BLOCK = 64
SHORTEST_BLOCK = 16
# Elements: shorter rows leave most lanes of an instruction empty.
SHORTEST_ROW = 16
# Selections, one for each result and element, that cost less than steps.
MOST_SELECTIONS = 1 << 16


@dataclass(frozen=True)
class Scan:
    """A scan of dimension 1 of `[outer, n]` or `[outer, n, inner]`: each element combined by sums
    or products (`kind`) with those in front of it, or with `reverse` behind it."""

    node: Node
    kind: te.Reduction
    reverse: bool

    @property
    def neutral(self) -> int:
        """What changes nothing in a combination."""
        return 0 if self.kind == te.Reduction.ADD else 1


def scanned(scan: Scan, value: SSAValue, *, exclusive: bool) -> SSAValue:
    """The scan; `exclusive` leaves out each element itself."""
    node, (outer, size, *inner) = scan.node, shape_of(value)
    if outer * size * size * prod(inner) <= MOST_SELECTIONS:
        return _selected(scan, value, exclusive)
    count, length = blocks(size)
    rows = _padded(scan, value, 1, 0, count * length - size)
    rows = _widened(node, node.reshaped(rows, (outer * count, length, *inner)))
    turned = prod(inner) < SHORTEST_ROW
    rows = _swapped(scan, rows) if turned else rows
    result = _of_blocks(scan, rows, 0 if turned else 1, (outer, count, *inner), exclusive)
    result = _swapped(scan, result) if turned else result
    result = node.reshaped(result, (outer, count * length, *inner))
    return part_of(node, result, 1, range(size))


def _of_blocks(
    scan: Scan, rows: SSAValue, axis: int, totals: tuple[int, ...], exclusive: bool
) -> SSAValue:
    """The scan of blocks along `axis`. Their totals, in the shape `totals`, follow each other
    along dimension 1."""
    node, length = scan.node, shape_of(rows)[axis]
    whole, distance = rows, 1
    while distance < length:
        whole = _combined(scan, whole, _shifted(scan, whole, axis, distance))
        distance *= 2
    result = _shifted(scan, whole, axis, 1) if exclusive else whole
    if totals[1] == 1:
        return result
    last = 0 if scan.reverse else length - 1
    each = part_of(node, whole, axis, range(last, last + 1))
    before = scanned(scan, node.reshaped(each, totals), exclusive=True)
    return _combined(scan, result, node.reshaped(before, shape_of(each)))


def _selected(scan: Scan, value: SSAValue, exclusive: bool) -> SSAValue:
    """The scan, each result reduced from all elements."""
    node, (outer, size, *inner) = scan.node, shape_of(value)
    own, other = node.places(size, len(inner) + 1), node.places(size, len(inner))
    if scan.reverse:
        own, other = other, own
    taken = node.emit(te.CompareOp("lt" if exclusive else "le", other, own))
    rows = node.reshaped(value, (outer, 1, size, *inner))
    neutral = node.scalar(scan.neutral, element_of(value))
    return node.emit(te.ReduceOp(scan.kind, node.emit(te.SelectOp(taken, rows, neutral)), [2]))


def _combined(scan: Scan, left: SSAValue, right: SSAValue) -> SSAValue:
    op = te.AddOp if scan.kind == te.Reduction.ADD else te.MulOp
    return scan.node.emit(op(left, right))


def _swapped(scan: Scan, value: SSAValue) -> SSAValue:
    """With the first two dimensions exchanged."""
    return scan.node.emit(te.TransposeOp(value, [1, 0, 2][: len(shape_of(value))]))


def _shifted(scan: Scan, value: SSAValue, axis: int, distance: int) -> SSAValue:
    """In the place of each element the one `distance` places in front of it (or behind it)."""
    size = shape_of(value)[axis]
    if scan.reverse:
        later = part_of(scan.node, value, axis, range(distance, size))
        return _padded(scan, later, axis, 0, distance)
    earlier = part_of(scan.node, value, axis, range(size - distance))
    return _padded(scan, earlier, axis, distance, 0)


def _padded(scan: Scan, value: SSAValue, axis: int, low: int, high: int) -> SSAValue:
    """With that many neutral elements in front and behind."""
    if low == high == 0:
        return value
    dims = range(len(shape_of(value)))
    front, back = ([count if k == axis else 0 for k in dims] for count in (low, high))
    return scan.node.emit(te.PadOp(value, front, back, scan.neutral))


def blocks(size: int) -> tuple[int, int]:
    """How many blocks of which length cover `size` elements, without a rest if there are such."""
    if size <= 2 * LONGEST_BLOCK:
        return 1, size
    fewest = -(-size // LONGEST_BLOCK)
    counts = range(fewest, size // SHORTEST_BLOCK + 1)
    count = next((n for n in counts if size % n == 0), fewest)
    return count, -(-size // count)


def _widened(node: Node, value: SSAValue) -> SSAValue:
    """f16 is summed in f32 and rounded once, as by `te.reduce`."""
    return node.cast(value, F32) if element_of(value) == F16 else value


def _cumulative(kind: te.Reduction) -> Handler:
    """Each element combined with those in front of it, or behind it with `reverse`."""

    def translate(node: Node) -> Sequence[Value]:
        operand = node.operand(0)
        shape, element = shape_of(operand), element_of(operand)
        axis = node.axis(node.known_ints(1, "axis")[0], len(shape))
        size, outer, inner = shape[axis], prod(shape[:axis]), prod(shape[axis + 1 :])
        rows = node.reshaped(operand, (outer, size, *((inner,) if inner > 1 else ())))
        scan = Scan(node, kind, bool(node.int_attr("reverse", 0)))
        result = scanned(scan, rows, exclusive=bool(node.int_attr("exclusive", 0)))
        return [node.reshaped(node.cast(result, element), shape)]

    return translate


HANDLERS: dict[str, Handler] = {
    "CumProd": _cumulative(te.Reduction.MUL),
    "CumSum": _cumulative(te.Reduction.ADD),
}
