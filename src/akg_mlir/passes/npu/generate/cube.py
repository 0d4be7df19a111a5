"""A contraction of a tile as matrix multiply-accumulate ops."""

from __future__ import annotations

from itertools import product

import islpy as isl
from xdsl.builder import Builder
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr, i1
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import npu
from akg_mlir.passes.affine.isl_affine import to_affine
from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.generate.tile import Access, Tile, view_of
from akg_mlir.polyhedral.contraction import FRACTAL, Contraction
from akg_mlir.polyhedral.scop import Statement


def emit_cube(
    builder: Builder,
    tile: Tile,
    original: Statement,
    contraction: Contraction,
    materialiser: Materialiser,
) -> None:
    """Write one `npu.mmad` per batch entry of a tile of a clone of `original`."""
    c = contraction
    accesses = [op for op in tile.body.body.block.ops if isinstance(op, Access)]
    left, right, out = (accesses[original.accesses.index(x)] for x in (c.a, c.b, c.c))
    shift = len(tile.body.body.block.args) - original.rank
    batch = [d + shift for d in c.batch]
    m1, m0, n1, n0, k1, k0 = (d + shift for d in (c.m1, c.m0, c.n1, c.n0, c.k1, c.k0))
    sizes = [tile.sizes[d] for d in batch]
    a = _entries(builder, tile, left, batch, (m1, k1, m0, k0))
    b = _entries(builder, tile, right, batch, (k1, n1, n0, k0))
    result = _entries(builder, tile, out, batch, (n1, m1, m0, n0))
    init = _init(builder, tile, materialiser)
    m, k, n = (tile.sizes[d] * FRACTAL for d in (m1, k1, n1))
    for entry in product(*(range(size) for size in sizes)):
        builder.insert(npu.MmadOp(a[entry], b[entry], result[entry], init, m, k, n))


def _entries(
    builder: Builder,
    tile: Tile,
    access: affine.LoadOp | affine.StoreOp,
    batch: list[int],
    matrix: tuple[int, ...],
) -> dict[tuple[int, ...], SSAValue]:
    """The operand of every batch entry."""
    if all(tile.sizes[d] == 1 for d in batch):
        return {(0,) * len(batch): view_of(builder, tile, access, matrix)}
    whole = view_of(builder, tile, access, (*batch, *matrix))
    type_ = npu.memref_type(whole)
    strides, shape = npu.strides_of(type_), type_.get_shape()
    found: dict[tuple[int, ...], SSAValue] = {}
    for entry in product(*(range(tile.sizes[d]) for d in batch)):
        offset = sum(place * step for place, step in zip(entry, strides))
        map_ = AffineMap(0, 0, (AffineExpr.constant(offset),))
        inner = npu.ViewOp(whole, map_, [], shape[len(batch) :], strides[len(batch) :])
        found[entry] = builder.insert(inner).result
    return found


def _init(builder: Builder, tile: Tile, materialiser: Materialiser) -> SSAValue:
    """Whether the accumulator starts from zero in this tile."""
    first = tile.statement.first
    if isinstance(first, bool):
        return builder.insert(arith.ConstantOp(IntegerAttr(int(first), i1))).result
    assert isinstance(first, isl.Aff)
    coordinates = tile.coordinates
    expression = to_affine(first).replace_dims_and_symbols(coordinates, ())
    value = materialiser.value(builder, expression, tile.values)
    return builder.insert(arith.CmpiOp(value, materialiser.constant(0), "eq")).result
