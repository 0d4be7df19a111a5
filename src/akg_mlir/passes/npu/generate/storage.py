"""Buffers of tiles: every piece of code that runs a tile gets buffers of its own.

Full and partial tiles are different pieces of code. A buffer they shared would count as occupied
from the first piece to the last, all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.ir.affine import AffineExpr

from akg_mlir.dialects import npu
from akg_mlir.passes.affine.statements import TILE_DIMS
from akg_mlir.passes.npu.generate.indices import compressed

Coordinates = tuple[AffineExpr, ...]
Key = tuple[tuple[AffineExpr, tuple[SSAValue, ...]], ...]


class Storage:
    """The buffers of a kernel while its code is generated; new ones go to the top."""

    def __init__(self, top: Builder) -> None:
        self.top = top
        self._copies: dict[tuple[SSAValue, Key], SSAValue] = {}
        self._originals: set[SSAValue] = set()
        self._temporaries: dict[tuple[str, int, Key], SSAValue] = {}

    def memref(
        self, value: SSAValue, coordinates: Coordinates, values: tuple[SSAValue, ...]
    ) -> SSAValue:
        """What a statement accesses in the tile with these coordinates: tensors are themselves."""
        if not isinstance(value.owner, npu.BufferOp):
            return value
        dims = value.owner.attributes.get(TILE_DIMS)
        if not isinstance(dims, IntegerAttr):
            return value
        place = (value, _key(coordinates[: dims.value.data], values))
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
        coordinates: Coordinates,
        values: tuple[SSAValue, ...],
        shape: Sequence[int],
        element: Attribute,
    ) -> SSAValue:
        """The buffer for the `number`-th value between the ops of a statement in one tile."""
        place = (statement, number, _key(coordinates, values))
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


def _key(coordinates: Coordinates, values: tuple[SSAValue, ...]) -> Key:
    """Coordinates that compare equal where they are the same values."""
    found: list[tuple[AffineExpr, tuple[SSAValue, ...]]] = []
    for coordinate in coordinates:
        map_, operands = compressed(coordinate, values)
        found.append((map_.results[0], operands))
    return tuple(found)
