"""Some columns for the end: slices of a result that a left operand kept in L1 is multiplied with.

The loop over k multiplies the first columns only, and leaves the left operand of all its steps in
L1. The other columns follow, slice after slice, whose products load nothing but the right operand:
the first columns are stored meanwhile, and so is every slice during the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod

from xdsl.builder import Builder
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IndexType, IntegerAttr, i1, i64
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.memory.linear import linear_of
from akg_mlir.passes.npu.rotation.stages import roots_of
from akg_mlir.passes.npu.slices.axis import Axis, NotAlong, Part, trace
from akg_mlir.passes.npu.slices.late_blocks import Steps

BUFFERS = 2
"""What loads of the right operand of slices take turns at; each is issued in front of the product
before its own."""


class KeptLeft:
    """The loop over k `steps`, whose result is done for some columns after the others; `moved` are
    the columns through what follows. Raises `NotAlong` where the right operand is not in columns.
    """

    def __init__(self, steps: Steps, result: SSAValue, moved: Axis) -> None:
        self.steps, self.axis = steps, _along(steps, result, moved)
        self.left, self.right = (resolve(load.dst).base for load in (steps.left, steps.right))
        self.kept = steps.axis.buffer(self.left, steps.trips * steps.axis.extent)
        self.along_k, self.along = (_dim(axis, steps.right) for axis in (steps.axis, self.axis))

    def first(self, builder: Builder, columns: int) -> None:
        """The loop for the first columns; what it loads of the left operand stays in L1."""
        steps = self.steps
        block = Block(arg_types=[IndexType()])
        index, before = block.args[0], steps.loop.body.block.args[0]
        index.name_hint = before.name_hint
        inside = Builder(InsertPoint.at_end(block))
        names: dict[SSAValue, SSAValue] = {before: index}
        names[self.right] = self.axis.buffer(self.right, columns)
        for op in steps.loop.body.block.ops:
            if not isinstance(op, npu.PipeOp | scf.YieldOp):
                inside.insert(op.clone(names))
        # The cube's loads begin with the left operand: that it is there, comes last, tells of both.
        self.axis.emit(inside, steps.right, Part(columns), names)
        left = self._left(inside, steps.left.dst, index)
        inside.insert(steps.left.clone({**names, steps.left.dst: left}))
        names[steps.product.a] = self._left(inside, steps.product.a, index)
        self.axis.emit(inside, steps.product, Part(columns), names)
        inside.insert(scf.YieldOp())
        loop = steps.loop
        builder.insert(scf.ForOp(loop.lb, loop.ub, loop.step, [], Region(block)))

    def slices(self, builder: Builder, slices: Sequence[Part], parts: int) -> Iterator[Part]:
        """The products of slices of the other columns, all of k in some parts, loads ahead of them;
        yields each slice when it is multiplied."""
        cut = list(self._cut(parts))
        todo = [(part, blocks) for part in slices for blocks in cut]
        buffers = self._buffers(max(p.size for p in slices), max(b.size for b in cut))
        self._load(builder, *todo[0], buffers[0])
        for number, (part, blocks) in enumerate(todo):
            following = number + 1
            if following < len(todo):
                self._load(builder, *todo[following], buffers[following % BUFFERS])
            self._multiply(builder, part, blocks, buffers[number % BUFFERS])
            if following == len(todo) or todo[following][0] is not part:
                yield part

    def _cut(self, parts: int) -> Iterator[Part]:
        """The blocks of k, in parts of whole steps."""
        trips, extent = self.steps.trips, self.steps.axis.extent
        ends = [trips * n // parts * extent for n in range(parts + 1)]
        return (Part(end - start, start) for start, end in pairwise(ends) if end > start)

    def _left(self, builder: Builder, value: SSAValue, index: SSAValue) -> SSAValue:
        """A view of the left operand of a step as one of what is kept of all steps."""
        operand = resolve(value)
        start = operand.offset.map().results[0]
        step = _per_step(self.steps, self.left)
        place = AffineMap(1, 0, (AffineExpr.dimension(0) * step + start,))
        sizes = npu.memref_type(value).get_shape()
        return builder.insert(npu.ViewOp(self.kept, place, [index], sizes, operand.strides)).result

    def _buffers(self, columns: int, blocks: int) -> Sequence[SSAValue]:
        """Room for loads of so many columns and blocks of k at most."""
        of = npu.memref_type(self.right)
        shape = list(of.get_shape())
        shape[self.along_k], shape[self.along] = blocks, columns
        type_ = npu.memref_in(shape, of.element_type, npu.Space.L1)
        assert isinstance(self.kept.owner, npu.BufferOp)
        builder = Builder(InsertPoint.after(self.kept.owner))
        buffers = [builder.insert(npu.BufferOp(type_)).result for _ in range(BUFFERS)]
        for buffer in buffers:
            buffer.name_hint = self.right.name_hint
        return buffers

    def _load(self, builder: Builder, part: Part, blocks: Part, to: SSAValue) -> None:
        """Load some blocks of k of a slice of the right operand."""
        load, loop = self.steps.right, self.steps.loop
        first: dict[SSAValue, SSAValue] = {loop.body.block.args[0]: loop.lb}
        source = self.axis.view(builder, load.src, self.along, part, first)
        type_ = npu.memref_type(source)
        sizes, strides = list(type_.get_shape()), npu.strides_of(type_)
        sizes[self.along_k] = blocks.size
        start = AffineMap(0, 0, (AffineExpr.constant(blocks.first * strides[self.along_k]),))
        view = builder.insert(npu.ViewOp(source, start, [], sizes, strides)).result
        builder.insert(npu.DmaOp(view, _first(builder, to, sizes)))

    def _multiply(self, builder: Builder, part: Part, blocks: Part, right: SSAValue) -> None:
        """Multiply some blocks of k of the left operand with those of a slice of the right one."""
        product, axis = self.steps.product, self.steps.axis
        left = resolve(product.a)
        sizes = (blocks.size, *npu.memref_type(product.a).get_shape()[1:])
        start = left.offset.map().results[0] + blocks.first * axis.pitches[self.left]
        place = AffineMap(0, 0, (start,))
        a = builder.insert(npu.ViewOp(self.kept, place, [], sizes, left.strides)).result
        shape = [blocks.size, *npu.memref_type(product.b).get_shape()[1:]]
        shape[-3] = part.size
        starts = builder.insert(arith.ConstantOp(IntegerAttr(int(not blocks.first), i1))).result
        names: dict[SSAValue, SSAValue] = {
            product.a: a,
            product.b: _first(builder, right, shape),
            product.c: self.axis.view(builder, product.c, 0, part, {}),
            product.init: starts,
        }
        clone = product.clone(names)
        if isinstance(clone, npu.MmadOp):
            for name, many, of in (("k", blocks.size, axis), ("n", part.size, self.axis)):
                whole = clone.properties[name]
                assert isinstance(whole, IntegerAttr)
                clone.properties[name] = IntegerAttr(whole.value.data // of.extent * many, i64)
        builder.insert(clone)


def may_keep_left(steps: Steps, result: SSAValue, moved: Axis) -> bool:
    """Whether columns may be left to the end: operands of a step lie in L1 as those of all steps
    do, block of k after block, products start from zero, and what stores the first columns writes
    nothing that the loads of the last ones read."""
    left, right = (resolve(load.dst).base for load in (steps.left, steps.right))
    for value in (steps.left.dst, steps.product.a):
        sizes, strides = npu.memref_type(value).get_shape(), resolve(value).strides
        if any(n > 1 and s >= _per_step(steps, left) for n, s in zip(sizes, strides)):
            return False
    whole = tuple(npu.memref_type(right).get_shape())
    if any(npu.memref_type(v).get_shape() != whole for v in (steps.right.dst, steps.product.b)):
        return False
    try:
        _along(steps, result, moved)
    except NotAlong:
        return False
    written = {root for op in moved.ops for root in roots_of(op)[1]}
    return _starts_from_zero(steps) and not written & roots_of(steps.right)[0]


def _starts_from_zero(steps: Steps) -> bool:
    """Whether the product of the first step, and of no other, overwrites the result."""
    init = steps.product.init.owner
    if not isinstance(init, arith.CmpiOp) or init.predicate.value.data != 0:
        return False
    sides = [linear_of(init.lhs), linear_of(init.rhs)]
    return all(linear_of(v) in sides for v in (steps.loop.body.block.args[0], steps.loop.lb))


def _along(steps: Steps, result: SSAValue, moved: Axis) -> Axis:
    """The columns through the ops of a step."""
    return trace([steps.right, steps.product], result, moved.pitches[result], moved.extent)


def _dim(axis: Axis, load: npu.DmaOp) -> int:
    """The dimension of a load along an axis."""
    dim, *_ = axis.ops[load]
    assert dim is not None
    return dim


def _per_step(steps: Steps, left: SSAValue) -> int:
    """Elements of the left operand in a step."""
    return steps.axis.extent * steps.axis.pitches[left]


def _first(builder: Builder, buffer: SSAValue, sizes: Sequence[int]) -> SSAValue:
    """What lies first in a buffer, of these sizes."""
    strides = [prod(sizes[k + 1 :]) for k in range(len(sizes))]
    start = AffineMap(0, 0, (AffineExpr.constant(0),))
    return builder.insert(npu.ViewOp(buffer, start, [], sizes, strides)).result
