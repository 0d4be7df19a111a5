"""Give what the cube multiplies packed operands, and keep values packed between products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f16, f32, i8, i32
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes, fractal_depth
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor import padding
from akg_mlir.passes.tensor.folded_rows import best_fold, folded
from akg_mlir.passes.tensor.interleaving import interleaved
from akg_mlir.passes.tensor.joined_groups import blocks_of_groups
from akg_mlir.passes.tensor.packed_images import acts_on_blocks, images_of, on_blocks
from akg_mlir.passes.tensor.packing import (
    Packed,
    broadcasting,
    columns_of,
    filled,
    is_cheap,
    is_per_channel,
)
from akg_mlir.passes.tensor.padding import ZERO, Padding
from akg_mlir.passes.tensor.reduction_parts import fractal_product
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    functions,
    splat_of,
    with_operands,
)
from akg_mlir.targets import Target

NAME = "te-propagate-layout"
_PRODUCTS = ((f16, f32), (i8, i32))
"""Types of operands and results of the cube."""
SECOND_KERNEL = 1000
"""Cycles that adding up what the parts of a product gave takes, of a kernel with a load and a store
that wait for each other."""


@dataclass(frozen=True)
class TePropagateLayout(ModulePass):
    """Give f16 and i8 contractions and f16 convolutions packed operands, and keep values packed
    between them.

    Matrices become fractals, images NC1HWC0. Operands are packed and results unpacked by ops;
    `te.unpack` moves down through element-wise ops whose other operands are cheap to pack
    (constants, biases, what is computed of those for each channel), and through ops that act on
    blocks of channels (pooling, depthwise convolutions, pads, slices, concatenations, parts of
    channels that become places), but not below what makes bytes. A `te.pack` of an unpacked value
    disappears where padding cannot reach a result. Of an image with few channels that is not packed
    yet, rows of windows become channels first: the cube multiplies blocks of 16. Where a product
    has few fractals of results and a long k, cores multiply parts of k, which the vector unit adds
    up in another kernel.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            _Layouts(target).propagate(function)
        erase_dead(op)


