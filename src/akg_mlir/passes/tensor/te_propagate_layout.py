"""Give what the cube multiplies packed operands, and keep values packed between products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f16, f32, i8, i32
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes, fractal_depth
from akg_mlir.passes.tensor import padding
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.padding import ZERO, Padding
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    functions,
    splat_of,
    with_operands,
)

NAME = "te-propagate-layout"
_PRODUCTS = ((f16, f32), (i8, i32))
"""Types of operands and results of the cube."""


@dataclass(frozen=True)
class TePropagateLayout(ModulePass):
    """Give f16 and i8 contractions and f16 convolutions packed operands, and keep values packed
    between them.

    Matrices become fractals, images NC1HWC0. Operands are packed and results unpacked by ops;
    `te.unpack` moves down through element-wise ops whose other operands are cheap to pack
    (constants, biases), and a `te.pack` of an unpacked value disappears where padding cannot reach
    a result.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            _Layouts().propagate(function)
        erase_dead(op)


@dataclass(frozen=True)
class _Packed:
    """A value in layout nz, or nc1hwc0: then `padding.columns` is that of the channels."""

    value: SSAValue
    padding: Padding
    layout: te.Layout = te.Layout.NZ


@dataclass
class _Layouts:
    """Which plain values of a function exist packed, while walking it downwards."""

    packed: dict[SSAValue, _Packed] = field(default_factory=dict[SSAValue, _Packed])
    packs: dict[tuple[SSAValue, te.Layout], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, te.Layout], SSAValue]
    )

    def propagate(self, function: func.FuncOp) -> None:
        for op in list(function.body.block.ops):
            if isinstance(op, te.ContractionOp):
                if (te.element_of(op.a), te.element_of(op.result)) in _PRODUCTS:
                    self._contraction(op)
            elif isinstance(op, te.Conv2dOp):
                if te.is_cube_conv(op) and te.element_of(op.result) == f32:
                    self._convolution(op)
            elif isinstance(op, te.ElementwiseOp):
                self._sink(op)

    def _contraction(self, op: te.ContractionOp) -> None:
        e = Expression(op)
        m, n, k = op.sizes
        a = self._operand(e, op.a, te.Layout.NZ, op.transpose_a is not None)
        b = self._operand(e, op.b, te.Layout.ZN, op.transpose_b is not None)
        product = te.FractalMatmulOp(a.value, b.value, m, k, n)
        # the columns of the product are the columns of b: of a transposed b, its rows
        pad = Padding(a.padding.rows, b.padding.rows)
        self._replace(op, e, product, pad)

    def _convolution(self, op: te.Conv2dOp) -> None:
        e = Expression(op)
        outputs, channels, *_ = te.shape_of(op.weights)
        image = self._packed_as(e, op.image, te.Layout.NC1HWC0)
        weights = e(te.PackOp(op.weights, te.Layout.FRACTAL_Z))
        strides, dilations, pads = (a.get_values() for a in (op.strides, op.dilations, op.pads))
        product = te.FractalConv2dOp(
            image.value, weights, strides, dilations, pads, channels, outputs
        )
        self._replace(op, e, product, ZERO, te.Layout.NC1HWC0)

    def _operand(self, e: Expression, x: SSAValue, layout: te.Layout, flipped: bool) -> _Packed:
        """The operand packed as `layout`; packing as the other one transposes."""
        source = _before_transpose(x)
        if source is not None:
            x, flipped = source, not flipped
        if flipped:
            layout = te.Layout.NZ if layout == te.Layout.ZN else te.Layout.ZN
        return self._packed_as(e, x, layout)

    def _packed_as(self, e: Expression, x: SSAValue, layout: te.Layout) -> _Packed:
        """A value in a layout: as it is kept, or by an op of its own."""
        known = self.packed.get(x)
        if known is not None and known.layout == layout:
            if te.shape_of(x)[_columns(layout)] % FRACTAL == 0 or known.padding.columns == 0:
                remark(NAME, "passed", _where(e.replaced), "operand stays packed")
                return known
            message = "operand packed again: its padding is not zero and would be summed"
            remark(NAME, "missed", _where(e.replaced), message)
        if (x, layout) not in self.packs:
            self.packs[x, layout] = e(te.PackOp(_filled(e, x, layout), layout))
        return _Packed(self.packs[x, layout], ZERO, layout)

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
        operands: list[_Packed] = []
        for value in op.operands:
            packed = self._packed_operand(e, value, shape, *layouts)
            if packed is None:
                for unused in reversed(e.inserted):
                    Rewriter.erase_op(unused)
                return
            operands.append(packed)
        moved = with_operands(op, [p.value for p in operands])
        pad = padding.of_elementwise(op, [p.padding for p in operands])
        self._replace(op, e, moved, pad, *layouts)

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
        return (
            isinstance(user, te.ElementwiseOp)
            and te.shape_of(user.results[0]) == shape
            and all(te.shape_of(v) == shape or _is_cheap(v) for v in user.operands)
        )

    def _packed_operand(
        self, e: Expression, value: SSAValue, shape: Sequence[int], layout: te.Layout
    ) -> _Packed | None:
        known = self.packed.get(value)
        if known is not None and te.shape_of(value) == tuple(shape):
            return known if known.layout == layout else None
        if (value, layout) in self.packs and te.shape_of(value) == tuple(shape):
            return _Packed(self.packs[value, layout], ZERO, layout)
        splat = splat_of(value)
        if splat is not None:
            return _Packed(e.splat(splat, te.element_of(value)), Padding(splat, splat))
        if not _is_cheap(value):
            return None
        if layout == te.Layout.NC1HWC0:
            return _pack_channels(e, value, shape)
        return _pack_vector(e, value, shape)

    def _replace(
        self,
        op: Operation,
        e: Expression,
        packed: Operation,
        pad: Padding,
        layout: te.Layout = te.Layout.NZ,
    ) -> None:
        value = e(packed)
        shape = te.shape_of(op.results[0])
        has_rows = layout == te.Layout.NZ and shape[-2] % FRACTAL
        rows = pad.rows if has_rows else 0.0
        columns = 0.0 if shape[_columns(layout)] % FRACTAL == 0 else pad.columns
        plain = e(te.UnpackOp(value, layout, shape))
        self.packed[plain] = _Packed(value, Padding(rows, columns), layout)
        e.finish(plain)


