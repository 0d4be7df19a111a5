"""Integer IR (addresses, bounds, conditions) as Python expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation
from xdsl.ir.affine import AffineBinaryOpKind, AffineMap

from akg_mlir.emit.affine_expressions import result_texts

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


def _operation(kind: AffineBinaryOpKind, lhs: str, rhs: str) -> str:
    if kind is AffineBinaryOpKind.CeilDiv:
        return f"(-(-{lhs} // {rhs}))"
    return f"({lhs} {_SYMBOLS[kind]} {rhs})"


def map_source(map_: AffineMap, operands: Sequence[str]) -> list[str]:
    """Every result of an affine map."""
    return result_texts(map_, operands, _operation)


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
