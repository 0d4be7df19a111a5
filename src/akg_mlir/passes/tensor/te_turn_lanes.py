"""Moves along the last dimension as moves of whole rows, between transpositions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import FRACTAL, ceil_div, element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.host_values import stays_in_graph
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    aligned_shape,
    erase_dead,
    functions,
    shown,
    transposed,
)
from akg_mlir.targets import Target

NAME = "te-turn-lanes"
TURNING = 800
"""Cycles that transposing takes however little it is: the transfers of a tile, and flags."""
PER_BYTE = 1 / 6
"""Cycles of a core to transpose a byte, with what puts rows behind each other for their store.
Measured on the timing model for images of 56 x 56 to 224 x 224."""
HELD = 8
"""Times that a tile of 16 rows may fit on chip: turned, moved and turned back, two at a time."""

Moved = te.SliceOp | te.PadOp | te.ConcatOp | te.BroadcastToOp


@dataclass(frozen=True)
class TeTurnLanes(ModulePass):
    """Move elements along the last dimension as rows: transposed, moved, transposed back.

    The vector unit reads and writes whole blocks of lanes, and bursts move whole blocks, so what
    moves by other steps falls to the scalar unit, element by element: slices with strides,
    concatenations and padding of rows that end inside blocks, and elements that are repeated.
    Turned, lanes are rows, which start on blocks wherever they go. What moves along other
    dimensions, too, does that first; what moves along the last one again stays turned. Ops are
    turned where that is estimated to take fewer cycles.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            _Lanes(target).turn(function)
        erase_dead(op)


