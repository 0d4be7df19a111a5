"""A copy statement of a tile as one move between two memories."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine, arith

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.generate.tile import Tile, rows_view, view_of


def emit_copy(builder: Builder, tile: Tile) -> None:
    """Write one `npu.dma`. What leaves L0C for UB are whole fractals: buffers have room for their
    rows. It may be rounded on its way."""
    match list(tile.body.body.block.ops):
        case [affine.LoadOp() as load, affine.StoreOp() as store] if store.value is load.result:
            pass
        case [affine.LoadOp() as load, arith.TruncFOp() as cast, affine.StoreOp() as store] if (
            cast.input is load.result and store.value is cast.result
        ):
            pass
        case _:
            raise CompileError("a copy is one load and one store of the same value", tile.body)
    ends = [npu.space_of(access.memref.type) for access in (load, store)]
    view = rows_view if ends == [npu.Space.L0C, npu.Space.UB] else view_of
    builder.insert(npu.DmaOp(view(builder, tile, load), view(builder, tile, store)))
