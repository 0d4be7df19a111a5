"""Fractals: 16 rows of one block each, the unit of everything the cube touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import Operand, box_of

FRACTAL_BYTES = 512
"""One fractal of L0A and L0B (machine reference 2.4); of L0C it is 16 x 16 f32."""

SIDE = 16
"""Rows of a fractal; also the columns of one in L0C."""


@dataclass(frozen=True)
class Fractals:
    """An operand in L1: fractals [blocks of k, sides] from `start` on; strides in elements.

    Block `p * len(offsets) + q` is `p * stride + offsets[q]` from the start. Where there is one
    side, `side_stride` is the distance of neighbouring blocks.
    """

    start: Operand
    blocks: int
    sides: int
    stride: int
    offsets: tuple[int, ...]
    side_stride: int

    @property
    def elements(self) -> int:
        """Elements of a fractal."""
        return FRACTAL_BYTES // self.start.size

    def at(self, block: int) -> int:
        """How far a block is from the start."""
        period, inside = divmod(block, len(self.offsets))
        return period * self.stride + self.offsets[inside]

    def runs(self, first: int, count: int) -> Iterator[tuple[int, int]]:
        """(first block, number of blocks) of the parts of some blocks whose fractals, of all sides,
        are equally far apart."""
        start = first
        for block in range(first + 1, first + count + 1):
            together = self.at(block) - self.at(block - 1) == self.sides * self.side_stride
            if block == first + count or not together:
                yield start, block - start
                start = block


def fractals_of(op: Operation, value: SSAValue, sides: int) -> Fractals:
    """An operand [blocks, .., sides, 16, k0]: all dimensions in front of the sides count blocks.

    Raises `CompileError` for other layouts.
    """
    operand, sizes = box_of(value).dst, npu.memref_type(value).get_shape()
    strides, k0 = operand.strides, operand.block
    if len(sizes) < 4 or sizes[-3:] != (sides, SIDE, k0) or strides[-2:] != (k0, 1):
        raise CompileError(
            f"an operand of the cube is [k1, {sides}, {SIDE}, {k0}] in contiguous fractals, got "
            f"{list(sizes)} with strides {list(strides)}",
            op,
        )
    inner = list(zip(sizes[1:-3], strides[1:-3]))
    offsets = tuple(
        sum(place * stride for place, (_, stride) in zip(places, inner))
        for places in product(*(range(size) for size, _ in inner))
    )
    between = strides[-3] if sides > 1 else _next(sizes[:-3], strides[:-3])
    return Fractals(operand, prod(sizes[:-3]), sides, strides[0], offsets, between)


def _next(sizes: Sequence[int], strides: Sequence[int]) -> int:
    """From one block to the next one: beside each other where there is one side."""
    return next((stride for size, stride in zip(sizes[::-1], strides[::-1]) if size > 1), 0)
