"""Which neighbouring dimensions of a kernel's values no op separates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from xdsl.dialects.func import ReturnOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import element_bytes

LONG = 1024
"""Elements from which a row is a transfer of its own, wherever it starts in a block."""
Pair = tuple[object, int]
"""Dimensions `i` and `i + 1` of a value, or iterators `i` and `i + 1` of an op."""

Apart = te.WindowOp | te.ComputeOp | te.DepthToSpaceOp
"""Ops whose values keep all their dimensions: subscripts are sums of iterators."""


class DimensionGroups:
    """Pairs of neighbouring dimensions that can only become one dimension together; `room` are the
    bytes that a row of a tile may take."""

    def __init__(self, body: Block, room: int) -> None:
        self.room = room
        self._parent: dict[Pair, Pair] = {}
        self._blocked: set[Pair] = set()
        for op in body.ops:
            if isinstance(op, te.PackOp | te.UnpackOp):
                self._follow_layout(op)
            elif isinstance(op, te.PadOp):
                alone = sum(not isinstance(o, te.ConstantOp | ReturnOp) for o in body.ops) == 1
                self._follow_padded(op, alone)
            elif isinstance(op, te.SliceOp):
                whole = map(range, te.shape_of(op.operand))
                self._follow_resized(op, [a != b for a, b in zip(op.ranges, whole)])
            elif isinstance(op, te.ConcatOp):
                along = [dim == op.dim for dim in range(len(te.shape_of(op.result)))]
                self._follow_resized(op, along)
            elif isinstance(op, te.GatherOp):
                self._follow_gather(op)
            elif isinstance(op, te.StructuredOp):
                self._follow(op)
        self._separated = {self._find(pair) for pair in self._blocked}

    def of(self, value: SSAValue) -> list[list[int]]:
        """The dimensions of a value, grouped into those that become one."""
        groups: list[list[int]] = []
        for position in range(len(te.shape_of(value))):
            if position and self._find((value, position - 1)) not in self._separated:
                groups[-1].append(position)
            else:
                groups.append([position])
        return groups

    def shape(self, value: SSAValue) -> tuple[int, ...]:
        """The shape of a value with each group as one dimension."""
        old = te.shape_of(value)
        return tuple(prod(old[p] for p in group) for group in self.of(value))

    def _find(self, pair: Pair) -> Pair:
        while self._parent.setdefault(pair, pair) != pair:
            pair = self._parent[pair]
        return pair

    def _unite(self, a: Pair, b: Pair) -> None:
        self._parent[self._find(a)] = self._find(b)

    def _block(self, pairs: Iterable[Pair]) -> None:
        self._blocked |= set(pairs)

    def _follow_layout(self, op: te.PackOp | te.UnpackOp) -> None:
        """Only batch dimensions may merge, and the rows and columns of an image."""
        ranks = [len(te.shape_of(v)) for v in (op.operand, op.result)]
        same = range(0, max(0, min(ranks) - 2))
        if op.layout.data == te.Layout.NC1HWC0:
            same = range(2, min(ranks))
        elif op.layout.data == te.Layout.FRACTAL_Z:
            same = range(0)
        pairs = same[:-1]
        for value, rank in zip((op.operand, op.result), ranks):
            self._block((value, p) for p in range(rank - 1) if p not in pairs)
        for p in pairs:
            self._unite((op.operand, p), (op.result, p))

    def _follow_resized(
        self,
        op: te.PadOp | te.SliceOp | te.ConcatOp,
        resized: Sequence[bool],
        apart: Sequence[bool] | None = None,
    ) -> None:
        """Dimensions that grow, or of which a part is taken, do not merge with those in front,
        nor with those behind them where they are `apart`."""
        apart = resized if apart is None else apart
        for p in range(len(resized) - 1):
            for value in op.operands:
                self._unite((value, p), (op.result, p))
            if apart[p] or resized[p + 1]:
                self._block([(op.result, p)])

    def _follow_padded(self, op: te.PadOp, alone: bool) -> None:
        """As others that are resized; but what a kernel pads and stores, and does nothing else
        with, is one row together with the dimensions behind it that end inside blocks."""
        padded, shape = [low + high > 0 for low, high in op.amounts], te.shape_of(op.result)
        size = element_bytes(te.element_of(op.result))
        apart = [
            not (
                alone and n >= LONG and n * size <= self.room and n // shape[p] * size % BLOCK_BYTES
            )
            for p, n in enumerate(prod(shape[p:]) for p in range(len(shape)))
        ]
        self._follow_resized(op, padded, [a and b for a, b in zip(padded, apart)])

    def _follow_gather(self, op: te.GatherOp) -> None:
        """Those in front of the indexed dimension, of the indices, and behind merge by themselves;
        those that are shared do so in both operands."""
        table, dim, batches = len(te.shape_of(op.operand)), op.dim, op.batches
        last = dim + len(te.shape_of(op.indices)) - batches  # of the result, behind the indices
        front = range(dim)
        self._follow_part(op.operand, range(batches), op.result, 0)
        self._follow_part(op.operand, front[batches:], op.result, 0)
        self._follow_part(op.operand, range(dim, dim + 1), op.result, 0)
        self._follow_part(op.operand, range(dim + 1, table), op.result, last - dim - 1)
        self._follow_part(op.indices, range(batches), op.result, 0)
        self._follow_part(
            op.indices, range(batches, batches + last - dim), op.result, dim - batches
        )
        rank = len(te.shape_of(op.result))
        self._block((op.result, end - 1) for end in (batches, dim, last) if 0 < end < rank)

    def _follow_part(self, value: SSAValue, part: range, result: SSAValue, moved: int) -> None:
        """A part of a value's dimensions, which merges with no other one, stands so many further on
        in the result."""
        if part and part[-1] + 1 < len(te.shape_of(value)):
            self._block([(value, part[-1])])
        for p in part[:-1]:
            self._unite((value, p), (result, p + moved))

    def _keep(self, op: Apart) -> None:
        """Images keep their four dimensions, and what is read at sums of iterators its own."""
        for value in (*op.operands, op.results[0]):
            self._block((value, p) for p in range(len(te.shape_of(value)) - 1))

    def _follow(self, op: te.StructuredOp) -> None:
        if isinstance(op, Apart):
            self._keep(op)
            return
        count = len(op.bounds)
        if isinstance(op, te.ContractionOp | te.FractalMatmulOp):
            first = max(len(op.batch) - 1, 0)
            self._block((op, a) for a in range(first, count - 1))
        self._block((op, a) for a in range(count - 1) if op.iterators[a] != op.iterators[a + 1])
        for value, map_ in zip((*op.operands, op.results[0]), (*op.operand_maps, op.result_map)):
            self._follow_access(op, value, map_)

    def _follow_access(self, op: te.StructuredOp, value: SSAValue, map_: AffineMap) -> None:
        """Tie the value's pairs to the iterator pairs that index them; block the others."""
        rank, count = len(map_.results), len(op.bounds)
        fixed = [not isinstance(e, AffineDimExpr) for e in map_.results]
        # a dimension of size 1 that broadcasts stands where numpy aligns it
        iterators = [
            e.position if isinstance(e, AffineDimExpr) else p + count - rank
            for p, e in enumerate(map_.results)
        ]
        tied: set[int] = set()
        for p in range(rank - 1):
            a = iterators[p]
            if iterators[p + 1] == a + 1 and fixed[p] == fixed[p + 1]:
                self._unite((value, p), (op, a))
                tied.add(a)
            else:
                self._block([(value, p)])
        indexed = set(iterators)
        for a in range(count - 1):
            present = {a, a + 1} & indexed
            alone = len(present) == 1 and _lacks_elements(op.bounds, indexed, a)
            if a not in tied and (len(present) == 2 or alone):
                self._block([(op, a)])


def _lacks_elements(bounds: tuple[int, ...], indexed: set[int], a: int) -> bool:
    """Whether a value that has one of the iterators `a` and `a + 1` lacks elements of the other.

    It does not when the other is of size 1, and so are those beyond it that the value lacks.
    """
    step = 1 if a in indexed else -1
    position = a + 1 if a in indexed else a
    while 0 <= position < len(bounds) and position not in indexed:
        if bounds[position] > 1:
            return True
        position += step
    return False


def regrouped(op: Operation, groups: DimensionGroups, dims: Iterable[int]) -> list[int]:
    """The groups of the op's operand that hold the given dimensions, in their order."""
    own = groups.of(op.operands[0])
    place = {dim: index for index, group in enumerate(own) for dim in group}
    return list(dict.fromkeys(place[dim] for dim in dims))
