"""A contraction of a tile as matrix multiply-accumulate ops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import islpy as isl
from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, i1
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import npu
from akg_mlir.passes.affine.isl_affine import to_affine
from akg_mlir.passes.npu.generate.indices import Materialiser
from akg_mlir.passes.npu.generate.tile import (
    Access,
    Tile,
    coefficient,
    corner_view,
    index_expressions,
    view_of,
)
from akg_mlir.polyhedral.contraction import FRACTAL, Contraction, find_contraction
from akg_mlir.polyhedral.image_product import ImageProduct, find_image_product
from akg_mlir.polyhedral.scop import Statement


def emit_product(
    builder: Builder, tile: Tile, original: Statement, materialiser: Materialiser
) -> None:
    """Write the product of a tile of a clone of `original`."""
    contraction, image = find_contraction(original), find_image_product(original)
    if contraction is not None:
        _emit_mmads(builder, tile, original, contraction, materialiser)
    else:
        assert image is not None
        _emit_conv(builder, tile, original, image, materialiser)


def _emit_mmads(
    builder: Builder, tile: Tile, original: Statement, c: Contraction, materialiser: Materialiser
) -> None:
    """One `npu.mmad` per batch entry."""
    left, right, out = _operands(tile, original, c)
    shift = tile.rank - original.rank
    batch = [d + shift for d in c.batch]
    m1, m0, n1, n0, k1, k0 = (d + shift for d in (c.m1, c.m0, c.n1, c.n0, c.k1, c.k0))
    sizes = [tile.sizes[d] for d in batch]
    a = _entries(builder, tile, left, batch, (k1, m1, m0, k0))
    b = _entries(builder, tile, right, batch, (k1, n1, n0, k0))
    result = _entries(builder, tile, out, batch, (n1, m1, m0, n0))
    init = _init(builder, tile, materialiser)
    m, n, k = tile.sizes[m1] * FRACTAL, tile.sizes[n1] * FRACTAL, tile.sizes[k1] * c.depth
    for entry in product(*(range(size) for size in sizes)):
        builder.insert(npu.MmadOp(a[entry], b[entry], result[entry], init, m, k, n))


def _emit_conv(
    builder: Builder, tile: Tile, original: Statement, c: ImageProduct, materialiser: Materialiser
) -> None:
    """One `npu.conv` per image, or per block of channels of it where these are apart."""
    left, right, out = _operands(tile, original, c)
    shift = tile.rank - original.rank
    part = tile.statement.image
    assert part is not None
    images, blocks, *points = (tile.sizes[d + shift] for d in (c.n, c.n1, c.h, c.w))
    if c.c1 is None:
        channels, columns = 1, 1
        corners = [*product(range(images), range(blocks))]
        taps = [tile.sizes[d + shift] for d in (c.kh, c.kw)]
        kernels = [_of_block(builder, tile, right, block, taps) for block in range(blocks)] * images
    else:
        dims = [d + shift for d in (c.c1, c.kh, c.kw, c.n1, c.n0, c.c0)]
        channels, columns = tile.sizes[dims[0]], blocks
        corners = [(image, 0) for image in range(images)]
        kernels = [view_of(builder, tile, right, dims)] * images
    pitch = _pitch(tile, out, c.h + shift) or points[1]
    rows = -(-((points[0] - 1) * pitch + points[1]) // FRACTAL)
    whole = (columns, rows, FRACTAL, FRACTAL)
    strides = [prod(whole[k + 1 :]) for k in range(4)]
    init = _init(builder, tile, materialiser)
    for number, (corner, kernel) in enumerate(zip(corners, kernels)):
        at = (*corner, part.pads[0], part.pads[1], 0)
        view = corner_view(builder, tile, left, at, (channels, *part.sizes, FRACTAL))
        offset = AffineMap(0, 0, (AffineExpr.constant(number * prod(whole)),))
        result = builder.insert(npu.ViewOp(tile.memref(out), offset, [], whole, strides)).result
        builder.insert(
            npu.ConvOp(
                view,
                kernel,
                result,
                init,
                points=points,
                pitch=pitch,
                strides=part.strides,
                dilations=part.dilations,
                pads=part.pads,
            )
        )


def _of_block(
    builder: Builder, tile: Tile, kernel: Access, block: int, taps: Sequence[int]
) -> SSAValue:
    """A block of `[blocks, kh, kw, 16, 16]` as a kernel of one block of columns."""
    sizes = (1, *taps, FRACTAL, FRACTAL)
    view = corner_view(builder, tile, kernel, (block, 0, 0, 0, 0), sizes)
    strides = list(npu.strides_of(npu.memref_type(view)))
    here = AffineMap(0, 0, (AffineExpr.constant(0),))
    whole = (*strides[:3], FRACTAL * FRACTAL, *strides[3:])
    return builder.insert(npu.ViewOp(view, here, [], (1, *taps, 1, FRACTAL, FRACTAL), whole)).result


def _pitch(tile: Tile, out: Access, h: int) -> int | None:
    """Rows of the product from one row of points to the next; None if there is one."""
    return coefficient(index_expressions(out)[2], h, out) if tile.sizes[h] > 1 else None


def _operands(
    tile: Tile, original: Statement, c: Contraction | ImageProduct
) -> tuple[Access, Access, Access]:
    """The accesses of a clone's body that are those of the product."""
    accesses = [op for op in tile.body.body.block.ops if isinstance(op, Access)]
    left, right, out = (accesses[original.accesses.index(x)] for x in (c.a, c.b, c.c))
    return left, right, out


def _entries(
    builder: Builder,
    tile: Tile,
    access: Access,
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
