"""From `poly.stmt` ops to a `Scop`: accesses are derived from the bodies, every time."""

from __future__ import annotations

import islpy as isl
from xdsl.dialects import affine, func
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    IndexType,
    IntegerAttr,
    IntegerType,
)
from xdsl.ir import Attribute, Block, BlockArgument, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.dialects.npu import memref_type, space_of
from akg_mlir.passes.affine.bridge import parse_isl
from akg_mlir.polyhedral.scop import Access, Array, Scop, Statement

TILE_DIMS = "npu.tile_dims"
"""On a `npu.buffer`: the values of so many outer band members are the tile it is private to."""


class ArrayNames:
    """One isl name per memref value: the value's name where it is unique, else numbered."""

    def __init__(self) -> None:
        self._names: dict[SSAValue, str] = {}
        self.values: dict[str, SSAValue] = {}  # isl name -> memref value

    def __getitem__(self, value: SSAValue) -> str:
        if value not in self._names:
            base = f"m_{value.name_hint}" if value.name_hint else f"m{len(self._names)}"
            name, k = base, 0
            while name in self.values:
                k += 1
                name = f"{base}_{k}"
            self._names[value] = name
            self.values[name] = value
        return self._names[value]


def read_scop(scop: poly.ScopOp, names: ArrayNames | None = None) -> Scop:
    """Statements of a `poly.scop`, originals first in textual order. Raises `CompileError`."""
    names = ArrayNames() if names is None else names
    statements = tuple(_statement(op, names) for op in scop.statements)
    originals = [s for s in statements if s.order is not None]
    written = {a.array for s in originals for a in s.writes}
    arrays = {name: _array(name, value, written, scop) for name, value in names.values.items()}
    return Scop(statements, arrays)


def element_bytes(element: Attribute) -> int:
    """Bytes of one element in memory; i1 takes a byte, index eight."""
    match element:
        case IntegerType():
            return max(1, element.width.data // 8)
        case IndexType():
            return 8
        case BFloat16Type():
            return 2
        case Float16Type() | Float32Type() | Float64Type():
            return element.bitwidth // 8
        case _:
            raise CompileError(f"unsupported element type {element}")


def _array(name: str, value: SSAValue, written: set[str], scop: poly.ScopOp) -> Array:
    type_ = memref_type(value)
    is_argument = isinstance(value, BlockArgument)
    live_out = is_argument and name in written and not _dead_out(value, scop)
    return Array(
        name,
        type_.get_shape(),
        element_bytes(type_.element_type),
        space_of(type_).value,
        live_in=is_argument,
        live_out=live_out,
        tile_dims=_tile_dims(value),
    )


def _tile_dims(value: SSAValue) -> int | None:
    """Of a buffer that is private to a tile: how many outer band members say which tile."""
    if not isinstance(value.owner, npu.BufferOp):
        return None
    dims = value.owner.attributes.get(TILE_DIMS)
    return dims.value.data if isinstance(dims, IntegerAttr) else None


def _dead_out(value: SSAValue, scop: poly.ScopOp) -> bool:
    assert isinstance(value, BlockArgument)
    parent = scop.parent_op()
    if not isinstance(parent, func.FuncOp) or parent.arg_attrs is None:
        return False
    if value.block.parent_op() is not parent:
        return False
    return "poly.dead_out" in parent.arg_attrs.data[value.index].data


def _statement(op: poly.StmtOp, names: ArrayNames) -> Statement:
    name = op.sym_name.data
    domain = parse_isl(isl.Set, op.domain.data, op)
    block = op.body.block
    if domain.dim(isl.dim_type.set) != len(block.args) or domain.get_tuple_name() != name:
        raise CompileError(f"the domain must be a set of {name}[..] over its arguments", op)
    order = None if op.order is None else parse_isl(isl.Map, op.order.data, op)
    accesses = tuple(
        _access(access, name, block, names)
        for access in block.ops
        if isinstance(access, (affine.LoadOp, affine.StoreOp))
    )
    return Statement(
        name,
        domain,
        accesses,
        order,
        reduction=None if op.reduction is None else op.reduction.data,
        clone_of=None if op.clone_of is None else op.clone_of.data,
        copy=op.copy is not None,
    )


def _access(
    op: affine.LoadOp | affine.StoreOp, statement: str, block: Block, names: ArrayNames
) -> Access:
    dims = [f"i{k}" for k in range(len(block.args))]
    operands: list[str] = []
    for index in op.indices:
        if not (isinstance(index, BlockArgument) and index.block is block):
            raise CompileError("an index must be an argument of the statement", op)
        operands.append(dims[index.index])
    assert op.map is not None
    results = ", ".join(affine_text(e, operands) for e in op.map.data.results)
    array = names[op.memref]
    text = f"{{ {statement}[{', '.join(dims)}] -> {array}[{results}] }}"
    function = parse_isl(isl.MultiAff, text, op)
    relation = isl.Map.from_multi_aff(function)
    return Access(array, relation, isinstance(op, affine.StoreOp), function)


_OPERATORS = {AffineBinaryOpKind.Add: "+", AffineBinaryOpKind.Mul: "*"}


def affine_text(expr: AffineExpr, dims: list[str]) -> str:
    """The expression in isl syntax over these dimension names. Raises `CompileError`."""
    match expr:
        case AffineConstantExpr():
            return str(expr.value)
        case AffineDimExpr():
            return dims[expr.position]
        case AffineBinaryOpExpr():
            lhs, rhs = affine_text(expr.lhs, dims), affine_text(expr.rhs, dims)
            if expr.kind in _OPERATORS:
                return f"({lhs} {_OPERATORS[expr.kind]} {rhs})"
            if expr.kind is AffineBinaryOpKind.FloorDiv:
                return f"floor(({lhs})/{rhs})"
            if expr.kind is AffineBinaryOpKind.CeilDiv:
                return f"(-floor((-({lhs}))/{rhs}))"
            return f"(({lhs}) mod {rhs})"
        case _:
            raise CompileError(f"not an affine expression of dimensions: {expr}")
