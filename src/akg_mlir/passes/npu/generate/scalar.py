"""A statement's body element by element on the scalar unit."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import affine, arith, memref
from xdsl.dialects.builtin import IndexType, IntegerAttr
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.ir.affine import AffineConstantExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.dialects.poly import StmtOp
from akg_mlir.passes.npu.generate.tile import Access, Tile, view_of


def emit_scalar(builder: Builder, tile: Tile) -> None:
    """Write one `npu.scalar`. Raises `CompileError` where a body uses an index that is not
    constant in the tile as a value."""
    accesses = [op for op in tile.body.body.block.ops if isinstance(op, Access)]
    stored = {_place(op) for op in accesses if isinstance(op, affine.StoreOp)}
    views: dict[tuple[object, ...], SSAValue] = {}
    for op in accesses:
        if _place(op) not in views:
            views[_place(op)] = view_of(builder, tile, op)
    inputs = [v for place, v in views.items() if place not in stored]
    outputs = [v for place, v in views.items() if place in stored]
    shape = tile.shape
    types = [*[IndexType()] * len(shape), *(v.type for v in (*inputs, *outputs))]
    block = Block(arg_types=types)
    at, memrefs = block.args[: len(shape)], block.args[len(shape) :]
    inside = dict(zip((*inputs, *outputs), memrefs))
    body = _Body(Builder(InsertPoint.at_end(block)), tile, at)
    for op in tile.body.body.block.ops:
        where = inside[views[_place(op)]] if isinstance(op, Access) else None
        body.op(op, where)
    builder.insert(npu.ScalarOp(shape, inputs, outputs, Region(block)))


def _place(access: Access) -> tuple[object, ...]:
    return access.memref, access.map, tuple(access.indices)


class _Body:
    def __init__(self, builder: Builder, tile: Tile, at: tuple[BlockArgument, ...]) -> None:
        self.builder, self.tile, self.at = builder, tile, at
        self.values: dict[SSAValue, SSAValue] = {}

    def op(self, op: Operation, where: SSAValue | None) -> None:
        match op:
            case affine.LoadOp():
                assert where is not None
                load = self.builder.insert(memref.LoadOp.get(where, self.at))
                self.values[op.result] = load.res
            case affine.StoreOp():
                assert where is not None
                value = self.values[op.value]
                self.builder.insert(memref.StoreOp.get(value, where, self.at))
            case _:
                for operand in op.operands:
                    if isinstance(operand, BlockArgument) and operand not in self.values:
                        self.values[operand] = self.index(operand)
                self.builder.insert(op.clone(self.values))

    def index(self, argument: BlockArgument) -> SSAValue:
        """The value of a statement dimension: the tile's corner plus the place in the box."""
        tile, dim = self.tile, argument.index
        corner = tile.start[dim].simplify(len(tile.values), 0)
        if not isinstance(corner, AffineConstantExpr):
            raise CompileError("a body uses an index that changes from tile to tile", tile.body)
        base = IntegerAttr(corner.value, IndexType())
        first = self.builder.insert(arith.ConstantOp(base)).result
        if dim not in tile.dims or tile.sizes[dim] == 1:
            return first
        return self.builder.insert(arith.AddiOp(first, self.at[tile.dims.index(dim)])).result


def uses_indices(stmt: StmtOp) -> bool:
    """Whether a body uses its statement's dimensions as values, not only in subscripts."""
    return any(
        not isinstance(use.operation, Access)
        for argument in stmt.body.block.args
        for use in argument.uses
    )
