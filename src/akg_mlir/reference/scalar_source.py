"""Scalar ops (arith, math, accesses) as Python source over numpy scalars.

numpy scalars round after every operation to their own type, as the IR says; transcendentals are
computed in f64 and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
from xdsl.dialects import affine, arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import (
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    Signedness,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.lookup import LookupOp

_INFIX: dict[type[Operation], str] = {
    arith.AddfOp: "+",
    arith.SubfOp: "-",
    arith.MulfOp: "*",
    arith.DivfOp: "/",
    arith.AddiOp: "+",
    arith.SubiOp: "-",
    arith.MuliOp: "*",
    arith.AndIOp: "&",
    arith.OrIOp: "|",
    arith.XOrIOp: "^",
    arith.ShLIOp: "<<",
    arith.ShRSIOp: ">>",
}
_CALLS: dict[type[Operation], str] = {
    arith.MaxnumfOp: "np.fmax",
    arith.MinnumfOp: "np.fmin",
    arith.MaxSIOp: "np.maximum",
    arith.MinSIOp: "np.minimum",
    arith.NegfOp: "np.negative",
    arith.DivSIOp: "truncated_quotient",
    arith.RemSIOp: "np.fmod",
    math_dialect.AbsFOp: "np.abs",
    math_dialect.AbsIOp: "np.abs",
    math_dialect.IPowIOp: "integral_power",
    math_dialect.FloorOp: "np.floor",
    math_dialect.CeilOp: "np.ceil",
    math_dialect.RoundEvenOp: "np.rint",
}
# A NaN on either side is the result; numpy's functions are slow on single numbers.
_FORMS: dict[type[Operation], str] = {
    **{op: f"{{0}} {symbol} {{1}}" for op, symbol in _INFIX.items()},
    arith.MaximumfOp: "{0} if {0} >= {1} or {0} != {0} else {1}",
    arith.MinimumfOp: "{0} if {0} <= {1} or {0} != {0} else {1}",
}
_ROUNDED_ONCE: dict[type[Operation], str] = {
    math_dialect.ExpOp: "np.exp",
    math_dialect.LogOp: "np.log",
    math_dialect.SqrtOp: "np.sqrt",
    math_dialect.RsqrtOp: "1.0 / np.sqrt",
    math_dialect.TanhOp: "np.tanh",
    math_dialect.ErfOp: "math.erf",
    math_dialect.PowFOp: "np.power",
}
_CASTS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.UIToFPOp,
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.TruncIOp,
    arith.IndexCastOp,
)
# Templates by predicate number; Python's own comparisons are the ordered ones.
_COMPARE_F = (
    "False",
    "{0} == {1}",
    "{0} > {1}",
    "{0} >= {1}",
    "{0} < {1}",
    "{0} <= {1}",
    "({0} < {1} or {0} > {1})",
    "({0} == {0} and {1} == {1})",
    "not ({0} < {1} or {0} > {1})",
    "not {0} <= {1}",
    "not {0} < {1}",
    "not {0} >= {1}",
    "not {0} > {1}",
    "{0} != {1}",
    "({0} != {0} or {1} != {1})",
    "True",
)
_COMPARE_I = (
    "{0} == {1}",
    "{0} != {1}",
    "{0} < {1}",
    "{0} <= {1}",
    "{0} > {1}",
    "{0} >= {1}",
)


def truncated_quotient(a: np.integer[Any], b: np.integer[Any]) -> np.integer[Any]:
    """Integer division that rounds towards zero and wraps around; by 0 it gives 0."""
    quotient = abs(int(a)) // abs(int(b)) if b else 0
    signed = quotient if (int(a) < 0) == (int(b) < 0) else -quotient
    half = 1 << (8 * a.itemsize - 1)
    return a.dtype.type((signed + half) % (2 * half) - half)


def integral_power(base: np.integer[Any], exponent: np.integer[Any]) -> np.integer[Any]:
    """Integer power that wraps around; of a negative exponent the integer part, 0 for 0."""
    half = 1 << (8 * base.itemsize - 1)
    whole = int(base)
    if exponent < 0:
        power = 0 if abs(whole) != 1 else whole ** (int(exponent) % 2)
    else:
        power = pow(whole, int(exponent), 2 * half)
    return base.dtype.type((power + half) % (2 * half) - half)


def saturated(x: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, np.dtype[Any]]:
    """Floats as integers: truncated towards zero, the nearest integer there is, NaN as 0."""
    limits = np.iinfo(dtype)
    whole = np.trunc(np.asarray(x, np.float64))
    # The greatest i64 is no f64: what reaches it is replaced after conversion.
    above = whole >= limits.max
    inside = np.where(np.isnan(whole) | above, 0, np.maximum(whole, limits.min))
    return np.where(above, limits.max, inside.astype(dtype)).astype(dtype)


HELPERS: Mapping[str, Any] = {
    "np": np,
    "math": math,
    "truncated_quotient": truncated_quotient,
    "integral_power": integral_power,
    "saturated": saturated,
}


def numpy_type(type_: Attribute) -> str:
    """numpy's name for an element type. Raises `CompileError` for types numpy lacks."""
    match type_:
        case Float16Type():
            return "float16"
        case Float32Type():
            return "float32"
        case Float64Type():
            return "float64"
        case IndexType():
            return "int64"
        case IntegerType():
            unsigned = "u" if type_.signedness.data is Signedness.UNSIGNED else ""
            return "bool_" if type_.width.data == 1 else f"{unsigned}int{type_.width.data}"
        case _:
            raise CompileError(f"element type {type_} has no reference semantics")


