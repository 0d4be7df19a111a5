"""Blocks of places, whose elements lie behind each other in one dimension: `te.depth_to_space`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from operator import mul

from xdsl.builder import Builder
from xdsl.dialects.builtin import I64, DenseArrayBase, IntegerAttr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp
from akg_mlir.dialects.te.structured import StructuredOp
from akg_mlir.dialects.te.types import element_of, normal_axis, shape_of


@irdl_op_definition
class DepthToSpaceOp(TeOp, StructuredOp):
    """Parts of one dimension become the elements of blocks in the others.

    Dimension `axis` consists of as many equal parts as a block has places. Dimension `d` of the
    result is `blocks[d]` times as long as that of the operand; dimension `axis`, whose entry is 1,
    has what a part has. With `inner` a part has every so many-th element instead of neighbours.

        %y = te.depth_to_space %x axis 1 blocks [1, 1, 2, 2]
            : tensor<1x12x5x7xf32> -> tensor<1x3x10x14xf32>
    """

    name = "te.depth_to_space"
    operand = operand_def(TensorType)
    axis = prop_def(IntegerAttr[I64])
    blocks = prop_def(DenseArrayBase.constr(i64))
    inner = opt_prop_def(UnitAttr)
    assembly_format = (
        "$operand `axis` $axis `blocks` $blocks (`inner` $inner^)? attr-dict `:` type($operand) "
        "`->` type($result)"
    )

    def __init__(
        self, operand: SSAValue, axis: int, blocks: Sequence[int], *, inner: bool = False
    ) -> None:
        super().__init__(
            [operand],
            {
                "axis": IntegerAttr(axis, i64),
                "blocks": DenseArrayBase.from_list(i64, list(blocks)),
                "inner": UnitAttr() if inner else None,
            },
        )

    @property
    def dim(self) -> int:
        """The dimension whose parts are moved, counted from the front."""
        return normal_axis(self.axis.value.data, len(shape_of(self.operand)))

    @property
    def block(self) -> tuple[int, ...]:
        """The size of a block in each dimension."""
        return self.blocks.get_values()

    def infer(self) -> TensorType[Attribute]:
        shape, block, dim = shape_of(self.operand), self.block, self.dim
        if len(block) != len(shape) or min(block) < 1 or block[dim] != 1:
            raise VerifyException(
                f"takes {len(shape)} sizes of blocks of at least 1, and 1 for dimension {dim}"
            )
        parts = prod(block)
        if shape[dim] % parts:
            raise VerifyException(
                f"{shape[dim]} elements of dimension {dim} are not {parts} equal parts"
            )
        sizes = [size * each for size, each in zip(shape, block)]
        sizes[dim] = shape[dim] // parts
        return TensorType(element_of(self.operand), sizes)

    @property
    def _places(self) -> list[tuple[int, int]]:
        """The dimensions along which blocks have several places, with the iterator of each."""
        moving = [dim for dim, size in enumerate(self.block) if size > 1]
        return [(dim, dim + count) for count, dim in enumerate(moving, 1)]

    @property
    def bounds(self) -> tuple[int, ...]:
        """The dimensions of the result, each followed by that of its blocks if they have one."""
        found = list[int]()
        for size, each in zip(shape_of(self.results[0]), self.block):
            found += [size // each, each] if each > 1 else [size]
        return tuple(found)

    def _points(self) -> list[AffineExpr]:
        """The iterators that are not those of places in blocks, by dimension."""
        places = {iterator for _, iterator in self._places}
        return [AffineExpr.dimension(k) for k in range(len(self.bounds)) if k not in places]

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        points, first = self._points(), 1
        if self.inner is None:
            first = shape_of(self.results[0])[self.dim]
        else:
            points[self.dim] = points[self.dim] * prod(self.block)
        steps = accumulate((self.block[dim] for dim, _ in self._places[:0:-1]), mul, initial=first)
        for (_, iterator), step in zip(reversed(self._places), steps):
            points[self.dim] = AffineExpr.dimension(iterator) * step + points[self.dim]
        return (AffineMap(len(self.bounds), 0, tuple(points)),)

    @property
    def result_map(self) -> AffineMap:
        points = self._points()
        for dim, iterator in self._places:
            points[dim] = points[dim] * self.block[dim] + AffineExpr.dimension(iterator)
        return AffineMap(len(self.bounds), 0, tuple(points))

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]
