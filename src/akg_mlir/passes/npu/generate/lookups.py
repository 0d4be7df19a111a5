"""A statement that looks up elements, as one tile op."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.passes.npu.generate.tile import Tile, view_of


def emit_lookup(builder: Builder, tile: Tile) -> None:
    """Write one `npu.gather`. Raises `CompileError` where a body does more than look up."""
    match list(tile.body.body.block.ops):
        case [affine.LoadOp() as place, LookupOp() as lookup, affine.StoreOp() as store]:
            pass
        case _:
            raise CompileError("a lookup is the load of a place and one store", tile.body)
    step = npu.strides_of(npu.memref_type(lookup.memref))[lookup.dim.value.data]
    src, at, dst = (view_of(builder, tile, access) for access in (lookup, place, store))
    from_end = lookup.from_end is not None
    builder.insert(npu.GatherOp(src, at, dst, places=lookup.places, step=step, from_end=from_end))
