"""Buffers of tiles: pieces of code that run different tiles have buffers of their own.

Full and partial tiles are different pieces of code. A buffer they shared would count as occupied
from the first piece to the last, all of them at once. Two places belong to one piece if some tile
is at both: loops do not tell, since isl may write a statement of one tile in front of a loop that
holds the rest of it, and some tiles have no loop around them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import islpy as isl
from xdsl.builder import Builder
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Block, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.affine.statements import TILE_DIMS

DIM = isl.dim_type


@dataclass(eq=False)
class Place:
    """A place in the code where the tiles in `tiles` are run: the values of all bands around."""

    tiles: isl.Set
    _outer: dict[int, isl.Set] = field(default_factory=dict[int, isl.Set])

    @property
    def dims(self) -> int:
        return self.tiles.dim(DIM.set)

    def outer(self, dims: int) -> isl.Set:
        """The tiles of the `dims` outermost band members."""
        if dims not in self._outer:
            self._outer[dims] = self.tiles.project_out(DIM.set, dims, self.dims - dims)
        return self._outer[dims]


@dataclass(eq=False)
class _Piece:
    """The buffer of some tiles."""

    tiles: isl.Set
    buffer: npu.BufferOp


class Storage:
    """The buffers of a kernel while its code is generated."""

    def __init__(self, top: Builder) -> None:
        self.top = top
        self._pieces: dict[tuple[Hashable, int], list[_Piece]] = {}

    def memref(self, value: SSAValue, place: Place) -> SSAValue:
        """What a statement accesses at a place: tensors are themselves."""
        if not isinstance(value.owner, npu.BufferOp):
            return value
        dims = value.owner.attributes.get(TILE_DIMS)
        if not isinstance(dims, IntegerAttr):
            return value
        return self._buffer(value, place, dims.value.data, value.owner)

    def temporary(
        self, statement: str, number: int, place: Place, shape: Sequence[int], element: Attribute
    ) -> SSAValue:
        """The buffer for the `number`-th value between the ops of a statement in one tile."""
        key = (statement, number, tuple(shape))
        if (key, place.dims) not in self._pieces:
            buffer = self.top.insert(npu.BufferOp(npu.memref_in(shape, element, npu.Space.UB)))
            buffer.result.name_hint = f"{statement}_v{number}"
            self._pieces[key, place.dims] = [_Piece(place.tiles, buffer)]
        return self._buffer(key, place, place.dims, self._pieces[key, place.dims][0].buffer)

    def _buffer(self, key: Hashable, place: Place, dims: int, original: npu.BufferOp) -> SSAValue:
        """The buffer of the tiles at a place, `original` or one like it; it becomes that of all
        pieces that have one of the tiles."""
        pieces = self._pieces.setdefault((key, dims), [])
        tiles = place.outer(dims)
        same = [p for p in pieces if not p.tiles.is_disjoint(tiles)]
        if not same:
            same = [_Piece(tiles, self._copy(original) if pieces else original)]
            pieces.append(same[0])
        first, *others = same
        first.tiles = first.tiles.union(tiles).coalesce()
        for other in others:
            first.tiles = first.tiles.union(other.tiles)
            other.buffer.result.replace_all_uses_with(first.buffer.result)
            other.buffer.detach()
            other.buffer.erase()
            pieces.remove(other)
        return first.buffer.result

    def _copy(self, buffer: npu.BufferOp) -> npu.BufferOp:
        op = self.top.insert(npu.BufferOp(npu.memref_type(buffer.result)))
        op.result.name_hint = buffer.result.name_hint
        return op


def forget_tiles(block: Block) -> None:
    """After generation there are no tiles: remove what says which ones a buffer belongs to."""
    for op in block.ops:
        if isinstance(op, npu.BufferOp):
            op.attributes.pop(TILE_DIMS, None)
