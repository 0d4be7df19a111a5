"""Convolutions and pools of the vector unit on images whose channels come last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f16, f32, i32
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.channels_last import (
    FIRST,
    LAST,
    PLAIN,
    convolution,
    moved,
    pool,
    product,
)
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.interleaving import interleaved
from akg_mlir.passes.tensor.packed_images import acts_on_blocks
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    aligned_shape,
    erase_dead,
    functions,
    only_views,
    shown,
    splat_of,
    transposed,
    with_operands,
)
from akg_mlir.passes.tensor.te_turn_products import pays_turning
from akg_mlir.targets import Target

NAME = "te-channels-last"
_PRODUCTS = ((f16, f32), (f32, f32), (i32, i32))
"""Types of operands and results that the vector unit multiplies."""
ENOUGH = 1 << 18
"""Products of rows that start inside a block which take longer than two kernels that transpose."""
POOLED = 1 << 13
"""Elements of windows that the scalar unit takes in less time than kernels that transpose."""


@dataclass(frozen=True)
class TeChannelsLast(ModulePass):
    """Compute what the vector unit does with windows of images on images `[N, H, W, C]`.

    Lanes along a row of an image would start anywhere in a block, since windows move by single
    elements, which the vector unit cannot read; rows of channels start where the first one does.
    Convolutions that the cube does not take become a `te.compute` with lanes along the output
    channels, pools one with lanes along the channels. Images are transposed in front of such ops,
    results behind them; element-wise ops, padding, slices, concatenations and reductions between
    them work on what they get. Parts of channels that become places (`te.depth_to_space`) are rows
    of channels, too, where they fill blocks; of others the columns are interleaved.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            _Images(target).turn(function)
        erase_dead(op)


