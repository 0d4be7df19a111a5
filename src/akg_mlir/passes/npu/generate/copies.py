"""A copy statement of a tile as one move between two memories."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.generate.tile import Tile, view_of


def emit_copy(builder: Builder, tile: Tile) -> None:
    """Write one `npu.dma`."""
    ops = list(tile.body.body.block.ops)
    match ops:
        case [affine.LoadOp() as load, affine.StoreOp() as store] if store.value is load.result:
            source, target = view_of(builder, tile, load), view_of(builder, tile, store)
            builder.insert(npu.DmaOp(source, target))
        case _:
            raise CompileError("a copy is one load and one store of the same value", tile.body)
