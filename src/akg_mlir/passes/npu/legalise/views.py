"""Boxes: what a tile op touches, as sizes plus one strided operand per memref.

All strides and offsets are in elements until an instruction is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.addresses import Offset

Index = int | SSAValue
"""A position along an axis: known now, or the value of a loop."""


def byte_size(element: Attribute) -> int:
    """Bytes per element in memory; i1 takes one. Raises `CompileError` for unsized types."""
    if not isinstance(element, FixedBitwidthType):
        raise CompileError(f"element type {element} has no size in memory")
    return max(1, element.bitwidth // 8)


@dataclass(frozen=True)
class Operand:
    """One operand of a box: where it starts and how far apart its elements are.

    `splat` marks an operand whose lanes are stride 0 *and* that holds whole blocks of equal lanes,
    so that the vector unit can read it with block stride 0.
    """

    base: SSAValue
    offset: Offset
    element: Attribute
    strides: tuple[int, ...]
    splat: bool = False

    @property
    def size(self) -> int:
        """Bytes per element."""
        return byte_size(self.element)

    @property
    def block(self) -> int:
        """Elements per 32-byte block."""
        return npu.BLOCK_BYTES // self.size

    @property
    def space(self) -> npu.Space:
        return npu.space_of(self.base.type)

    def at(self, axis: int, index: Index) -> Operand:
        """Moved by `index` along an axis."""
        return replace(self, offset=self.offset.plus(index, self.strides[axis]))

    def at_all(self, axes: Iterable[int], indices: Iterable[Index]) -> Operand:
        """Moved along several axes."""
        operand = self
        for axis, index in zip(axes, indices):
            operand = operand.at(axis, index)
        return operand

    def moved(self, elements: int, times: Index = 1) -> Operand:
        """Moved by `elements * times`."""
        return replace(self, offset=self.offset.plus(times, elements))

    def with_strides(self, strides: Sequence[int]) -> Operand:
        return replace(self, strides=tuple(strides))

    def is_aligned(self, axes: Sequence[int]) -> bool:
        """The start is a block boundary, and so is every step along `axes`."""
        start = self.offset.fact.residue(self.block)
        return start == 0 and all(self.strides[a] % self.block == 0 for a in axes)


def resolve(value: SSAValue) -> Operand:
    """The operand a memref value stands for, seen through the chain of views that made it."""
    type_ = npu.memref_type(value)
    strides = npu.strides_of(type_)
    maps: list[npu.ViewOp] = []
    while isinstance(value.owner, npu.ViewOp):
        maps.append(value.owner)
        value = value.owner.source
    offset = Offset(AffineExpr.constant(0))
    for view in reversed(maps):
        offset = offset.plus_map(view.offset.data.results[0], tuple(view.indices))
    return Operand(value, offset, type_.element_type, strides)


@dataclass(frozen=True)
class Box:
    """Sizes and operands (result first); the last axis is the lanes once normalised."""

    sizes: tuple[int, ...]
    operands: tuple[Operand, ...]

    @property
    def dst(self) -> Operand:
        return self.operands[0]

    @property
    def volume(self) -> int:
        return prod(self.sizes)

    def map(self, f: Callable[[Operand], Operand]) -> Box:
        return Box(self.sizes, tuple(f(o) for o in self.operands))

    def with_operands(self, operands: Sequence[Operand]) -> Box:
        return Box(self.sizes, tuple(operands))

    def with_sources(self, replaced: Mapping[Operand, Operand]) -> Box:
        """Other sources; the result keeps its place, also where it is one of them (in place)."""
        return self.with_operands([self.dst, *(replaced.get(o, o) for o in self.operands[1:])])

    def take(self, axes: Sequence[int]) -> Box:
        """Only these axes, in this order."""
        operands = tuple(o.with_strides([o.strides[a] for a in axes]) for o in self.operands)
        return Box(tuple(self.sizes[a] for a in axes), operands)

    def part(self, axis: int, index: Index, step: int, size: int) -> Box:
        """`size` entries of one axis, beginning at entry `index * step`."""
        sizes = (*self.sizes[:axis], size, *self.sizes[axis + 1 :])
        moved = tuple(
            replace(o, offset=o.offset.plus(index, step * o.strides[axis])) for o in self.operands
        )
        return Box(sizes, moved)

    def slice(self, axis: int, start: int, size: int) -> Box:
        return self.part(axis, start, 1, size)

    def drop(self, axis: int, index: Index = 0) -> Box:
        """One entry of an axis, which disappears."""
        kept = [a for a in range(len(self.sizes)) if a != axis]
        return self.map(lambda o: o.at(axis, index)).take(kept)


def box_of(*values: SSAValue) -> Box:
    """The box of a tile op's memrefs, result first."""
    return Box(npu.memref_type(values[0]).get_shape(), tuple(resolve(v) for v in values))


def squeeze(box: Box) -> Box:
    """Without axes of one entry."""
    return box.take([a for a, s in enumerate(box.sizes) if s > 1])


def merge(box: Box) -> Box:
    """Join neighbouring axes that every operand walks as one."""
    sizes = list(box.sizes)
    strides = [list(o.strides) for o in box.operands]
    axis = len(sizes) - 2
    while axis >= 0:
        if all(s[axis] == s[axis + 1] * sizes[axis + 1] for s in strides):
            sizes[axis : axis + 2] = [sizes[axis] * sizes[axis + 1]]
            for s in strides:
                del s[axis]
        axis -= 1
    operands = tuple(o.with_strides(s) for o, s in zip(box.operands, strides))
    return Box(tuple(sizes), operands)


def arrange(box: Box, lane: int | None) -> Box:
    """Squeezed, sorted by the strides of the result and merged, with axis `lane` as the last.

    Without a lane axis, a new one of a single entry is made.
    """
    outer = [a for a, s in enumerate(box.sizes) if s > 1 and a != lane]
    outer.sort(key=lambda a: [-o.strides[a] for o in box.operands])
    if lane is not None:
        return merge(box.take([*outer, lane]))
    lonely = merge(box.take(outer))
    unit = tuple(o.with_strides((*o.strides, 0 if o.splat else 1)) for o in lonely.operands)
    return Box((*lonely.sizes, 1), unit)


def normalise(box: Box) -> Box:
    """Arranged with the axis along which the result is contiguous as lanes."""
    lanes = (a for a, s in enumerate(box.dst.strides) if s == 1 and box.sizes[a] > 1)
    return arrange(box, next(lanes, None))


def erase_unused(function: Operation) -> None:
    """Remove views and buffers in a function that nothing uses any more."""
    for op in reversed([o for o in function.walk() if isinstance(o, npu.ViewOp | npu.BufferOp)]):
        if not op.result.uses:
            op.detach()
            op.erase()