class SourceWriter:
    """Collects lines of Python; every SSA value gets a name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self._names: dict[SSAValue, str] = {}
        self._fresh = count()

    def name(self, value: SSAValue) -> str:
        return self._names[value]

    def bind(self, value: SSAValue, text: str | None = None) -> str:
        """Name a value: an existing expression, or a fresh variable (also the second time: a
        statement may be written in several places)."""
        self._names[value] = f"v{next(self._fresh)}" if text is None else text
        return self._names[value]

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def assign(self, value: SSAValue, text: str) -> None:
        self.line(f"{self.bind(value)} = {text}")

    def compile(self, name: str, parameters: list[str]) -> Callable[..., None]:
        """The collected lines as a Python function."""
        source = f"def {name}({', '.join(parameters)}):\n" + "\n".join([*self.lines, "    return"])
        scope: dict[str, Any] = dict(HELPERS)
        exec(compile(source, f"<{name}>", "exec"), scope)
        return scope[name]


def map_source(map_: AffineMap, operands: Sequence[str]) -> list[str]:
    """The results of an affine map in Python: dimensions first among the operands, then symbols."""
    dims = [AffineExpr.dimension(d) for d in range(len(operands))]
    split = map_.num_dims
    return [
        affine_source(e.replace_dims_and_symbols(dims[:split], dims[split:]), list(operands))
        for e in map_.results
    ]


def affine_source(expr: AffineExpr, operands: list[str]) -> str:
    """An affine expression in Python, whose // and % floor as affine's do."""
    match expr:
        case AffineConstantExpr():
            return str(expr.value)
        case AffineDimExpr():
            return operands[expr.position]
        case AffineBinaryOpExpr():
            lhs, rhs = affine_source(expr.lhs, operands), affine_source(expr.rhs, operands)
            if expr.kind is AffineBinaryOpKind.CeilDiv:
                return f"(-((-{lhs}) // {rhs}))"
            symbols = {
                AffineBinaryOpKind.Add: "+",
                AffineBinaryOpKind.Mul: "*",
                AffineBinaryOpKind.FloorDiv: "//",
                AffineBinaryOpKind.Mod: "%",
            }
            return f"({lhs} {symbols[expr.kind]} {rhs})"
        case _:
            raise CompileError(f"not an affine expression of dimensions: {expr}")


