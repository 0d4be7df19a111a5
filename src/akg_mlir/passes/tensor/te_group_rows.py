"""Transpositions of rows shorter than a block, in groups of rows that fill blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, f16
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import FRACTAL, ceil_div, element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.host_values import stays_in_graph
from akg_mlir.passes.tensor.rewriting import Expression, rewrite_each
from akg_mlir.targets import Target

NAME = "te-group-rows"
HELD = 8
"""Times that a tile of 16 groups may fit on chip: as it comes, turned and as it goes, two at a
time, and scratch."""
RAGGED = 16384
"""Short rows from which it pays to transpose them in groups that end inside blocks: what follows
each other in GM then moves to blocks and back. Groups that fill blocks always do, in as many lanes
as are transposed at a time (256 rows). Measured on the timing model, as is the next one."""
MADE = 1 << 16
"""Elements from which it pays, too, where element-wise ops make or use them: groups have dimensions
of their own, so that those ops are another kernel."""
WASTE = 2
"""Storage per element, of rows that are padded to whole blocks, up to which it does."""


@dataclass(frozen=True)
class TeGroupRows(ModulePass):
    """Transpose rows shorter than a block in groups of rows that fill blocks.

    A row of a few elements (the channels of an image's points) is a burst of its own, and on chip
    a block. Where the dimension in front of it becomes the last one, or was, groups of rows are
    one long row instead, which is turned on chip twice: with all that it has as rows of lanes, in
    which rows that belong together are found by their numbers, and back.

        [groups, rows x c] -> [rows x c, groups] -> [c, groups, rows]

    Elements of single bytes are numbers of f16 meanwhile. `te.compute` says which row is which.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        rewrite_each(op, lambda each: _grouped(each, target))


def _grouped(op: Operation, target: Target) -> bool:
    if not isinstance(op, te.TransposeOp) or stays_in_graph(op):
        return False
    if prod(te.shape_of(op.result)) < MADE and _meets_elementwise(op):
        return False
    element = te.element_of(op.result)
    size = element_bytes(element)
    wide = f16 if size == 1 else element
    if not all(target.supports(each, str(wide)) for each in ("vnchwconv", "vmax")):
        return False
    sizes, order = _merged(te.shape_of(op.operand), op.permutation)
    inverse = sorted(range(len(order)), key=order.__getitem__)
    fine = [sizes[k] for k in order]
    for shape, places, joins in ((sizes, order, False), (fine, inverse, True)):
        rows = _rows_of(shape, places, size, target)
        if rows is not None:
            _rewrite(op, rows, wide, joins=joins)
            return True
    return False


def _meets_elementwise(op: te.TransposeOp) -> bool:
    beside = [op.operand.owner, *(use.operation for use in op.result.uses)]
    return any(isinstance(each, te.ElementwiseOp) for each in beside)


def _merged(shape: Sequence[int], permutation: Sequence[int]) -> tuple[list[int], list[int]]:
    """A transposition without dimensions of size 1, neighbours that stay together as one: the
    sizes of the operand's, and which of them the result's are."""
    moved = [axis for axis in permutation if shape[axis] > 1]
    kept = sorted(moved)
    place = {axis: number for number, axis in enumerate(kept)}
    runs: list[list[int]] = []
    for axis in moved:
        if runs and place[axis] == place[runs[-1][-1]] + 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    ordered = sorted(runs)
    return [prod(shape[axis] for axis in run) for run in ordered], [*map(ordered.index, runs)]


def _rows_of(
    shape: Sequence[int], order: Sequence[int], size: int, target: Target
) -> _ShortRows | None:
    """A tensor of short rows whose dimensions are transposed in an order, where that is done in
    groups; `size` bytes per element."""
    if len(shape) < 2 or order[-1] != len(shape) - 2:
        return None
    *outer, points, short = shape
    if short * size >= BLOCK_BYTES:
        return None
    longest = target.memories["ub"] // (HELD * FRACTAL * max(size, 2) * short)
    found = [
        _ShortRows((*outer, points // group), group, short, tuple(order))
        for group in range(1, min(points, longest) + 1)
        if points % group == 0
    ]
    found = [rows for rows in found if rows.outer[rows.lanes] >= FRACTAL]
    if prod(outer) * points < RAGGED:
        found = [rows for rows in found if rows.fills_blocks(size)]
    best = min(found, key=lambda rows: (not rows.fills_blocks(size), rows.padded), default=None)
    return None if best is None or best.padded[0] > WASTE else best


@dataclass(frozen=True)
class _ShortRows:
    """A tensor `[*outer, group x short]` of groups of short rows: `group` points of the last but
    one dimension and all of the last one of a tensor that is transposed in an `order`, or made by
    that. The last of `outer` are its groups."""

    outer: tuple[int, ...]
    group: int
    short: int
    order: tuple[int, ...]

    @property
    def length(self) -> int:
        """Elements of a group."""
        return self.group * self.short

    @cached_property
    def lanes(self) -> int:
        """The dimension that groups are turned to: the one with the fewest lanes left over, of
        those the longest."""
        sizes = self.outer
        return max(range(len(sizes)), key=lambda k: (sizes[k] / _up(sizes[k], FRACTAL), sizes[k]))

    def fills_blocks(self, size: int) -> bool:
        """Whether rows of points and of groups end with blocks of elements of `size` bytes."""
        return self.group * size % BLOCK_BYTES == self.length * size % BLOCK_BYTES == 0

    @property
    def padded(self) -> tuple[float, int]:
        """Storage per element in rows of points, of groups and of lanes, and the elements of a
        group."""
        rows = self.group, self.length, self.outer[self.lanes]
        return prod(_up(length, FRACTAL) / length for length in rows), self.length

    # Iterators: the dimensions of `outer`, then points of a group, then elements of a point.

    @property
    def sizes(self) -> tuple[int, ...]:
        return (*self.outer, self.group, self.short)

    @property
    def plain(self) -> list[int]:
        """The iterators that count through the transposed tensor, groups apart from points."""
        points = len(self.outer) - 1
        short = points + 2
        return [*(short if k > points else k for k in self.order[:-1]), points, points + 1]

    @property
    def turned(self) -> list[int]:
        """Those that count through the turned one, `[*outer, group x short, lanes]`."""
        others = [k for k in range(len(self.outer)) if k != self.lanes]
        return [*others, len(self.outer), len(self.outer) + 1, self.lanes]

    @property
    def permutation(self) -> list[int]:
        """From groups to the turned tensor."""
        others = [k for k in range(len(self.outer) + 1) if k != self.lanes]
        return [*others, self.lanes]

    def plain_map(self, order: Sequence[int]) -> AffineMap:
        """The subscripts of the transposed tensor by iterators in an order."""
        at = [AffineExpr.dimension(order.index(k)) for k in self.plain]
        return AffineMap(len(order), 0, tuple(at))

    def turned_map(self, order: Sequence[int]) -> AffineMap:
        """The subscripts of the turned tensor by iterators in an order."""
        *others, point, short, lane = (AffineExpr.dimension(order.index(k)) for k in self.turned)
        return AffineMap(len(order), 0, (*others, point * self.short + short, lane))

    @property
    def plain_shape(self) -> list[int]:
        return [self.sizes[k] for k in self.plain]

    @property
    def turned_shape(self) -> list[int]:
        grouped = (*self.outer, self.length)
        return [grouped[k] for k in self.permutation]


def _rewrite(op: te.TransposeOp, rows: _ShortRows, element: Attribute, *, joins: bool) -> None:
    """`joins`: the result has the short rows, not the operand. Casts of bytes share the kernel
    where their rows end with blocks; elsewhere they act on all elements in their order."""
    e, narrow = Expression(op), te.element_of(op.result)
    grouped = (*rows.outer, rows.length)
    together = rows.fills_blocks(element_bytes(narrow))
    source = op.operand if together else e.cast(op.operand, element)
    source = e.cast(e.reshaped(source, rows.plain_shape if joins else grouped), element)
    if joins:
        bounds, maps = rows.turned, [rows.plain_map(rows.turned)]
        type_, into = TensorType(element, rows.turned_shape), rows.turned_map(rows.turned)
        turned = e(_copy(source, [rows.sizes[k] for k in bounds], maps, type_, into))
        back = sorted(range(len(grouped)), key=rows.permutation.__getitem__)
        moved = e(te.TransposeOp(turned, back))
    else:
        turned = e(te.TransposeOp(source, rows.permutation))
        maps, type_ = [rows.turned_map(rows.plain)], TensorType(element, rows.plain_shape)
        moved = e(_copy(turned, rows.plain_shape, maps, type_))
    result = e.cast(moved, narrow) if together else moved
    count = prod(rows.outer) * rows.group
    remark(
        NAME,
        "passed",
        f"{op.name}{location_of(op)}",
        "short rows move in groups",
        rows=count,
        each=rows.short,
        group=rows.group,
    )
    e.finish(e.cast(e.reshaped(result, te.shape_of(op.result)), narrow))


def _copy(
    source: SSAValue,
    bounds: Sequence[int],
    maps: Sequence[AffineMap],
    result: TensorType[Attribute],
    into: AffineMap | None = None,
) -> te.ComputeOp:
    body = Block(arg_types=[te.element_of(source)])
    body.add_op(te.YieldOp(body.args[0]))
    return te.ComputeOp([source], bounds, maps, body, result, into=into)


def _up(size: int, step: int) -> int:
    return ceil_div(size, step) * step