@dataclass
class _Lanes:
    """Which values of a function exist turned, as `[lanes, rows]`, while walking it downwards:
    those that reshapes show, with whatever rows."""

    target: Target
    turned: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])

    def turn(self, function: func.FuncOp) -> None:
        chosen: set[Operation] = set()
        moves = [op for op in function.body.block.ops if isinstance(op, Moved)]
        for op in reversed(moves):
            if self._can(op) and (self._pays(op) or _leads(op, chosen)):
                chosen.add(op)
        for op in moves:
            if op in chosen:
                self._rewrite(op)

    def _rewrite(self, op: Moved) -> None:
        """Iterators of what is turned: groups of lanes, lanes, rows."""
        e, axis, groups = Expression(op), _axis(op), _groups(op)
        sources = _moved_before(e, op, axis)
        rows = prod(te.shape_of(sources[0])[:axis]) // groups
        images = [self._image(e, source, rows, groups) for source in sources]
        moved = e(_turned(op, axis, images))
        lanes = prod(te.shape_of(moved)[:-1])
        image = e.reshaped(moved, [lanes, rows])
        plain = transposed(e, image, (1, 0))
        self.turned[shown(plain)] = image
        remark(NAME, "passed", f"{op.name}{location_of(op)}", "lanes move as rows", rows=rows)
        e.finish(e.reshaped(plain, te.shape_of(op.results[0])))

    def _image(self, e: Expression, value: SSAValue, rows: int, groups: int) -> SSAValue:
        """A value as `[groups, lanes, rows]`, or `[lanes, rows]` of a single group."""
        lanes = prod(te.shape_of(value)) // rows
        image = self.turned.get(shown(value))
        if image is None or te.shape_of(image) != (lanes, rows):
            image = transposed(e, e.reshaped(value, [rows, lanes]), (1, 0))
            self.turned[shown(value)] = image
        return image if groups == 1 else e.reshaped(image, [groups, lanes // groups, rows])

    # ------------------------------------------------------------------------------------- choosing

    def _can(self, op: Moved) -> bool:
        """Whether the vector unit transposes and moves such elements, of rows that fit on chip."""
        element, axis = te.element_of(op.results[0]), _axis(op)
        if (
            axis == 0
            or not _moves_along(op, axis)
            or stays_in_graph(op)
            or element_bytes(element) not in (2, 4)
        ):
            return False
        if not all(self.target.supports(each, str(element)) for each in ("vnchwconv", "vmax")):
            return False
        longest = max(_lanes(value, axis) for value in (*op.operands, *op.results)) * _groups(op)
        return HELD * FRACTAL * longest * element_bytes(element) <= self.target.memories["ub"]

    def _pays(self, op: Moved) -> bool:
        """Whether it takes fewer cycles than what falls to the scalar unit."""
        axis, groups = _axis(op), _groups(op)
        size = element_bytes(te.element_of(op.results[0]))
        each = _loose(op, axis, BLOCK_BYTES // size)
        rows = prod(te.shape_of(op.results[0])[:axis])
        loose = each * rows * 2 * self.target.scalar.access_cycles / self.target.cores
        lanes = sum(_lanes(value, axis) for value in (*op.operands, *op.results)) * groups
        tiles = ceil_div(rows // groups, FRACTAL)
        cores = min(self.target.cores, tiles)
        return TURNING + PER_BYTE * lanes * tiles * FRACTAL * size / cores < loose


def _axis(op: Moved) -> int:
    """The last dimension that is not of size 1; the first one if all are."""
    shapes = [te.shape_of(op.results[0])]
    if not isinstance(op, te.BroadcastToOp):
        shapes += map(te.shape_of, op.operands)
    sizes = [max(column) for column in zip(*shapes)]
    return max((dim for dim, size in enumerate(sizes) if size > 1), default=0)


def _groups(op: Moved) -> int:
    """How many groups of lanes a row of the turned op has: those of the dimension in front of the
    last one, where that one is less than a block."""
    axis, shape = _axis(op), te.shape_of(op.results[0])
    size = element_bytes(te.element_of(op.results[0]))
    longest = max(_lanes(value, axis) for value in (*op.operands, *op.results))
    return shape[axis - 1] if axis > 1 and longest * size < BLOCK_BYTES else 1


def _lanes(value: SSAValue, axis: int) -> int:
    """Elements along an axis of a result that the value broadcasts to."""
    shape = te.shape_of(value)
    return shape[axis] if axis < len(shape) else 1


def _leads(op: Moved, chosen: set[Operation]) -> bool:
    """Whether an op cuts rows, inside blocks maybe, for one that is turned."""
    return isinstance(op, te.SliceOp) and any(use.operation in chosen for use in op.result.uses)


def _moves_along(op: Moved, axis: int) -> bool:
    """Whether the op moves elements along an axis; for one that acts along a single one, that is
    it."""
    match op:
        case te.SliceOp():
            return op.ranges[axis] != range(te.shape_of(op.operand)[axis])
        case te.PadOp():
            return any(op.amounts[axis])
        case te.ConcatOp():
            return op.dim == axis
        case te.BroadcastToOp():
            shape = te.shape_of(op.result)
            return aligned_shape(op.operand, len(shape)) == (*shape[:axis], 1, *shape[axis + 1 :])


def _loose(op: Moved, axis: int, block: int) -> int:
    """Elements of a row of the result that the scalar unit would move, at least: those that no
    vector instruction reads, and behind the last whole block of every piece that is stored."""
    match op:
        case te.SliceOp():
            return len(op.ranges[axis]) if op.ranges[axis].step != 1 else 0
        case te.PadOp():
            low, high = op.amounts[axis]
            pieces = low, te.shape_of(op.operand)[axis], high
            return sum(n % block for n in pieces) if _is_stored(op, low) else 0
        case te.ConcatOp():
            return sum(te.shape_of(part)[axis] % block for part in op.parts)
        case te.BroadcastToOp():
            times = te.shape_of(op.result)[axis]
            return times if times < block else 0


def _is_stored(op: te.PadOp, low: int) -> bool:
    """Whether padded rows go to GM as they are: not where a kernel goes on with blocks of them."""
    users = [use.operation for use in op.result.uses]
    return low > 0 or not all(isinstance(user, te.PackOp | te.TransposeOp) for user in users)


def _moved_before(e: Expression, op: Moved, axis: int) -> list[SSAValue]:
    """The operands, after what the op does along dimensions in front of an axis."""
    match op:
        case te.SliceOp():
            shape = te.shape_of(op.operand)
            taken = [*op.ranges[:axis], *map(range, shape[axis:])]
            if taken == [*map(range, shape)]:
                return [op.operand]
            starts, sizes, steps = zip(*((r.start, len(r), r.step) for r in taken))
            return [e(te.SliceOp(op.operand, starts, sizes, steps))]
        case te.PadOp():
            zeros = [0] * (len(op.amounts) - axis)
            low, high = ([*side[:axis], *zeros] for side in zip(*op.amounts))
            if not any((*low, *high)):
                return [op.operand]
            return [e(te.PadOp(op.operand, low, high, op.value.value.data))]
        case te.ConcatOp():
            return [*op.parts]
        case te.BroadcastToOp():
            return [e.reshaped(op.operand, aligned_shape(op.operand, len(te.shape_of(op.result))))]


def _turned(op: Moved, axis: int, images: Sequence[SSAValue]) -> te.TeOp:
    """What the op does along an axis, along the last dimension but one of images."""
    *front, _, rows = te.shape_of(images[0])
    zeros = [0] * len(front)
    match op:
        case te.SliceOp():
            taken = op.ranges[axis]
            steps = [*(1 for _ in front), taken.step, 1]
            return te.SliceOp(
                images[0], [*zeros, taken.start, 0], [*front, len(taken), rows], steps
            )
        case te.PadOp():
            low, high = ([*zeros, amount, 0] for amount in op.amounts[axis])
            return te.PadOp(images[0], low, high, op.value.value.data)
        case te.ConcatOp():
            return te.ConcatOp(images, len(front))
        case te.BroadcastToOp():
            return te.BroadcastToOp(images[0], [*front, te.shape_of(op.result)[axis], rows])