@dataclass
class _Layouts:
    """Which plain values of a function exist packed, while walking it downwards."""

    target: Target
    packed: dict[SSAValue, Packed] = field(default_factory=dict[SSAValue, Packed])
    packs: dict[tuple[SSAValue, te.Layout], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, te.Layout], SSAValue]
    )

    def propagate(self, function: func.FuncOp) -> None:
        for op in list(function.body.block.ops):
            if isinstance(op, te.ContractionOp):
                if (te.element_of(op.a), te.element_of(op.result)) in _PRODUCTS:
                    self._contraction(op)
            elif isinstance(op, te.Conv2dOp) and te.is_cube_conv(op):
                if te.element_of(op.result) == f32:
                    self._convolution(op)
            elif isinstance(op, te.ElementwiseOp):
                self._sink(op)
            elif acts_on_blocks(op):
                self._image(op)

    def _contraction(self, op: te.ContractionOp) -> None:
        e = Expression(op)
        m, n, k = op.sizes
        a = self._operand(e, op.a, te.Layout.NZ, op.transpose_a is not None)
        b = self._operand(e, op.b, te.Layout.ZN, op.transpose_b is not None)
        parts = _parts(op, a.value, b.value, self.target)
        if parts > 1:
            remark(NAME, "passed", _where(op), "cores share k", parts=parts, k=k)
        product = fractal_product(e, a.value, b.value, (m, n, k), parts)
        # the columns of the product are the columns of b: of a transposed b, its rows
        pad = Padding(a.padding.rows, b.padding.rows)
        self._replace(op, e, Packed(product, pad))

    def _convolution(self, op: te.Conv2dOp) -> None:
        e = Expression(op)
        fold = None if op.image in self.packed else best_fold(op)
        if fold is not None:
            message = "rows of windows become channels"
            remark(NAME, "passed", _where(op), message, rows=fold.count, left=fold.taps)
            narrow = folded(e, op, fold)
            e.finish(e(narrow))
            self._convolution(narrow)
            return
        outputs, channels = te.shape_of(op.weights)[0], te.shape_of(op.image)[1]
        image = self._packed_as(e, op.image, te.Layout.NC1HWC0)
        if op.group_count > 1:
            weights = blocks_of_groups(e, op.weights)
        else:
            weights = e(te.PackOp(op.weights, te.Layout.FRACTAL_Z))
        strides, dilations, pads = (a.get_values() for a in (op.strides, op.dilations, op.pads))
        product = te.FractalConv2dOp(
            image.value, weights, strides, dilations, pads, channels, outputs
        )
        self._replace(op, e, Packed(e(product), ZERO, te.Layout.NC1HWC0))

    def _operand(self, e: Expression, x: SSAValue, layout: te.Layout, flipped: bool) -> Packed:
        """The operand packed as `layout`; packing as the other one transposes."""
        source = _before_transpose(x)
        if source is not None:
            x, flipped = source, not flipped
        if flipped:
            layout = te.Layout.NZ if layout == te.Layout.ZN else te.Layout.ZN
        return self._packed_as(e, x, layout)

    def _packed_as(self, e: Expression, x: SSAValue, layout: te.Layout) -> Packed:
        """A value in a layout: as it is kept, or by an op of its own."""
        known = self.packed.get(x)
        if known is not None and known.layout == layout:
            if _may_be_summed(known, te.shape_of(x)):
                remark(NAME, "passed", _where(e.replaced), "operand stays packed")
                return known
            message = "operand packed again: its padding is not zero and would be summed"
            remark(NAME, "missed", _where(e.replaced), message)
        if (x, layout) not in self.packs:
            self.packs[x, layout] = e(te.PackOp(filled(e, x, layout), layout))
        return Packed(self.packs[x, layout], ZERO, layout)

    def _sink(self, op: te.ElementwiseOp) -> None:
        """Compute an element-wise op on packed operands instead, if it has one."""
        shape = te.shape_of(op.results[0])
        layouts = {
            self.packed[v].layout
            for v in op.operands
            if v in self.packed and te.shape_of(v) == shape
        }
        if len(layouts) != 1 or fractal_depth(te.element_of(op.results[0])) != FRACTAL:
            return  # a value packed as a result has other fractals than an operand of i8
        if not self._worthwhile(op):
            return
        e = Expression(op)
        moved = self._elementwise(e, op, shape, *layouts)
        if moved is not None:
            self._replace(op, e, moved)
            return
        for unused in reversed(e.inserted):
            Rewriter.erase_op(unused)

    def _elementwise(
        self, e: Expression, op: te.ElementwiseOp, shape: Sequence[int], layout: te.Layout
    ) -> Packed | None:
        """The op on packed operands that broadcast to the packing of `shape`; None without."""
        operands: list[Packed] = []
        for value in op.operands:
            packed = self._packed_operand(e, value, shape, layout)
            if packed is None:
                return None
            operands.append(packed)
        moved = with_operands(op, [p.value for p in operands])
        pad = padding.of_elementwise(op, [p.padding for p in operands])
        return Packed(e(moved), pad, layout)

    def _packed_operand(
        self, e: Expression, value: SSAValue, shape: Sequence[int], layout: te.Layout
    ) -> Packed | None:
        known = self.packed.get(value)
        if known is not None and te.shape_of(value) == tuple(shape):
            return known if known.layout == layout else None
        if (value, layout) in self.packs and te.shape_of(value) == tuple(shape):
            return Packed(self.packs[value, layout], ZERO, layout)
        splat = splat_of(value)
        if splat is not None:
            return Packed(e.splat(splat, te.element_of(value)), padding.uniform(splat), layout)
        if is_cheap(value):
            return broadcasting(e, value, shape, layout)
        if isinstance(value.owner, te.ElementwiseOp) and is_per_channel(value, shape, layout):
            return self._elementwise(e, value.owner, shape, layout)
        return None

    def _image(self, op: Operation) -> None:
        """Act on packed images instead, if all operands are such and no packed matrices; parts that
        only convolutions read put together are packed for that."""
        packed = [self.packed[v] for v in images_of(op) if v in self.packed]
        images = [each for each in packed if each.layout == te.Layout.NC1HWC0]
        e = Expression(op)
        if len(images) == len(images_of(op)):
            self._replace(op, e, on_blocks(e, op, images))
        elif images and isinstance(op, te.ConcatOp) and _is_convolved(op.result):
            parts = [self._packed_as(e, part, te.Layout.NC1HWC0) for part in op.parts]
            self._replace(op, e, on_blocks(e, op, parts))
        elif isinstance(op, te.DepthToSpaceOp):
            e.finish(interleaved(e, op))

    def _worthwhile(self, op: te.ElementwiseOp) -> bool:
        """A widening cast moves only if all its users follow: else GM traffic would grow."""
        if not isinstance(op, te.CastOp):
            return True
        before, after = (element_bytes(te.element_of(v)) for v in (op.operand, op.results[0]))
        if after <= before:
            return True
        return all(self._can_follow(use.operation, op) for use in op.results[0].uses)

    def _can_follow(self, user: Operation, op: te.CastOp) -> bool:
        shape = te.shape_of(op.results[0])
        if isinstance(user, te.ElementwiseOp):
            others = (v for v in user.operands if te.shape_of(v) != shape)
            return te.shape_of(user.results[0]) == shape and all(map(is_cheap, others))
        if self.packed[op.operand].layout != te.Layout.NC1HWC0:
            return isinstance(user, te.ContractionOp) and _is_left(op.results[0], user)
        return acts_on_blocks(user) or (isinstance(user, te.Conv2dOp) and te.is_cube_conv(user))

    def _replace(self, op: Operation, e: Expression, packed: Packed) -> None:
        """Unpack the result where ops need it plain; it stays known packed. The op stays for bytes,
        which the scalar unit would unpack one by one: what it reads is unpacked instead."""
        result = te.shape_of(op.results[0])
        shape = result
        if packed.layout == te.Layout.NC1HWC0:  # reductions keep rows and columns, of size 1
            shape = (*result[:2], *te.shape_of(packed.value)[2:-1])
        if te.element_of(op.results[0]) in te.BYTES:
            self.packed[op.results[0]] = self._of_shape(packed, shape)
            return
        plain = e(te.UnpackOp(packed.value, packed.layout, shape))
        self.packed[plain] = self._of_shape(packed, shape)
        e.finish(e.reshaped(plain, result))

    @staticmethod
    def _of_shape(packed: Packed, shape: Sequence[int]) -> Packed:
        """The packing of a value of that shape: where fractals are full there is no padding."""
        layout, pad = packed.layout, packed.padding
        has_rows = layout == te.Layout.NZ and shape[-2] % FRACTAL
        rows = pad.rows if has_rows else ZERO.rows
        columns = ZERO.columns if shape[columns_of(layout)] % FRACTAL == 0 else pad.columns
        return Packed(packed.value, Padding(rows, columns), layout)


