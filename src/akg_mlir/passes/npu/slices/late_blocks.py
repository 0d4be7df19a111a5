"""Some blocks of k for the end: what the slices of a result multiply last.

Every step of a loop over k loads all of its blocks of the left operand, but multiplies only the
first of them. The others stay in L1, for one more product behind the loop; those of the right
operand are loaded there, and so a slice at a time. Little is left to load when the loop ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr, i1
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.memory.linear import evaluate, linear_of, trip_count
from akg_mlir.passes.npu.slices.axis import Axis, NotAlong, Part, Product, trace_summed

Names = Mapping[SSAValue, SSAValue]


@dataclass(frozen=True)
class Steps:
    """A loop over k, of `trips` iterations from 0 on, that loads two operands and multiplies."""

    loop: scf.ForOp
    product: Product
    left: npu.DmaOp
    right: npu.DmaOp
    axis: Axis
    trips: int

    def leave(self, count: int) -> None:
        """Leave the last `count` blocks of every step to a product behind the loop."""
        loop, axis = self.loop, self.axis
        early, late = axis.extent - count, self.trips * count
        left, right = resolve(self.left.dst).base, resolve(self.right.dst).base
        kept, loaded = axis.buffer(left, late), axis.buffer(right, late)
        shorter = {buffer: axis.buffer(buffer, early) for buffer in axis.pitches}
        for op in axis.ops:
            inside = Builder(InsertPoint.before(op))
            axis.emit(inside, op, Part(early), shorter)
            if op is self.left:
                self._keep(inside, {left: kept}, count)
        after = Builder(InsertPoint.after(loop))
        self._load(after, {right: loaded, loop.body.block.args[0]: loop.lb}, count)
        self._multiply(after, {left: kept, right: loaded}, late)
        for op in axis.ops:
            op.detach()
            op.erase()

    def _keep(self, builder: Builder, names: Names, count: int) -> None:
        """Load the late blocks of the left operand that come with a step to their place."""
        source, target = self._late(builder, self.left, names, count)
        pitch = self.axis.pitches[resolve(self.left.dst).base]
        step = AffineMap(1, 0, (AffineExpr.dimension(0) * (count * pitch),))
        type_ = npu.memref_type(target)
        index = self.loop.body.block.args[0]
        place = npu.ViewOp(target, step, [index], type_.get_shape(), npu.strides_of(type_))
        builder.insert(npu.DmaOp(source, builder.insert(place).result))

    def _load(self, builder: Builder, names: Names, count: int) -> None:
        """Load the late blocks of all steps of the right operand."""
        source, target = self._late(builder, self.right, names, count)
        dim, *_ = self.axis.ops[self.right]
        assert dim is not None
        boxes: list[SSAValue] = []
        for view, blocks in ((source, self.axis.extent), (target, count)):
            type_ = npu.memref_type(view)
            strides = npu.strides_of(type_)
            sizes = (self.trips, *type_.get_shape())
            start = AffineMap(0, 0, (AffineExpr.constant(0),))
            whole = npu.ViewOp(view, start, [], sizes, (strides[dim] * blocks, *strides))
            boxes.append(builder.insert(whole).result)
        builder.insert(npu.DmaOp(*boxes))

    def _late(
        self, builder: Builder, load: npu.DmaOp, names: Names, count: int
    ) -> tuple[SSAValue, SSAValue]:
        """The late blocks of one step in gm, and the first such in a buffer for them."""
        part = Part(count, self.axis.extent - count)
        source, target = (
            self.axis.view(builder, value, dim, part, names)
            for value, dim in zip((load.src, load.dst), self.axis.ops[load])
            if dim is not None
        )
        return source, target

    def _multiply(self, builder: Builder, names: Names, blocks: int) -> None:
        result = resolve(self.product.c)
        sizes = npu.memref_type(self.product.c).get_shape()
        offset = result.offset
        view = npu.ViewOp(result.base, offset.map(), offset.values, sizes, result.strides)
        never = builder.insert(arith.ConstantOp(IntegerAttr(0, i1))).result
        others = {self.product.c: builder.insert(view).result, self.product.init: never}
        self.axis.emit(builder, self.product, Part(blocks), {**names, **others})


def steps_of(loop: scf.ForOp) -> Steps:
    """The steps of a loop over k. Raises `NotAlong` if it is none, or more."""
    trips, bounds = trip_count(loop), (linear_of(loop.lb), linear_of(loop.step))
    if trips is None or [(b.is_constant, b.const) for b in bounds] != [(True, 0), (True, 1)]:
        raise NotAlong("its number of steps is not known")
    ops = [op for op in loop.body.block.ops if isinstance(op, npu.PipeOp)]
    if any(op.regions for op in loop.body.block.ops):
        raise NotAlong("its steps have loops")
    *loads, product = ops
    if len(ops) != 3 or not isinstance(product, Product):
        raise NotAlong("its steps are more than a product")
    moved = {resolve(load.dst).base: load for load in loads if isinstance(load, npu.DmaOp)}
    axis = trace_summed(product, ops)
    left, right = (moved.get(resolve(v).base) for v in (product.a, product.b))
    if left is None or right is None or left is right:
        raise NotAlong("its operands are not loaded")
    index = loop.body.block.args[0]
    if not all(_goes_on(load, axis, index) for load in (left, right)) or index in _values(
        product.c
    ):
        raise NotAlong("a step does not go on where the one before ended")
    return Steps(loop, product, left, right, axis, trips)


def _goes_on(load: npu.DmaOp, axis: Axis, index: SSAValue) -> bool:
    """Whether the boxes that a load takes from gm follow each other along the axis."""
    operand, dim = resolve(load.src), axis.ops[load][0]
    values = _values(load.src)
    if operand.space is not npu.Space.GM or dim is None:
        return False
    form = evaluate(operand.offset.expr, [linear_of(v) for v in values], len(values))
    moves = form is not None and dict(form.terms).get(index) == operand.strides[dim] * axis.extent
    return moves and all(v is index or v.owner.parent is not index.owner for v in values)


def _values(view: SSAValue) -> tuple[SSAValue, ...]:
    """What the offset of a view depends on."""
    return resolve(view).offset.values
