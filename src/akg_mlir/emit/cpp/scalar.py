"""What the scalar unit computes, as C++ expressions of one element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType
from xdsl.ir import Operation

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.te import ui8
from akg_mlir.emit.cpp.literals import constant, element_name

FUNCTIONS: Mapping[type[Operation], str] = {
    arith.AddfOp: "add",
    arith.SubfOp: "sub",
    arith.MulfOp: "mul",
    arith.DivfOp: "div",
    arith.MaximumfOp: "maximum",
    arith.MinimumfOp: "minimum",
    arith.MaxnumfOp: "maximum_number",
    arith.MinnumfOp: "minimum_number",
    arith.NegfOp: "negate",
    arith.AddiOp: "add",
    arith.SubiOp: "sub",
    arith.MuliOp: "mul",
    arith.DivSIOp: "div",
    arith.RemSIOp: "remainder",
    arith.FloorDivSIOp: "floor_divide",
    arith.MaxSIOp: "maximum",
    arith.MinSIOp: "minimum",
    arith.AndIOp: "bits_and",
    arith.OrIOp: "bits_or",
    arith.XOrIOp: "bits_xor",
    arith.ShLIOp: "shift_left",
    arith.ShRSIOp: "shift_right",
    math_dialect.AbsFOp: "abs",
    math_dialect.AbsIOp: "abs",
    math_dialect.IPowIOp: "integer_power",
    math_dialect.FloorOp: "floor",
    math_dialect.CeilOp: "ceil",
    math_dialect.RoundEvenOp: "round_even",
    math_dialect.TruncOp: "truncate",
    math_dialect.ExpOp: "exp",
    math_dialect.LogOp: "ln",
    math_dialect.SqrtOp: "sqrt",
    math_dialect.RsqrtOp: "rsqrt",
    math_dialect.TanhOp: "tanh",
    math_dialect.ErfOp: "erf",
    math_dialect.PowFOp: "power",
    math_dialect.SinOp: "sin",
    math_dialect.CosOp: "cos",
}
"""The function of `akg_npu.hpp` for each op that is one."""

_COMPARE_F = {
    1: "{0} == {1}",
    2: "{0} > {1}",
    3: "{0} >= {1}",
    4: "{0} < {1}",
    5: "{0} <= {1}",
    6: "ordered({0}, {1}) && {0} != {1}",
    7: "ordered({0}, {1})",
    8: "!ordered({0}, {1}) || {0} == {1}",
    9: "!({0} <= {1})",
    10: "!({0} < {1})",
    11: "!({0} >= {1})",
    12: "!({0} > {1})",
    13: "{0} != {1}",
    14: "!ordered({0}, {1})",
}
_COMPARE_I = ("==", "!=", "<", "<=", ">", ">=")


def scalar_text(op: Operation, operands: Sequence[str]) -> str:
    """The expression of an op's result. Raises `CompileError` for ops without scalar semantics."""
    if not op.results:
        raise CompileError("the scalar unit cannot execute this op", op)
    element = element_name(op.results[0].type, op)
    match op:
        case arith.ConstantOp(value=FloatAttr() | IntegerAttr() as value):
            return constant(value, element)
        case arith.SelectOp():
            return f"{operands[0]} ? {operands[1]} : {operands[2]}"
        case arith.CmpiOp() if op.predicate.value.data < len(_COMPARE_I):
            return f"{operands[0]} {_COMPARE_I[op.predicate.value.data]} {operands[1]}"
        case arith.CmpfOp() if op.predicate.value.data in _COMPARE_F:
            return _COMPARE_F[op.predicate.value.data].format(*operands)
        case arith.FPToSIOp() | arith.FPToUIOp() | arith.ExtFOp() | arith.TruncFOp():
            return f"convert<{element}>({operands[0]})"
        case arith.UIToFPOp() | arith.ExtUIOp():
            return f"convert<{element}>({_unsigned(op, operands[0])})"
        case arith.SIToFPOp() | arith.ExtSIOp() | arith.TruncIOp() | arith.IndexCastOp():
            # A signed i1 is 0 or -1.
            signed = isinstance(op, arith.SIToFPOp | arith.ExtSIOp)
            minus = "-" if signed and str(op.operands[0].type) == "i1" else ""
            return f"convert<{element}>({minus}{operands[0]})"
        case _ if type(op) in FUNCTIONS:
            return f"{FUNCTIONS[type(op)]}<{element}>({', '.join(operands)})"
        case _:
            raise CompileError(
                "the scalar unit cannot execute this op", op, hint="use arith, math and memref ops"
            )


def _unsigned(op: Operation, operand: str) -> str:
    source = op.operands[0].type
    assert isinstance(source, IntegerType)
    is_unsigned = source.bitwidth == 1 or source == ui8
    return operand if is_unsigned else f"as_unsigned<i{source.bitwidth}>({operand})"
