"""A copy statement of a tile as one move between two memories."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.generate.tile import Tile, rows_view, view_of


def emit_copy(builder: Builder, tile: Tile) -> None:
    """Write one `npu.dma`. What leaves L0C are whole fractals: buffers have room for their rows."""
    ops = list(tile.body.body.block.ops)
    match ops:
        case [affine.LoadOp() as load, affine.StoreOp() as store] if store.value is load.result:
            drains = npu.space_of(load.memref.type) is npu.Space.L0C
            view = rows_view if drains else view_of
            builder.insert(npu.DmaOp(view(builder, tile, load), view(builder, tile, store)))
        case _:
            raise CompileError("a copy is one load and one store of the same value", tile.body)
