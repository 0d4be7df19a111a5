"""Integer IR (addresses, bounds, conditions) as C++ expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation
from xdsl.ir.affine import AffineBinaryOpKind, AffineExpr, AffineMap

from akg_mlir.emit.affine_expressions import expression_text, result_texts

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
_ALONE = re.compile(r"-?\w+|\w*\([^()]*\)")
"""Names, numbers, calls, and what is in parentheses."""
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "<", "<=", ">", ">=")


def affine_text(expr: AffineExpr, operands: Sequence[str], dims: int) -> str:
    """An affine expression over `operands`: `dims` dimensions, then symbols."""
    return expression_text(expr, operands, dims, _operation)


def map_text(map_: AffineMap, operands: Sequence[str]) -> list[str]:
    """Every result of an affine map."""
    return result_texts(map_, operands, _operation)


def _operation(kind: AffineBinaryOpKind, lhs: str, rhs: str) -> str:
    match kind:
        case AffineBinaryOpKind.Add:
            return f"{lhs} + {rhs}"
        case AffineBinaryOpKind.Mul:
            return f"{factor_text(lhs)} * {factor_text(rhs)}"
        case AffineBinaryOpKind.FloorDiv:
            return f"floor_div({lhs}, {rhs})"
        case AffineBinaryOpKind.CeilDiv:
            return f"ceil_div({lhs}, {rhs})"
        case AffineBinaryOpKind.Mod:
            return f"modulo({lhs}, {rhs})"


def factor_text(text: str) -> str:
    """A text as an operand of any operator."""
    return text if _ALONE.fullmatch(text) else f"({text})"


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
            lhs, rhs = map(factor_text, operands)
            return f"{lhs} {_COMPARISONS[op.predicate.value.data]} {rhs}"
        case arith.SelectOp():
            condition, lhs, rhs = map(factor_text, operands)
            return f"{condition} ? {lhs} : {rhs}"
        case _ if type(op) in _CALLS:
            return _CALLS[type(op)].format(*operands)
        case _ if type(op) in _OPERATORS:
            return f" {_OPERATORS[type(op)]} ".join(factor_text(o) for o in operands)
        case _:
            return None
