"""Lanes of a vector instruction: 8 blocks of 32 B per repeat, block and repeat strides, a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akg_mlir.machine.memory import Box
from akg_mlir.machine.program import BLOCK


@dataclass(frozen=True)
class Layout:
    """How one operand lies in memory: element bytes and (block, repeat) strides in blocks."""

    element: int
    block_stride: int
    repeat_stride: int

    @property
    def lanes(self) -> int:
        """Elements per block."""
        return BLOCK // self.element


@dataclass(frozen=True)
class Piece:
    """Some lanes of all repeats: a box per operand, all of the same shape of elements.

    `first` is the first lane and `shape` how the lanes of one repeat are arranged.
    """

    boxes: tuple[Box, ...]
    first: int
    shape: tuple[int, ...]


def pieces(layouts: Sequence[Layout], repeat: int, mask: int) -> tuple[Piece, ...]:
    """Cut the active lanes into as few regular pieces as the strides allow."""
    if all(lay.block_stride == 1 or mask <= lay.lanes for lay in layouts):
        return (_run(layouts, repeat, 0, mask),)
    lanes = min(lay.lanes for lay in layouts)
    if len({lay.element for lay in layouts}) > 1:
        starts = range(0, mask, lanes)
        return tuple(_run(layouts, repeat, s, min(lanes, mask - s)) for s in starts)
    full, tail = divmod(mask, lanes)
    result: list[Piece] = []
    if full:
        result.append(_blocks(layouts, repeat, full))
    if tail:
        result.append(_run(layouts, repeat, full * lanes, tail))
    return tuple(result)


def _run(layouts: Sequence[Layout], repeat: int, first: int, count: int) -> Piece:
    """`count` lanes from `first`, contiguous in every operand."""
    boxes = tuple(
        Box(
            (repeat,),
            (lay.repeat_stride * BLOCK,),
            count * lay.element,
            first // lay.lanes * lay.block_stride * BLOCK + first % lay.lanes * lay.element,
        )
        for lay in layouts
    )
    return Piece(boxes, first, (count,))


def _blocks(layouts: Sequence[Layout], repeat: int, blocks: int) -> Piece:
    """The first `blocks` whole blocks; all operands have elements of one size."""
    boxes = tuple(
        Box((repeat, blocks), (lay.repeat_stride * BLOCK, lay.block_stride * BLOCK), BLOCK)
        for lay in layouts
    )
    return Piece(boxes, 0, (blocks, layouts[0].lanes))