@dataclass
class _Images:
    """Which values `[N, C, H, W]` of a function exist with their channels last, while walking it
    downwards."""

    target: Target
    last: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    _packed: set[SSAValue] = field(default_factory=set[SSAValue])
    """Results of the cube, and what acts on the blocks of channels that these come in."""
    _wanted: dict[SSAValue, bool] = field(default_factory=dict[SSAValue, bool])

    def turn(self, function: func.FuncOp) -> None:
        ops = list(function.body.block.ops)
        for value in (value for op in reversed(ops) for value in op.results):
            self._is_wanted(value)  # users first: each knows what its own results are wanted for
        for op in ops:
            match op:
                case te.Conv2dOp() if self._turns(op):
                    self._convolution(op)
                case te.Pool2dOp() if self._pools(op):
                    self._pool(op)
                case te.ElementwiseOp() if self._follows(op):
                    e = Expression(op)
                    operands = [self._operand(e, value) for value in op.operands]
                    self._replace(op, e, e(with_operands(op, operands)))
                case te.ReduceOp() if axes := self._reduced(op):
                    self._reduce(op, axes)
                case te.PadOp() | te.SliceOp() | te.ConcatOp() | te.ReduceOp() if self._all_last(
                    op
                ):
                    e = Expression(op)
                    self._replace(op, e, e(moved(op, [self.last[v] for v in op.operands])))
                case te.DepthToSpaceOp() if not self._stays_packed(op):
                    self._depth_to_space(op)
                case te.TransposeOp() if op.operand in self.last:
                    e = Expression(op)
                    e.finish(transposed(e, op.operand, op.permutation))
                case _:
                    self._note_packed(op)

    def _note_packed(self, op: Operation) -> None:
        if isinstance(op, te.Conv2dOp) and te.is_cube_conv(op):
            self._packed.add(op.result)
        elif isinstance(op, te.ElementwiseOp) or acts_on_blocks(op):
            if any(value in self._packed for value in op.operands):
                self._packed.add(op.results[0])

    def _convolution(self, op: te.Conv2dOp) -> None:
        """An image of fewer channels than a block holds stays as it is: rows of them would be
        mostly padding, and its elements are factors of whole lanes anyway."""
        e = Expression(op)
        few = te.shape_of(op.image)[1] * element_bytes(te.element_of(op.image)) < BLOCK_BYTES
        if few and op.group_count == 1 and op.image not in self.last:
            result = convolution(e, op, op.image, PLAIN)
        elif self._is_narrow(op):
            result = product(e, op, self._image(e, op.image))
        else:
            result = convolution(e, op, self._image(e, op.image))
        self._replace(op, e, result)
        remark(NAME, "passed", _where(op), "lanes along the output channels")

    def _is_narrow(self, op: te.Conv2dOp) -> bool:
        """Whether it is a product of points that `te-turn-products` turns."""
        single = max(*op.window, *op.strides.get_values()) == 1 and op.group_count == 1
        batch, outputs, *points = te.shape_of(op.result)
        narrow = pays_turning(batch * prod(points), outputs, self.target)
        return single and narrow and te.element_of(op.image) == f32

    def _turns(self, op: te.Conv2dOp) -> bool:
        """Whether the vector unit has lanes for a convolution only along its channels, or for one
        of single points that is in between."""
        multiplies = (te.element_of(op.image), te.element_of(op.result)) in _PRODUCTS
        if te.is_cube_conv(op) or not multiplies or any(op.padding):
            return False
        if op.image in self._packed and acts_on_blocks(op):
            return False
        if max(op.output_sizes()) == 1:
            # a product of all of an image, with rows of weights: transposing those costs more,
            # unless the host does
            return is_weight(op.weights) and max(op.window) > 1
        if max(*op.window, *op.strides.get_values()) > 1 or _starts_inside(op):
            return True
        return op.image in self.last or self._is_wanted(op.result)

    def _pool(self, op: te.Pool2dOp) -> None:
        """Pool whole blocks of channels of what is transposed: rows that end inside one end on the
        scalar unit."""
        e = Expression(op)
        result = pool(e, op, self._blocks(e, op.operand))
        added = te.shape_of(result)[3] - te.shape_of(op.result)[1]
        message = "lanes along the channels"
        remark(NAME, "passed", _where(op), message, added_channels=added)
        if not added:
            self._replace(op, e, result)
            return
        shape = te.shape_of(op.result)
        plain = e(te.SliceOp(transposed(e, result, FIRST), [0] * 4, shape))
        self.last[plain] = e(te.SliceOp(result, [0] * 4, [shape[axis] for axis in LAST]))
        e.finish(plain)

    def _blocks(self, e: Expression, value: SSAValue) -> SSAValue:
        """An image with its channels last, and zeros behind them up to whole blocks; but none where
        it is there already. In front of a transposition they are whole rows."""
        missing = -te.shape_of(value)[1] % (BLOCK_BYTES // element_bytes(te.element_of(value)))
        if not missing or value in self.last:
            return self._image(e, value)
        pad = value.owner
        if isinstance(pad, te.PadOp) and not any(pad.amounts[1]):
            return e(moved(pad, [self._blocks(e, pad.operand)]))
        return transposed(e, e(te.PadOp(value, [0] * 4, [0, missing, 0, 0], 0)), LAST)

    def _pools(self, op: te.Pool2dOp) -> bool:
        """Whether windows move along rows, whose elements the vector unit then cannot take as
        lanes, or the image is there with its channels last."""
        moves = op.output_sizes()[1] > 1 and max(op.window[1], op.strides.get_values()[1]) > 1
        long = moves and prod(op.bounds) >= POOLED
        return op.operand in self.last or (long and op.operand not in self._packed)

    def _depth_to_space(self, op: te.DepthToSpaceOp) -> None:
        """Move rows of channels, also if an image is transposed for that; others are too short."""
        e = Expression(op)
        if _fills_rows(op):
            self._replace(op, e, e(moved(op, [self._image(e, op.operand)])))
        else:
            e.finish(interleaved(e, op))

    def _stays_packed(self, op: te.DepthToSpaceOp) -> bool:
        return acts_on_blocks(op) and op.operand in self._packed

    def _is_wanted(self, value: SSAValue) -> bool:
        """Whether a convolution takes the value, as it is or behind other ops, with its channels
        last."""
        if value not in self._wanted:
            self._wanted[value] = any(self._leads(use.operation) for use in value.uses)
        return self._wanted[value]

    def _leads(self, user: Operation) -> bool:
        match user:
            case te.Conv2dOp():
                return self._turns(user)
            case te.Pool2dOp():
                return self._pools(user)
            case te.DepthToSpaceOp():
                return _fills_rows(user)
            case te.ElementwiseOp() | te.PadOp():
                return len(te.shape_of(user.results[0])) == 4 and self._is_wanted(user.results[0])
            case _:
                return False

    def _follows(self, op: te.ElementwiseOp) -> bool:
        """Whether an element-wise op has an operand with its channels last, and no other one that
        it costs anything to transpose."""
        if len(te.shape_of(op.results[0])) != 4 or not any(v in self.last for v in op.operands):
            return False
        return all(v in self.last or _is_free(v) for v in op.operands)

    def _reduced(self, op: te.ReduceOp) -> set[int]:
        """Which dimensions of an image that is there with its channels last an op reduces, if no
        image is left; the image may have further dimensions of size 1."""
        image = self._seen(op.operand)
        if image not in self.last:
            return set()
        axes, sizes = _places(te.shape_of(image)), te.shape_of(op.operand)
        given = _places(sizes)
        if [te.shape_of(image)[axis] for axis in axes] != [sizes[axis] for axis in given]:
            return set()
        reduced = {axis for axis, place in zip(axes, given) if place in op.dims}
        stays = image is op.operand and op.keepdims is not None
        return set() if stays and {2, 3}.intersection(axes) - reduced else reduced

    def _reduce(self, op: te.ReduceOp, axes: Collection[int]) -> None:
        e = Expression(op)
        image = self.last[self._seen(op.operand)]
        places = [place for place, axis in enumerate(LAST) if axis in axes]
        reduced = te.ReduceOp(op.kind.data, image, places)
        reduced.attributes |= op.attributes
        left = [axis for axis in LAST if axis not in axes]
        plain = transposed(e, e(reduced), [left.index(axis) for axis in sorted(left)])
        e.finish(e.reshaped(plain, te.shape_of(op.result)))

    def _seen(self, value: SSAValue) -> SSAValue:
        """A value that is there with its channels last, or else what it shows."""
        return value if value in self.last else shown(value)

    def _all_last(self, op: Operation) -> bool:
        return all(value in self.last for value in op.operands)

    def _operand(self, e: Expression, value: SSAValue) -> SSAValue:
        """An operand of an element-wise op, in a form that broadcasts to `[N, H, W, C]`."""
        splat, shape = splat_of(value), aligned_shape(value, 4)
        if splat is not None:
            return e.splat(splat, te.element_of(value))
        if value in self.last:
            return self.last[value]
        if only_views(shape, LAST):
            return e.reshaped(value, [shape[axis] for axis in LAST])
        return transposed(e, e.reshaped(value, shape), LAST)

    def _image(self, e: Expression, value: SSAValue) -> SSAValue:
        """A value with its channels last; padding is put around what is transposed."""
        if value not in self.last:
            pad = value.owner
            turned = isinstance(pad, te.PadOp)
            self.last[value] = self._padded(e, pad) if turned else transposed(e, value, LAST)
        return self.last[value]

    def _padded(self, e: Expression, op: te.PadOp) -> SSAValue:
        return e(moved(op, [self._image(e, op.operand)]))

    def _replace(self, op: Operation, e: Expression, last: SSAValue) -> None:
        plain = transposed(e, last, FIRST)
        self.last[plain] = last
        e.finish(plain)


def _starts_inside(op: te.Conv2dOp) -> bool:
    """Whether the points of a channel, which are a row for windows of one, end inside a block, and
    it takes longer to multiply such rows than to transpose them."""
    size = prod(op.image_sizes) * element_bytes(te.element_of(op.image))
    return size % BLOCK_BYTES > 0 and prod(op.bounds) >= ENOUGH


def _fills_rows(op: te.DepthToSpaceOp) -> bool:
    """Whether the channels of a part of an image are at least a block."""
    shape = te.shape_of(op.result)
    row = shape[op.dim] * element_bytes(te.element_of(op.result))
    return len(shape) == 4 and op.dim == 1 and op.inner is None and row >= BLOCK_BYTES


def _places(shape: Sequence[int]) -> list[int]:
    """The dimensions of more than one element."""
    return [axis for axis, size in enumerate(shape) if size > 1]


def _is_free(value: SSAValue) -> bool:
    """Whether a value that broadcasts to images costs no kernel to transpose."""
    if splat_of(value) is not None or is_weight(value):
        return True
    return only_views(aligned_shape(value, 4), LAST)


def _where(op: Operation) -> str:
    return f"{op.name}{location_of(op)}"
