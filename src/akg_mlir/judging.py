"""When a result counts as right: tolerances by element type and by what the program computes.

A result is right when `max|out - ref| <= tol * max(max|ref|, 1e-6)` and 99.9 % of its elements are
within `10 * tol`, relative to the reference, or within what is resolved next to the largest (two
steps of f16, or of f32 where nothing was rounded to f16: sums that cancel); integers and booleans
must be equal, except that 0.1 % of the comparisons of floating-point values may fall on the other
side of the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects import affine
from xdsl.dialects.builtin import Float16Type, ModuleOp, TensorType
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from akg_mlir.dialects import te

Array = np.ndarray[Any, np.dtype[Any]]

F32, F32_LONG = 1e-4, 1e-3
F16_WIDE, F16_PURE = 5e-3, 2e-2
LONG_REDUCTION = 1024
EDGE_CASES = 1e-3
SMALLEST_SCALE = 1e-6

_CHAINS = (
    te.ExpOp,
    te.ErfOp,
    te.LogOp,
    te.PowOp,
    te.TanhOp,
    te.SigmoidOp,
    te.GeluOp,
    te.SoftmaxOp,
    te.LayerNormOp,
    te.TrigonometricOp,
)
_REDUCTIONS = (te.ReduceOp, te.SoftmaxOp, te.LayerNormOp)


@dataclass(frozen=True)
class Tolerance:
    """Relative tolerances of the results of a program, by element type."""

    f16: float
    f32: float
    compares: bool

    def of(self, dtype: np.dtype[Any]) -> float:
        """The tolerance of results of this type; 0 when they must be equal."""
        if dtype.kind in "biu":
            return 0.0
        return self.f16 if dtype.itemsize <= 2 else self.f32


@dataclass(frozen=True)
class Judgement:
    """`error` is `max|out - ref|` over `max|ref|`, or the fraction of unequal integers."""

    ok: bool
    error: float
    tolerance: float


def tolerance_of(module: ModuleOp, *, mixed_precision: bool = False) -> Tolerance:
    """The tolerances that a program deserves.

    f32: 1e-4, or 1e-3 with reductions of 1024 and more or with exp and its like; 5e-3 when
    contractions run in f16 (mixed precision). f16: 5e-3 when only stored as f16 and accumulated
    in f32, 2e-2 when functions or sums are computed in f16 itself, as loops may do.
    """
    chains = pure = compares = False
    longest = 0
    for op in module.walk():
        chains |= isinstance(op, (*_CHAINS, affine.LoadOp))
        compares |= isinstance(op, te.CompareOp)
        in_f16 = any(_element_is_f16(value.type) for value in op.operands)
        pure |= in_f16 and isinstance(op, _CHAINS + _REDUCTIONS)
        pure |= isinstance(op, affine.LoadOp)
        longest = max(longest, _reduction_length(op))
    f32 = F32_LONG if chains or longest >= LONG_REDUCTION else F32
    return Tolerance(
        f16=F16_PURE if pure else F16_WIDE,
        f32=F16_WIDE if mixed_precision else f32,
        compares=compares,
    )


def _element_is_f16(type_: Attribute) -> bool:
    return isinstance(type_, TensorType) and isinstance(type_.get_element_type(), Float16Type)


def _reduction_length(op: object) -> int:
    """An upper bound of how many elements one element of the result accumulates."""
    match op:
        case te.ReduceOp() | te.SoftmaxOp() | te.LayerNormOp():
            type_ = op.operands[0].type
            return max(type_.get_shape(), default=0) if isa(type_, TensorType) else 0
        case te.ComputeOp():
            return max(op.bounds, default=0)
        case te.MatmulOp() | te.BatchMatmulOp():
            type_ = op.operands[0].type
            return max(type_.get_shape()[-2:]) if isa(type_, TensorType) else 0
        case _:
            return 0


def judge(result: Array, expected: Array, tolerance: Tolerance) -> Judgement:
    """Compare a result with the reference. Not-a-numbers and infinities must agree in place."""
    if result.shape != expected.shape or result.dtype != expected.dtype:
        return Judgement(False, float("inf"), 0.0)
    if expected.size == 0:
        return Judgement(True, 0.0, 0.0)
    allowed = tolerance.of(expected.dtype)
    if expected.dtype.kind in "biu":
        unequal = float(np.count_nonzero(result != expected)) / expected.size
        return Judgement(unequal <= (EDGE_CASES if tolerance.compares else 0.0), unequal, allowed)
    return _judge_floats(result.astype(np.float64), expected.astype(np.float64), allowed)


def judge_all(
    results: Sequence[Array], expected: Sequence[Array], tolerance: Tolerance
) -> Judgement:
    """The judgement of all results, with the largest error among them."""
    if len(results) != len(expected):
        return Judgement(False, float("inf"), 0.0)
    judged = [judge(got, want, tolerance) for got, want in zip(results, expected)]
    return max(judged, key=lambda j: (not j.ok, j.error), default=Judgement(True, 0.0, 0.0))


def _resolution(tolerance: float) -> float:
    """The distance of neighbouring numbers near 1 in the type that a tolerance was made for."""
    return float(np.finfo(np.float16 if tolerance >= F16_WIDE else np.float32).eps)


def _judge_floats(result: Array, expected: Array, tolerance: float) -> Judgement:
    finite = np.isfinite(expected)
    same_specials = np.array_equal(result[~finite], expected[~finite], equal_nan=True)
    if not same_specials or not np.isfinite(result[finite]).all():
        return Judgement(False, float("inf"), tolerance)
    if not finite.any():
        return Judgement(True, 0.0, tolerance)
    result, expected = result[finite], expected[finite]
    difference = np.abs(result - expected)
    scale = max(float(np.max(np.abs(expected))), SMALLEST_SCALE)
    error = float(np.max(difference)) / scale
    # Relative to an element, but never finer than what was resolved next to the largest.
    finest = max(10 * tolerance**2, 2 * _resolution(tolerance)) * scale
    close = difference <= np.maximum(10 * tolerance * np.abs(expected), finest)
    return Judgement(error <= tolerance and bool(np.mean(close) >= 0.999), error, tolerance)


def same_bits(first: Sequence[Array], second: Sequence[Array]) -> bool:
    """Whether results of one program are equal bit for bit, types and shapes included."""
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(first, second, strict=True)
    )
