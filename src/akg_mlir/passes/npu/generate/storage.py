"""Buffers of tiles: every piece of code that runs a tile gets buffers of its own.

Full and partial tiles are different pieces of code. A buffer they shared would count as occupied
from the first piece to the last, all of them at once. Pieces are told apart by the loops over
tiles around them, not by the tile's coordinates: below a condition, isl may know a coordinate that
is a loop counter elsewhere in the same tile.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Block, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.affine.statements import TILE_DIMS

Loops = tuple[tuple[int, SSAValue], ...]
"""Schedule dimensions and the counters of the loops over them."""


class Storage:
    """The buffers of a kernel while its code is generated; new ones go to the top."""

    def __init__(self, top: Builder) -> None:
        self.top = top
        self._copies: dict[tuple[SSAValue, Loops], SSAValue] = {}
        self._originals: set[SSAValue] = set()
        self._temporaries: dict[tuple[str, int, tuple[int, ...], Loops], SSAValue] = {}

    def memref(self, value: SSAValue, loops: Loops) -> SSAValue:
        """What a statement accesses inside these loops: tensors are themselves."""
        if not isinstance(value.owner, npu.BufferOp):
            return value
        dims = value.owner.attributes.get(TILE_DIMS)
        if not isinstance(dims, IntegerAttr):
            return value
        of_tiles = tuple((dim, counter) for dim, counter in loops if dim < dims.value.data)
        place = (value, of_tiles)
        if place not in self._copies:
            self._copies[place] = value if value not in self._originals else self._copy(value)
            self._originals.add(value)
        return self._copies[place]

    def _copy(self, value: SSAValue) -> SSAValue:
        op = self.top.insert(npu.BufferOp(npu.memref_type(value)))
        op.result.name_hint = value.name_hint
        return op.result

    def temporary(
        self,
        statement: str,
        number: int,
        loops: Loops,
        shape: Sequence[int],
        element: Attribute,
    ) -> SSAValue:
        """The buffer for the `number`-th value between the ops of a statement in one tile."""
        place = (statement, number, tuple(shape), loops)
        if place not in self._temporaries:
            op = self.top.insert(npu.BufferOp(npu.memref_in(shape, element, npu.Space.UB)))
            op.result.name_hint = f"{statement}_v{number}"
            self._temporaries[place] = op.result
        return self._temporaries[place]


def forget_tiles(block: Block) -> None:
    """After generation there are no tiles: remove what says which ones a buffer belongs to."""
    for op in block.ops:
        if isinstance(op, npu.BufferOp):
            op.attributes.pop(TILE_DIMS, None)
