"""What scalar ops compute, as numpy expressions: of one element, or of all elements of a box."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType
from xdsl.ir import Attribute, Operation

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine.isa.arithmetic import (
    convert,
    maximum,
    maximum_number,
    minimum,
    minimum_number,
)
from akg_mlir.machine.program import DTYPES

_BINARY: Mapping[type[Operation], str] = {
    arith.AddfOp: "np.add",
    arith.SubfOp: "np.subtract",
    arith.MulfOp: "np.multiply",
    arith.DivfOp: "np.divide",
    arith.MaximumfOp: "maximum",
    arith.MinimumfOp: "minimum",
    arith.MaxnumfOp: "maximum_number",
    arith.MinnumfOp: "minimum_number",
    arith.NegfOp: "np.negative",
    arith.AddiOp: "np.add",
    arith.SubiOp: "np.subtract",
    arith.MuliOp: "np.multiply",
    arith.DivSIOp: "truncating_divide",
    arith.RemSIOp: "np.fmod",
    arith.FloorDivSIOp: "np.floor_divide",
    arith.MaxSIOp: "np.maximum",
    arith.MinSIOp: "np.minimum",
    arith.AndIOp: "np.bitwise_and",
    arith.OrIOp: "np.bitwise_or",
    arith.XOrIOp: "np.bitwise_xor",
    arith.ShLIOp: "np.left_shift",
    arith.ShRSIOp: "np.right_shift",
    math_dialect.AbsFOp: "np.abs",
    math_dialect.AbsIOp: "np.abs",
    math_dialect.IPowIOp: "integer_power",
    math_dialect.FloorOp: "np.floor",
    math_dialect.CeilOp: "np.ceil",
    math_dialect.RoundEvenOp: "np.rint",
    math_dialect.TruncOp: "np.trunc",
}
# Transcendentals are computed in f64 and rounded once.
_WIDE: Mapping[type[Operation], str] = {
    math_dialect.ExpOp: "np.exp",
    math_dialect.LogOp: "np.log",
    math_dialect.SqrtOp: "np.sqrt",
    math_dialect.RsqrtOp: "reciprocal_root",
    math_dialect.TanhOp: "np.tanh",
    math_dialect.ErfOp: "error_function",
    math_dialect.PowFOp: "np.power",
    math_dialect.SinOp: "np.sin",
    math_dialect.CosOp: "np.cos",
}
OPERATIONS = _BINARY.keys() | _WIDE.keys()
"""Ops of which each is one function."""

_CASTS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.ExtSIOp,
    arith.TruncIOp,
    arith.IndexCastOp,
)
_COMPARE_F = {
    1: "np.equal({0}, {1})",
    2: "np.greater({0}, {1})",
    3: "np.greater_equal({0}, {1})",
    4: "np.less({0}, {1})",
    5: "np.less_equal({0}, {1})",
    6: "np.not_equal({0}, {1}) & ordered({0}, {1})",
    7: "ordered({0}, {1})",
    8: "np.equal({0}, {1}) | ~ordered({0}, {1})",
    9: "~np.less_equal({0}, {1})",
    10: "~np.less({0}, {1})",
    11: "~np.greater_equal({0}, {1})",
    12: "~np.greater({0}, {1})",
    13: "np.not_equal({0}, {1})",
    14: "~ordered({0}, {1})",
}
_COMPARE_I = (
    "np.equal",
    "np.not_equal",
    "np.less",
    "np.less_equal",
    "np.greater",
    "np.greater_equal",
)


def _truncating_divide(a: Any, b: Any) -> Any:
    """Rounds towards zero; dividing by 0 gives 0, the least number by -1 itself (as numpy does)."""
    inexact = (np.remainder(a, b) != 0) & ((a < 0) != (b < 0))
    return np.add(np.floor_divide(a, b), inexact, dtype=np.result_type(a))


def _integer_power(base: Any, exponent: Any) -> Any:
    """Wraps around; a negative exponent leaves the integer part, 0 for all bases but 1 and -1."""
    odd, power = exponent % 2 == 1, np.power(base, np.maximum(exponent, 0))
    return np.where(exponent < 0, np.where(np.abs(base) == 1, base**odd, 0), power)


def _ordered(a: Any, b: Any) -> Any:
    return ~(np.isnan(a) | np.isnan(b))


def _reciprocal_root(x: Any) -> Any:
    return 1.0 / np.sqrt(x)


SCOPE: Mapping[str, Any] = {
    "np": np,
    "truncating_divide": _truncating_divide,
    "convert": convert,
    "integer_power": _integer_power,
    "ordered": _ordered,
    "maximum": maximum,
    "minimum": minimum,
    "maximum_number": maximum_number,
    "minimum_number": minimum_number,
    "reciprocal_root": _reciprocal_root,
    "error_function": np.vectorize(math.erf, otypes=[np.float64]),
}
"""The names that expressions use."""


def value_source(op: Operation, operands: Sequence[str], *, vector: bool) -> str:
    """The expression that computes an op's result of its operands. Raises `CompileError`."""
    if not op.results:
        raise CompileError("the scalar unit cannot execute this op", op)
    result = op.results[0].type
    match op:
        case arith.ConstantOp(value=FloatAttr() as value):
            return f"np.{_numpy(result)}('{value.value.data!r}')"
        case arith.ConstantOp(value=IntegerAttr() as value):
            return f"np.{_numpy(result)}({value.value.data})"
        case arith.SelectOp():
            if vector:
                return f"np.where({', '.join(operands)})"
            return f"{operands[1]} if {operands[0]} else {operands[2]}"
        case arith.CmpiOp() if op.predicate.value.data < len(_COMPARE_I):
            return f"{_COMPARE_I[op.predicate.value.data]}({', '.join(operands)})"
        case arith.CmpfOp() if op.predicate.value.data in _COMPARE_F:
            return _COMPARE_F[op.predicate.value.data].format(*operands)
        case arith.FPToSIOp() | arith.FPToUIOp():
            return _truncated(operands[0], result)
        case arith.UIToFPOp() | arith.ExtUIOp():
            return _from_unsigned(op, operands[0], result)
        case _:
            return _call(op, operands, result)


