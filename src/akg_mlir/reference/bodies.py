"""What `te.compute` means: its scalar expression on arrays of all points at once.

As elsewhere, floats are computed in f64; the result is rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineMap

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import is_float
from akg_mlir.reference.scalar_source import numpy_type, saturated

Array = np.ndarray[Any, np.dtype[Any]]

MOST_POINTS = 1 << 22
"""Points of the box that are computed at a time."""


def quotient(lhs: Array, rhs: Array) -> Array:
    """Of integers: truncated towards zero, wrapping around; by 0 it is 0."""
    if lhs.dtype.kind == "f":
        return lhs / rhs
    divisor = np.where(rhs == 0, 1, rhs)
    quotient, rest = np.divmod(lhs, divisor)
    return np.where(rhs == 0, 0, quotient + ((rest != 0) & ((lhs < 0) != (rhs < 0))))


def remainder(lhs: Array, rhs: Array) -> Array:
    """What `quotient` of integers leaves, with the sign of `lhs`; by 0 it is 0."""
    return np.where(rhs == 0, 0, lhs - quotient(lhs, rhs) * rhs)


_REDUCE: dict[te.Reduction, np.ufunc] = {
    te.Reduction.ADD: np.add,
    te.Reduction.MAX: np.maximum,
    te.Reduction.MIN: np.minimum,
    te.Reduction.MUL: np.multiply,
}
_FUNCTIONS: dict[type[Operation], Callable[..., Any]] = {
    arith.AddfOp: np.add,
    arith.AddiOp: np.add,
    arith.AndIOp: np.bitwise_and,
    arith.DivfOp: quotient,
    arith.DivSIOp: quotient,
    arith.MaximumfOp: np.maximum,
    arith.MaxSIOp: np.maximum,
    arith.MinimumfOp: np.minimum,
    arith.MinSIOp: np.minimum,
    arith.MulfOp: np.multiply,
    arith.MuliOp: np.multiply,
    arith.NegfOp: np.negative,
    arith.OrIOp: np.bitwise_or,
    arith.SelectOp: np.where,
    arith.SubfOp: np.subtract,
    arith.SubiOp: np.subtract,
    arith.RemSIOp: remainder,
    arith.ShLIOp: np.left_shift,
    arith.ShRSIOp: np.right_shift,
    arith.XOrIOp: np.bitwise_xor,
    math_dialect.AbsFOp: np.abs,
    math_dialect.AbsIOp: np.abs,
    math_dialect.ErfOp: np.vectorize(math.erf, otypes=[np.float64]),
    math_dialect.ExpOp: np.exp,
    math_dialect.LogOp: np.log,
    math_dialect.PowFOp: np.power,
    math_dialect.RsqrtOp: lambda x: 1 / np.sqrt(x),  # pyright: ignore
    math_dialect.SqrtOp: np.sqrt,
    math_dialect.AcosOp: np.arccos,
    math_dialect.AcoshOp: np.arccosh,
    math_dialect.AsinOp: np.arcsin,
    math_dialect.AsinhOp: np.arcsinh,
    math_dialect.AtanOp: np.arctan,
    math_dialect.AtanhOp: np.arctanh,
    math_dialect.CosOp: np.cos,
    math_dialect.CoshOp: np.cosh,
    math_dialect.SinOp: np.sin,
    math_dialect.SinhOp: np.sinh,
    math_dialect.TanOp: np.tan,
    math_dialect.TanhOp: np.tanh,
    math_dialect.FloorOp: np.floor,
    math_dialect.CeilOp: np.ceil,
    math_dialect.RoundEvenOp: np.rint,
}
# By predicate number; the others are unordered or unsigned.
_COMPARE_F: dict[int, np.ufunc] = {
    1: np.equal,
    2: np.greater,
    3: np.greater_equal,
    4: np.less,
    5: np.less_equal,
    13: np.not_equal,
}
_COMPARE_I: dict[int, np.ufunc] = {
    0: np.equal,
    1: np.not_equal,
    2: np.less,
    3: np.less_equal,
    4: np.greater,
    5: np.greater_equal,
}
_CONVERSIONS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.UIToFPOp,
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.TruncIOp,
)


def compute(op: te.ComputeOp, *arrays: Array) -> Array:
    """The result of a `te.compute` on arrays of its operands' shapes."""
    points = _points(op, arrays)
    if op.into is None:
        return points
    result = np.empty(te.shape_of(op.result), points.dtype)
    result[_place(op.into.data, np.ogrid[tuple(map(slice, op.bounds))])] = points
    return result


def _points(op: te.ComputeOp, arrays: tuple[Array, ...]) -> Array:
    """The value of every point, reduced."""
    first, *inner = op.bounds or (1,)
    rows = max(1, MOST_POINTS // math.prod(inner))
    reduced = tuple(k for k, kind in enumerate(op.iterators) if kind == te.Iterator.REDUCTION)
    if 0 in reduced or not op.bounds:
        rows = first
    parts = [
        _part(op, arrays, range(start, min(start + rows, first)), reduced)
        for start in range(0, first, rows)
    ]
    return parts[0] if not op.bounds else np.concatenate(parts) if len(parts) > 1 else parts[0]


def _part(
    op: te.ComputeOp, arrays: tuple[Array, ...], rows: range, reduced: tuple[int, ...]
) -> Array:
    """The points whose first iterator is in `rows`."""
    bounds = (len(rows), *op.bounds[1:]) if op.bounds else ()
    grid = list(np.ogrid[tuple(slice(size) for size in bounds)])
    if grid:
        grid[0] = grid[0] + rows.start
    values: dict[SSAValue, Array] = {}
    for argument, array, map_ in zip(op.body.block.args, arrays, op.operand_maps):
        values[argument] = _wide(array[_place(map_, grid)])
    for inner in op.body.block.ops:
        if isinstance(inner, te.YieldOp):
            break
        values[inner.results[0]] = _scalar(inner, [values[v] for v in inner.operands])
    value = np.broadcast_to(values[op.yielded], bounds)
    if op.reduction is None:
        return value
    return np.asarray(_REDUCE[op.reduction].reduce(value, axis=reduced, dtype=value.dtype))


def _place(map_: AffineMap, grid: Sequence[Array]) -> tuple[Array, ...]:
    """The subscripts of a map at the points of an open grid."""
    return tuple(expr.eval(grid, []) for expr in map_.results)  # pyright: ignore


def _wide(array: Array) -> Array:
    return array if array.dtype.kind in "biu" else array.astype(np.float64)


def _scalar(op: Operation, operands: list[Array]) -> Array:
    if isinstance(op, arith.ConstantOp):
        value = op.value
        assert isinstance(value, FloatAttr | IntegerAttr)
        return _wide(np.asarray(value.value.data).astype(numpy_type(op.result.type)))
    if isinstance(op, arith.CmpfOp | arith.CmpiOp):
        table = _COMPARE_F if isinstance(op, arith.CmpfOp) else _COMPARE_I
        return np.asarray(table[op.predicate.value.data](*operands))
    if isinstance(op, arith.FPToSIOp | arith.FPToUIOp):
        return saturated(operands[0], np.dtype(numpy_type(op.result.type)))
    if isinstance(op, _CONVERSIONS):
        to = op.results[0].type
        return operands[0].astype(np.float64 if is_float(to) else numpy_type(to))
    if type(op) not in _FUNCTIONS:
        raise CompileError("no reference semantics for this op in a body", op)
    return np.asarray(_FUNCTIONS[type(op)](*operands))
