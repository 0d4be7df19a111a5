"""Integer IR (addresses, bounds, conditions) as Python expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
    AffineSymExpr,
)

from akg_mlir.diagnostics import CompileError

_TEMPLATES: Mapping[type[Operation], str] = {
    arith.AddiOp: "{0} + {1}",
    arith.SubiOp: "{0} - {1}",
    arith.MuliOp: "{0} * {1}",
    arith.FloorDivSIOp: "{0} // {1}",
    arith.CeilDivSIOp: "-(-{0} // {1})",
    arith.CeilDivUIOp: "-(-{0} // {1})",
    arith.DivUIOp: "{0} // {1}",
    arith.RemUIOp: "{0} % {1}",
    # C division truncates; Python's floors.
    arith.DivSIOp: "(abs({0}) // abs({1}) * (1 if ({0} < 0) == ({1} < 0) else -1))",
    arith.RemSIOp: "(abs({0}) % abs({1}) * (1 if {0} >= 0 else -1))",
    arith.MinSIOp: "min({0}, {1})",
    arith.MaxSIOp: "max({0}, {1})",
    arith.MinUIOp: "min({0}, {1})",
    arith.MaxUIOp: "max({0}, {1})",
    arith.AndIOp: "{0} & {1}",
    arith.OrIOp: "{0} | {1}",
    arith.XOrIOp: "{0} ^ {1}",
    arith.SelectOp: "{1} if {0} else {2}",
    arith.IndexCastOp: "{0}",
    arith.ExtSIOp: "{0}",
    arith.ExtUIOp: "{0}",
}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "<", "<=", ">", ">=")
_SYMBOLS = {
    AffineBinaryOpKind.Add: "+",
    AffineBinaryOpKind.Mul: "*",
    AffineBinaryOpKind.FloorDiv: "//",
    AffineBinaryOpKind.Mod: "%",
}


def affine_source(expr: AffineExpr, operands: Sequence[str], dims: int) -> str:
    """An affine expression over `operands`: `dims` dimensions, then symbols."""
    match expr:
        case AffineConstantExpr():
            return str(expr.value)
        case AffineDimExpr():
            return operands[expr.position]
        case AffineSymExpr():
            return operands[dims + expr.position]
        case AffineBinaryOpExpr():
            lhs = affine_source(expr.lhs, operands, dims)
            rhs = affine_source(expr.rhs, operands, dims)
            if expr.kind is AffineBinaryOpKind.CeilDiv:
                return f"(-(-{lhs} // {rhs}))"
            return f"({lhs} {_SYMBOLS[expr.kind]} {rhs})"
        case _:
            raise CompileError(f"not an affine expression: {expr}")


def map_source(map_: AffineMap, operands: Sequence[str]) -> list[str]:
    """Every result of an affine map."""
    return [affine_source(e, operands, map_.num_dims) for e in map_.results]


def index_source(op: Operation, operands: Sequence[str]) -> str | None:
    """The value of an integer op, or None for ops that compute something else."""
    match op:
        case arith.ConstantOp(value=IntegerAttr() as value):
            return str(value.value.data)
        case affine.ApplyOp():
            return map_source(op.map.data, operands)[0]
        case affine.MinOp():
            return f"min(({', '.join(map_source(op.map.data, operands))},))"
        case arith.CmpiOp():
            return f"{operands[0]} {_COMPARISONS[op.predicate.value.data]} {operands[1]}"
        case _:
            template = _TEMPLATES.get(type(op))
            return None if template is None else template.format(*operands)