def _element(writer: SourceWriter, op: affine.LoadOp | affine.StoreOp) -> str:
    assert op.map is not None
    operands = [writer.name(i) for i in op.indices]
    subscript = ", ".join(affine_source(e, operands) for e in op.map.data.results)
    return f"{writer.name(op.memref)}[{subscript or '()'}]"


def _looked_up(writer: SourceWriter, op: LookupOp) -> str:
    place, size = writer.name(op.place), op.places
    if op.from_end is not None:
        place = f"({place} + {size} * ({place} < 0))"
    operands = [writer.name(i) for i in op.indices]
    subscripts = [affine_source(e, operands) for e in op.map.data.results]
    subscripts[op.dim.value.data] = f"int({place})"
    zero = f"np.{numpy_type(op.result.type)}(0)"
    return f"{writer.name(op.memref)}[{', '.join(subscripts)}] if 0 <= {place} < {size} else {zero}"


def _write_access(writer: SourceWriter, op: affine.LoadOp | LookupOp | affine.StoreOp) -> None:
    match op:
        case affine.LoadOp():
            writer.assign(op.result, _element(writer, op))
        case LookupOp():
            writer.assign(op.result, _looked_up(writer, op))
        case affine.StoreOp():
            writer.line(f"{_element(writer, op)} = {writer.name(op.value)}")


def write_scalar(writer: SourceWriter, op: Operation) -> None:
    """Append one scalar op. Raises `CompileError` for ops without reference semantics."""
    kind = type(op)
    names = [writer.name(o) for o in op.operands] if kind not in _ACCESSES else []
    if isinstance(op, _ACCESSES):
        _write_access(writer, op)
    elif isinstance(op, arith.ConstantOp):
        writer.assign(op.result, _constant(op))
    elif isinstance(op, affine.ApplyOp):
        writer.assign(op.result, map_source(op.map.data, names)[0])
    elif kind in _FORMS:
        writer.assign(op.results[0], _FORMS[kind].format(*names))
    elif kind in _CALLS:
        writer.assign(op.results[0], f"{_CALLS[kind]}({', '.join(names)})")
    elif kind in _ROUNDED_ONCE:
        wide = ", ".join(f"np.float64({n})" for n in names)
        target = numpy_type(op.results[0].type)
        writer.assign(op.results[0], f"np.{target}({_ROUNDED_ONCE[kind]}({wide}))")
    elif isinstance(op, _CASTS):
        writer.assign(op.results[0], f"np.{numpy_type(op.results[0].type)}({names[0]})")
    elif isinstance(op, arith.FPToSIOp | arith.FPToUIOp):
        target = numpy_type(op.result.type)
        writer.assign(op.result, f"saturated({names[0]}, np.dtype('{target}'))[()]")
    elif isinstance(op, arith.SelectOp):
        writer.assign(op.result, f"{names[1]} if {names[0]} else {names[2]}")
    elif isinstance(op, (arith.CmpfOp, arith.CmpiOp)):
        writer.assign(op.result, _compare(op, names))
    else:
        raise CompileError("no reference semantics for this op", op)


_ACCESSES = (affine.LoadOp, LookupOp, affine.StoreOp)


def _constant(op: arith.ConstantOp) -> str:
    match op.value:
        case FloatAttr():
            return f"np.{numpy_type(op.result.type)}('{float(op.value.value.data)!r}')"
        case IntegerAttr():
            return f"np.{numpy_type(op.result.type)}({op.value.value.data})"
        case _:
            raise CompileError("only scalar constants have reference semantics", op)


def _compare(op: arith.CmpfOp | arith.CmpiOp, names: list[str]) -> str:
    table = _COMPARE_F if isinstance(op, arith.CmpfOp) else _COMPARE_I
    predicate = op.predicate.value.data
    if predicate >= len(table):
        raise CompileError("unsigned comparison has no reference semantics", op)
    return f"np.bool_({table[predicate].format(*names)})"
