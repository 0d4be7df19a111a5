"""Packing, unpacking, padding and concatenation as copies of boxes.

Packing runs over the fractal coordinates, where every access is affine without division: full
fractals are one box, the partly filled ones at the ends of a dimension another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from xdsl.builder import Builder
from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.dialects.te.layout import packed_shape
from akg_mlir.dialects.te.structured import dims_map, scalar
from akg_mlir.dialects.te.types import FRACTAL, fractal_depth
from akg_mlir.passes.affine.nests import Nest, Range, memref_type


def write_pack(builder: Builder, op: te.PackOp, source: SSAValue, target: SSAValue) -> None:
    """Zeros everywhere if some fractal is not full, then the copies."""
    shape, packed = memref_type(source).get_shape(), memref_type(target).get_shape()
    if prod(shape) < prod(packed):
        fill = Nest(builder, [(0, size) for size in packed], op.location)
        zero = scalar(fill.builder, 0, memref_type(target).element_type)
        fill.store(zero, target, AffineMap.identity(len(packed)))
    layout, depth = op.layout.data, fractal_depth(memref_type(target).element_type)
    for ranges in _boxes(layout, shape, depth):
        nest = Nest(builder, ranges, op.location)
        value = nest.load(source, _plain_map(layout, len(shape), depth))
        nest.store(value, target, _packed_map(layout, len(shape)))


def write_unpack(builder: Builder, op: te.UnpackOp, source: SSAValue, target: SSAValue) -> None:
    """The copies, which leave the padding behind.

    A matrix whose last fractals are not full is unpacked with its padding first and copied from
    there: tiles of its rows and columns then have one writer, wherever fractals end.
    """
    shape, layout = memref_type(target).get_shape(), op.layout.data
    if layout == te.Layout.NZ and any(size % FRACTAL for size in shape[-2:]):
        padded = _padded(builder, op, memref_type(target))
        _unpack(builder, op, source, padded)
        copy = Nest(builder, [(0, size) for size in shape], op.location)
        identity = AffineMap.identity(len(shape))
        copy.store(copy.load(padded, identity), target, identity)
    else:
        _unpack(builder, op, source, target)


def _padded(builder: Builder, op: te.UnpackOp, target: MemRefType[Attribute]) -> SSAValue:
    """A buffer for the matrix with all elements of its fractals."""
    *batch, rows, columns = target.get_shape()
    whole = [*batch, *(-(-size // FRACTAL) * FRACTAL for size in (rows, columns))]
    type_ = MemRefType(target.element_type, whole, target.layout, target.memory_space)
    allocation = memref.AllocOp([], [], type_)
    allocation.location = op.location
    return builder.insert(allocation).memref


def _unpack(builder: Builder, op: te.UnpackOp, source: SSAValue, target: SSAValue) -> None:
    shape, layout = memref_type(target).get_shape(), op.layout.data
    depth = fractal_depth(memref_type(target).element_type)
    for ranges in _boxes(layout, shape, depth):
        nest = Nest(builder, ranges, op.location)
        value = nest.load(source, _packed_map(layout, len(shape)))
        nest.store(value, target, _plain_map(layout, len(shape), depth))


def write_pad(builder: Builder, op: te.PadOp, source: SSAValue, target: SSAValue) -> None:
    """One box of copies, and boxes of constants around it: every element is written once.

    The box of a side spans the whole of later dimensions and the copies' part of earlier ones.
    """
    shape, whole = memref_type(source).get_shape(), memref_type(target).get_shape()
    rank = len(shape)
    inner: list[Range] = [(low, low + n) for n, (low, _) in zip(shape, op.amounts)]
    for dim, (start, end) in enumerate(inner):
        for side in ((0, start), (end, whole[dim])):
            if side[0] < side[1]:
                rest: list[Range] = [(0, size) for size in whole[dim + 1 :]]
                fill = Nest(builder, [*inner[:dim], side, *rest], op.location)
                value = scalar(fill.builder, op.value.value.data, te.element_of(op.result))
                fill.store(value, target, AffineMap.identity(rank))
    copy = Nest(builder, [(0, size) for size in shape], op.location)
    shifted = (AffineExpr.dimension(p) + low for p, (low, _) in enumerate(op.amounts))
    value = copy.load(source, AffineMap.identity(rank))
    copy.store(value, target, AffineMap(rank, 0, tuple(shifted)))


def write_concat(
    builder: Builder, op: te.ConcatOp, parts: Sequence[SSAValue], target: SSAValue
) -> None:
    """One box of copies per operand."""
    for source, start in zip(parts, op.starts, strict=True):
        shape = memref_type(source).get_shape()
        copy = Nest(builder, [(0, size) for size in shape], op.location)
        value = copy.load(source, AffineMap.identity(len(shape)))
        places = list(AffineMap.identity(len(shape)).results)
        places[op.dim] += start
        copy.store(value, target, AffineMap(len(shape), 0, tuple(places)))


def _boxes(layout: te.Layout, shape: Sequence[int], depth: int) -> Iterator[list[Range]]:
    """Ranges of the packed coordinates, one box per combination of full and partial fractals."""
    if layout == te.Layout.ROW:
        yield from ([block, lane] for block, lane in _pieces(shape[0]))
        return
    if layout == te.Layout.NC1HWC0:
        batch, between = (0, shape[0]), [(0, size) for size in shape[2:]]
        yield from ([batch, block, *between, lane] for block, lane in _pieces(shape[1]))
        return
    if layout == te.Layout.FRACTAL_Z:
        taps = [(0, size) for size in shape[2:]]
        for (o1, o0), (c1, c0) in product(_pieces(shape[0]), _pieces(shape[1])):
            yield [c1, *taps, o1, o0, c0]
        return
    outer: list[Range] = [(0, size) for size in shape[:-2]]
    is_left = layout == te.Layout.NZ
    lanes = (FRACTAL, depth) if is_left else (depth, FRACTAL)
    for (row, in_row), (column, in_column) in product(*map(_pieces, shape[-2:], lanes)):
        if is_left:
            yield [*outer, column, row, in_row, in_column]
        else:
            yield [*outer, row, column, in_column, in_row]


def _pieces(size: int, lanes: int = FRACTAL) -> list[tuple[Range, Range]]:
    """(fractals, elements in them): the full ones, and the last one if it is not full."""
    full, rest = divmod(size, lanes)
    pieces: list[tuple[Range, Range]] = [((0, full), (0, lanes))] if full else []
    return pieces + ([((full, full + 1), (0, rest))] if rest else [])


def _plain_map(layout: te.Layout, rank: int, depth: int) -> AffineMap:
    """Packed coordinates -> element of the matrix (or vector) of `rank` dimensions."""
    if layout == te.Layout.ROW:
        return AffineMap(2, 0, (_element(0, 1),))
    if layout == te.Layout.NC1HWC0:
        between = map(AffineExpr.dimension, range(2, rank))
        return AffineMap(rank + 1, 0, (AffineExpr.dimension(0), _element(1, rank), *between))
    if layout == te.Layout.FRACTAL_Z:
        taps = map(AffineExpr.dimension, (1, 2))
        return AffineMap(6, 0, (_element(3, 4), _element(0, 5), *taps))
    batch = [AffineExpr.dimension(dim) for dim in range(rank - 2)]
    k1, side, lane, k0 = range(rank - 2, rank + 2)
    pair = [_element(side, lane), _element(k1, k0, depth)]
    matrix = pair if layout == te.Layout.NZ else pair[::-1]
    return AffineMap(rank + 2, 0, (*batch, *matrix))


def _packed_map(layout: te.Layout, rank: int) -> AffineMap:
    if layout == te.Layout.ROW:
        return dims_map(2, [0, None, None, 1])
    return AffineMap.identity(len(packed_shape(layout, (FRACTAL,) * rank)))


def _element(fractal: int, inside: int, lanes: int = FRACTAL) -> AffineExpr:
    return AffineExpr.dimension(fractal) * lanes + AffineExpr.dimension(inside)