def _call(op: Operation, operands: Sequence[str], result: Attribute) -> str:
    if type(op) in _BINARY:
        return f"{_BINARY[type(op)]}({', '.join(operands)})"
    if type(op) in _WIDE:
        wide = ", ".join(f"np.float64({o})" for o in operands)
        return f"np.{_numpy(result)}({_WIDE[type(op)]}({wide}))"
    if isinstance(op, _CASTS):
        # A signed i1 is 0 or -1.
        signed = isinstance(op, arith.SIToFPOp | arith.ExtSIOp)
        sign = "-" if signed and str(op.operands[0].type) == "i1" else ""
        return f"{sign}np.{_numpy(result)}({operands[0]})"
    raise CompileError(
        "the scalar unit cannot execute this op", op, hint="use arith, math and memref ops"
    )


def _truncated(operand: str, result: Attribute) -> str:
    return f"convert(np.asarray({operand}), np.dtype('{_numpy(result)}'))[()]"


def _from_unsigned(op: Operation, operand: str, result: Attribute) -> str:
    source = op.operands[0].type
    assert isinstance(source, IntegerType)
    if source.bitwidth == 1:
        return f"np.{_numpy(result)}({operand})"
    return f"np.{_numpy(result)}(np.uint{source.bitwidth}({operand}))"


def _numpy(type_: Attribute) -> str:
    """numpy's name of an element type. Raises `CompileError` for types numpy lacks."""
    name = "i64" if str(type_) == "index" else str(type_)
    if name not in DTYPES:
        raise CompileError(f"the machine has no elements of type {type_}")
    return str(np.dtype(DTYPES[name])) if name != "i1" else "bool_"
