"""Integer IR (addresses, bounds, conditions) as C++ expressions."""

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

_CALLS: Mapping[type[Operation], str] = {
    arith.FloorDivSIOp: "floor_div({0}, {1})",
    arith.CeilDivSIOp: "ceil_div({0}, {1})",
    arith.CeilDivUIOp: "ceil_div({0}, {1})",
    arith.MinSIOp: "minimum<i64>({0}, {1})",
    arith.MaxSIOp: "maximum<i64>({0}, {1})",
    arith.MinUIOp: "minimum<i64>({0}, {1})",
    arith.MaxUIOp: "maximum<i64>({0}, {1})",
    arith.IndexCastOp: "{0}",
    arith.ExtSIOp: "{0}",
    arith.ExtUIOp: "{0}",
}
_OPERATORS: Mapping[type[Operation], str] = {
    arith.AddiOp: "+",
    arith.SubiOp: "-",
    arith.MuliOp: "*",
    arith.DivUIOp: "/",
    arith.RemUIOp: "%",
    arith.DivSIOp: "/",
    arith.RemSIOp: "%",
    arith.AndIOp: "&",
    arith.OrIOp: "|",
    arith.XOrIOp: "^",
}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "<", "<=", ">", ">=")


def affine_text(expr: AffineExpr, operands: Sequence[str], dims: int) -> str:
    """An affine expression over `operands`: `dims` dimensions, then symbols."""
    match expr:
        case AffineConstantExpr():
            return str(expr.value)
        case AffineDimExpr():
            return operands[expr.position]
        case AffineSymExpr():
            return operands[dims + expr.position]
        case AffineBinaryOpExpr():
            lhs = affine_text(expr.lhs, operands, dims)
            rhs = affine_text(expr.rhs, operands, dims)
            match expr.kind:
                case AffineBinaryOpKind.Add:
                    return f"{lhs} + {rhs}"
                case AffineBinaryOpKind.Mul:
                    return f"{_factor(lhs)} * {_factor(rhs)}"
                case AffineBinaryOpKind.FloorDiv:
                    return f"floor_div({lhs}, {rhs})"
                case AffineBinaryOpKind.CeilDiv:
                    return f"ceil_div({lhs}, {rhs})"
                case AffineBinaryOpKind.Mod:
                    return f"modulo({lhs}, {rhs})"
        case _:
            raise CompileError(f"not an affine expression: {expr}")


def _factor(text: str) -> str:
    return text if text.isidentifier() or text.lstrip("-").isdigit() else f"({text})"


def map_text(map_: AffineMap, operands: Sequence[str]) -> list[str]:
    """Every result of an affine map."""
    return [affine_text(e, operands, map_.num_dims) for e in map_.results]


def index_text(op: Operation, operands: Sequence[str]) -> str | None:
    """The value of an integer op, or None for ops that compute something else."""
    match op:
        case arith.ConstantOp(value=IntegerAttr() as value):
            return str(value.value.data)
        case affine.ApplyOp():
            return map_text(op.map.data, operands)[0]
        case affine.MinOp():
            first, *others = map_text(op.map.data, operands)
            for other in others:
                first = f"minimum<i64>({first}, {other})"
            return first
        case arith.CmpiOp():
            return f"{_factor(operands[0])} {_COMPARISONS[op.predicate.value.data]} " + _factor(
                operands[1]
            )
        case arith.SelectOp():
            return f"{_factor(operands[0])} ? {_factor(operands[1])} : {_factor(operands[2])}"
        case _ if type(op) in _CALLS:
            return _CALLS[type(op)].format(*operands)
        case _ if type(op) in _OPERATORS:
            return f" {_OPERATORS[type(op)]} ".join(_factor(o) for o in operands)
        case _:
            return None
