"""Boxes that the ops of a tile write between loads and stores, and ops that fill new ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod

from xdsl.builder import Builder
from xdsl.dialects.builtin import FixedBitwidthType, FloatAttr, IntegerAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Unary
from akg_mlir.passes.npu.generate.tile import Tile
from akg_mlir.passes.npu.legalise.scalar import number as number_of
from akg_mlir.targets import Target

Number = FloatAttr | IntegerAttr


class Boxes(ABC):
    """What a tile of a statement holds, and where its ops are written."""

    def __init__(self, builder: Builder, tile: Tile, target: Target) -> None:
        self.builder, self.tile, self.target = builder, tile, target
        self.blocks: dict[Number, SSAValue] = {}
        self.count = 0

    @abstractmethod
    def operand(self, value: SSAValue) -> SSAValue:
        """A box that holds a value of the body, a truth value or i8 as a number of f16."""

    # ------------------------------------------------------------------------------- new boxes

    def block(self, number: Number) -> SSAValue:
        """One block that holds a constant, whose first lane all read."""
        if number not in self.blocks:
            lanes = (lanes_of_block(number.type),)
            block = self.buffer(lanes, number.type)
            self.builder.insert(npu.VFillOp(number, self.box(block, lanes, (1,))))
            self.blocks[number] = self.box(block, self.tile.shape, [0] * len(self.tile.shape))
        return self.blocks[number]

    def temporary(self, element: Attribute, shape: tuple[int, ...] | None = None) -> SSAValue:
        """A box of the tile's shape, or another, in a buffer of its own, rows padded to whole
        blocks."""
        block, shape = lanes_of_block(element), shape or self.tile.shape
        padded = (*shape[:-1], -(-shape[-1] // block) * block)
        strides = [prod(padded[k + 1 :]) for k in range(len(shape))]
        return self.box(self.buffer(padded, element), shape, strides)

    def buffer(self, shape: Sequence[int], element: Attribute) -> SSAValue:
        """Storage of this tile's own."""
        buffer = self.tile.temporary(self.count, shape, element)
        self.count += 1
        return buffer

    def box(self, buffer: SSAValue, sizes: Sequence[int], strides: Sequence[int]) -> SSAValue:
        """A box at the start of a buffer."""
        start = AffineMap(0, 0, (AffineExpr.constant(0),))
        return self.builder.insert(npu.ViewOp(buffer, start, [], sizes, strides)).result

    # ------------------------------------------------------ ops, into a new box where none is given

    def unary(self, kind: Unary, x: SSAValue, into: SSAValue | None = None) -> SSAValue:
        into = into or self.temporary(element_of(x))
        self.builder.insert(npu.VUnaryOp(kind, x, into))
        return into

    def binary(
        self, kind: Binary, a: SSAValue, b: SSAValue, into: SSAValue | None = None
    ) -> SSAValue:
        into = into or self.temporary(element_of(a))
        self.builder.insert(npu.VBinaryOp(kind, a, b, into))
        return into

    def with_number(
        self, kind: Binary, x: SSAValue, number: float, into: SSAValue | None = None
    ) -> SSAValue:
        element = element_of(x)
        into = into or self.temporary(element)
        self.builder.insert(npu.VScalarOp(kind, x, number_of(number, element), into))
        return into

    def cast(self, x: SSAValue, element: Attribute) -> SSAValue:
        """Each element of a view once and in the order in which they lie; the result has the shape
        of the view."""
        owner, type_ = x.owner, npu.memref_type(x)
        assert isinstance(owner, npu.ViewOp)
        sizes, strides = type_.get_shape(), npu.strides_of(type_)
        walked = sorted((k for k, s in enumerate(strides) if s), key=lambda k: -strides[k])
        own = tuple(sizes[k] for k in walked) or (1,)
        steps = [strides[k] for k in walked] or [1]
        source = npu.ViewOp(owner.source, owner.offset.data, list(owner.indices), own, steps)
        result = self.temporary(element, own)
        self.builder.insert(source)
        self.builder.insert(npu.VCastOp(source.result, result))
        found = dict(zip(walked, npu.strides_of(npu.memref_type(result))))
        assert isinstance(result.owner, npu.ViewOp)
        spread = [found.get(k, 0) for k in range(len(sizes))]
        return self.box(result.owner.source, sizes, spread)


def element_of(box: SSAValue) -> Attribute:
    """The element type of a box."""
    return npu.memref_type(box).element_type


def lanes_of_block(element: Attribute) -> int:
    """Elements per block."""
    assert isinstance(element, FixedBitwidthType)
    return npu.BLOCK_BYTES // element.size
