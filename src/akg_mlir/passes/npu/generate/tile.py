"""One tile of one statement, and views of what it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import affine
from xdsl.ir import Attribute, BlockArgument, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.passes.affine.isl_affine import to_affine
from akg_mlir.passes.npu.generate.indices import Indices, compressed
from akg_mlir.passes.npu.generate.storage import Place, Storage
from akg_mlir.polyhedral.tile_statements import TileStatement

Access = affine.LoadOp | LookupOp | affine.StoreOp
"""What has subscripts; those of a lookup are of its first place."""
FRACTAL = 16
COMPACT = (npu.Space.L0A, npu.Space.L0B, npu.Space.L0C)
"""Memories of the cube: a tile's fractals lie there without gaps, whatever the buffer's shape."""


@dataclass(frozen=True)
class Tile:
    """A box of instances. `coordinates` (of the tile) and `start` (the corner per dimension of the
    statement) are expressions over the values of `indices`."""

    statement: TileStatement
    body: poly.StmtOp
    coordinates: tuple[AffineExpr, ...]
    start: tuple[AffineExpr, ...]
    indices: Indices
    storage: Storage
    place: Place

    @property
    def values(self) -> tuple[SSAValue, ...]:
        """What the dimensions of the expressions stand for."""
        return self.indices.values

    @property
    def rank(self) -> int:
        """Dimensions of the statement, tile coordinates included."""
        return len(self.body.body.block.args)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Values per dimension of the statement."""
        return self.statement.box.sizes

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions of the box, innermost last."""
        return self.statement.dims

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the box."""
        return self.statement.shape

    def memref(self, access: Access) -> SSAValue:
        """What an access touches in this tile."""
        return self.storage.memref(access.memref, self.place)

    def temporary(self, number: int, shape: Sequence[int], element: Attribute) -> SSAValue:
        """A buffer for the `number`-th value between the ops of the body."""
        name = self.statement.statement.name
        return self.storage.temporary(name, number, self.place, shape, element)


def make_tile(
    statement: TileStatement,
    body: poly.StmtOp,
    coordinates: list[AffineExpr],
    indices: Indices,
    storage: Storage,
    place: Place,
) -> Tile:
    """The tile at a place, with these coordinates (expressions over the indices' values)."""
    start = tuple(
        to_affine(offset).replace_dims_and_symbols(coordinates, ())
        for offset in statement.box.offsets
    )
    return Tile(statement, body, tuple(coordinates), start, indices, storage, place)


def index_expressions(access: Access) -> list[AffineExpr]:
    """The subscripts of an access over the statement's dimensions."""
    assert access.map is not None
    dims: list[AffineExpr] = []
    for index in access.indices:
        assert isinstance(index, BlockArgument)
        dims.append(AffineExpr.dimension(index.index))
    return [e.replace_dims_and_symbols(dims, ()) for e in access.map.data.results]


def view_of(
    builder: Builder, tile: Tile, access: Access, dims: Sequence[int] | None = None
) -> SSAValue:
    """The box of an access as a view; `dims` are the box dimensions (default: the tile's)."""
    dims = tile.dims if dims is None else tuple(dims)
    type_ = npu.memref_type(access.memref)
    subscripts = index_expressions(access)
    if npu.space_of(type_) in COMPACT:
        pitches = _compact_pitches(tile, access, subscripts)
        subscripts = [s - _corner(tile, access, s) for s in subscripts]
    else:
        pitches = npu.strides_of(type_)
    linear = AffineExpr.constant(0)
    for subscript, pitch in zip(subscripts, pitches):
        linear = linear + subscript * pitch
    strides = [coefficient(linear, d, access) if tile.sizes[d] > 1 else 0 for d in dims]
    sizes = [tile.sizes[d] for d in dims]
    offset = linear.replace_dims_and_symbols(tile.start, ())
    map_, values = compressed(offset, tile.values)
    view = npu.ViewOp(tile.memref(access), map_, values, sizes or [1], strides or [1])
    return builder.insert(view).result