def _is_convolved(value: SSAValue) -> bool:
    """Whether convolutions of the cube have the value as their image, and nothing else uses it."""
    users = [use.operation for use in value.uses]
    return all(
        isinstance(user, te.Conv2dOp) and te.is_cube_conv(user) and user.weights is not value
        for user in users
    )


def _parts(op: te.ContractionOp, a: SSAValue, b: SSAValue, target: Target) -> int:
    """In how many equal parts cores share a long k; 1 where there are results for half of them,
    or the second kernel, which adds up what the parts gave, costs more than they save."""
    blocks, rows, _, depth = te.shape_of(a)[-4:]
    tasks = rows * te.shape_of(b)[-3]
    if op.batch or 2 * tasks > target.cores:
        return 1
    least = ceil(target.cores / tasks)
    parts = next((n for n in range(least, 2 * least) if blocks % n == 0), 1)
    loaded = blocks * depth * 2 * FRACTAL * element_bytes(te.element_of(op.a))
    saved = loaded / target.gm.core_port * (1 - 1 / parts)
    return parts if saved > SECOND_KERNEL else 1


def _may_be_summed(x: Packed, shape: Sequence[int]) -> bool:
    """Whether padding adds nothing to a product: matrices pad with zeros, images with numbers,
    which the zeros in packed weights stand against."""
    content = x.padding.columns
    if shape[columns_of(x.layout)] % FRACTAL == 0:
        return True
    images = x.layout == te.Layout.NC1HWC0
    return padding.is_finite(content) if images else padding.is_zero(content)


def _is_left(x: SSAValue, product: te.ContractionOp) -> bool:
    """Whether the cube takes a value in the layout that results have."""
    types = te.element_of(x), te.element_of(product.result)
    return product.a == x != product.b and product.transpose_a is None and types in _PRODUCTS


def _before_transpose(x: SSAValue) -> SSAValue | None:
    """The operand of a transposition of the last two dimensions."""
    owner = x.owner
    if not isinstance(owner, te.TransposeOp):
        return None
    rank = len(owner.permutation)
    swap = (*range(rank - 2), rank - 1, rank - 2)
    return owner.operand if owner.permutation == swap else None


def _where(op: Operation) -> str:
    return f"{op.name}{location_of(op)}"