def _filled(e: Expression, x: SSAValue, layout: te.Layout) -> SSAValue:
    """A matrix, row or image with zeros where its last fractals or blocks are not full, which tiles
    make on chip; what the host packs needs none."""
    if is_weight(x):
        return x
    shape, depth = te.shape_of(x), fractal_depth(te.element_of(x))
    rows, columns = len(shape) - 2, len(shape) - 1
    lanes = {
        te.Layout.NZ: {rows: FRACTAL, columns: depth},
        te.Layout.ZN: {rows: depth, columns: FRACTAL},
        te.Layout.NC1HWC0: {1: FRACTAL},
        te.Layout.ROW: {columns: FRACTAL},
    }[layout]
    missing = [-size % lanes.get(dim, 1) for dim, size in enumerate(shape)]
    return e(te.PadOp(x, [0] * len(shape), missing, 0.0)) if any(missing) else x


def _columns(layout: te.Layout) -> int:
    """The dimension that is the columns of the product."""
    return 1 if layout == te.Layout.NC1HWC0 else -1


def _before_transpose(x: SSAValue) -> SSAValue | None:
    """The operand of a transposition of the last two dimensions."""
    owner = x.owner
    if not isinstance(owner, te.TransposeOp):
        return None
    rank = len(owner.permutation)
    swap = (*range(rank - 2), rank - 1, rank - 2)
    return owner.operand if owner.permutation == swap else None


def _is_cheap(value: SSAValue) -> bool:
    """Whether the value is given from outside: packing it costs no kernel's fusion."""
    if isinstance(value, BlockArgument) or isinstance(value.owner, te.ConstantOp):
        return True
    return isinstance(value.owner, te.ReshapeOp) and _is_cheap(value.owner.operand)


def _pack_vector(e: Expression, value: SSAValue, shape: Sequence[int]) -> _Packed | None:
    """A scalar, row or column that broadcasts to `shape`, in a form that broadcasts to its packing.

    Rows and columns that fill their fractals are reshaped, others packed; None for the rest.
    """
    own = (1,) * (len(shape) - len(te.shape_of(value))) + te.shape_of(value)
    *batch, rows, columns = own
    m, n = shape[-2:]
    if (rows, columns) == (1, 1):
        return _Packed(e.reshaped(value, [*batch, 1, 1, 1, 1]), Padding(None, None))
    if (rows, columns) == (1, n) and n % FRACTAL == 0:
        form = e.reshaped(value, [*batch, n // FRACTAL, 1, 1, FRACTAL])
        return _Packed(form, Padding(None, 0.0))
    if (rows, columns) == (1, n) and set(batch) <= {1}:
        row = _filled(e, e.reshaped(value, [n]), te.Layout.ROW)
        form = e(te.PackOp(row, te.Layout.ROW))
        return _Packed(form, Padding(None, 0.0))
    if (rows, columns) == (m, 1) and m % FRACTAL == 0:
        form = e.reshaped(value, [*batch, 1, m // FRACTAL, FRACTAL, 1])
        return _Packed(form, Padding(0.0, None))
    return None


def _pack_channels(e: Expression, value: SSAValue, shape: Sequence[int]) -> _Packed | None:
    """A scalar, channels or an image that broadcasts to an image of `shape`, in a form that
    broadcasts to its packing; None for the rest."""
    own = (1,) * (len(shape) - len(te.shape_of(value))) + te.shape_of(value)
    channels = shape[1]
    if own[1] == 1 and all(size == 1 for size in own):
        return _Packed(e.reshaped(value, [1] * 5), Padding(None, None))
    if own[1] != channels:
        return None
    if channels % FRACTAL == 0 and set(own[2:]) == {1}:
        form = e.reshaped(value, [own[0], channels // FRACTAL, 1, 1, FRACTAL])
        return _Packed(form, Padding(None, 0.0))
    if set((own[0], *own[2:])) == {1}:
        row = _filled(e, e.reshaped(value, [channels]), te.Layout.ROW)
        form = e(te.PackOp(row, te.Layout.ROW))
        return _Packed(form, Padding(None, 0.0))
    form = e(te.PackOp(e.reshaped(value, own), te.Layout.NC1HWC0))
    return _Packed(form, ZERO)


def _where(op: Operation) -> str:
    return f"{op.name}{location_of(op)}"