def rows_view(builder: Builder, tile: Tile, access: Access) -> SSAValue:
    """What an access touches of a matrix [.., rows, 16], with the rows that its last fractal has
    besides."""
    *_, rows, lanes = index_expressions(access)
    inside = [d for d in tile.dims if d in rows.used_dims() | lanes.used_dims()]
    view = view_of(builder, tile, access, [d for d in tile.dims if d not in inside] + inside)
    extent = _extent(tile, access, rows)
    if not extent % FRACTAL:
        return view
    owner, type_ = view.owner, npu.memref_type(view)
    assert isinstance(owner, npu.ViewOp)
    outer = len(type_.get_shape()) - len(inside)
    whole = -(-extent // FRACTAL) * FRACTAL
    shape, strides = type_.get_shape()[:outer], npu.strides_of(type_)
    padded = npu.ViewOp(
        owner.source,
        owner.offset.data,
        list(owner.indices),
        (*shape, whole, FRACTAL),
        (*strides[:outer], FRACTAL, 1),
    )
    owner.detach()
    owner.erase()
    return builder.insert(padded).result


def corner_view(
    builder: Builder, tile: Tile, access: Access, moved: Sequence[int], sizes: Sequence[int]
) -> SSAValue:
    """A box of what an access touches, `moved` from the access at the tile's first instance;
    `sizes` are those of the last dimensions, the others have one element."""
    type_ = npu.memref_type(access.memref)
    pitches = npu.strides_of(type_)
    linear = AffineExpr.constant(0)
    for subscript, pitch, distance in zip(index_expressions(access), pitches, moved):
        linear = linear + (subscript + distance) * pitch
    map_, values = compressed(linear.replace_dims_and_symbols(tile.start, ()), tile.values)
    view = npu.ViewOp(tile.memref(access), map_, values, sizes, pitches[-len(sizes) :])
    return builder.insert(view).result


def _compact_pitches(tile: Tile, access: Access, subscripts: list[AffineExpr]) -> list[int]:
    """Row-major strides of exactly the box that a tile has in a memory of the cube, its rows in
    whole fractals."""
    pitches: list[int] = []
    pitch = 1
    for place, subscript in enumerate(reversed(subscripts)):
        pitches.append(pitch)
        extent = _extent(tile, access, subscript)
        pitch *= -(-extent // FRACTAL) * FRACTAL if place == 1 else extent
    return pitches[::-1]


def _corner(tile: Tile, access: Access, subscript: AffineExpr) -> AffineExpr:
    """Where the tile starts in what holds the largest one: at the border of an image behind the
    rows that only others have."""
    corner = subscript.replace_dims_and_symbols(tile.start, ()).simplify(len(tile.values), 0)
    if corner.used_dims():
        raise CompileError(
            f"a tile in {npu.space_of(access.memref.type)} starts at no fixed place of its buffer",
            access,
        )
    return corner


def _extent(tile: Tile, access: Access, subscript: AffineExpr) -> int:
    """From the first to the last value of a subscript in the tile."""
    steps = [
        coefficient(subscript, d, access) * (size - 1)
        for d, size in enumerate(tile.sizes)
        if size > 1
    ]
    return 1 + sum(steps)


def coefficient(expression: AffineExpr, dim: int, access: Access) -> int:
    """The factor of a dimension in an expression. Raises `CompileError` if it is not linear."""
    match expression:
        case AffineConstantExpr():
            return 0
        case AffineDimExpr():
            return 1 if expression.position == dim else 0
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Add):
            return coefficient(expression.lhs, dim, access) + coefficient(
                expression.rhs, dim, access
            )
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Mul, rhs=AffineConstantExpr() as factor):
            return coefficient(expression.lhs, dim, access) * factor.value
        case _ if dim not in expression.used_dims():
            return 0
        case _:
            raise CompileError(f"a subscript is not linear: {expression}", access)


def nonlinear_dims(stmt: poly.StmtOp) -> tuple[int, ...]:
    """The dimensions of a statement that some subscript divides: no view can walk them."""
    found: set[int] = set()
    for op in stmt.body.block.ops:
        if isinstance(op, Access):
            for subscript in index_expressions(op):
                found |= _divided(subscript)
    return tuple(sorted(found))


def _divided(expression: AffineExpr) -> set[int]:
    if not isinstance(expression, AffineBinaryOpExpr):
        return set()
    if expression.kind in (AffineBinaryOpKind.Add, AffineBinaryOpKind.Mul):
        return _divided(expression.lhs) | _divided(expression.rhs)
    return set(expression.used_dims())
