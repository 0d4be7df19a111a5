"""Element-wise arithmetic of the vector unit.

Everything rounds once to the operand type, to nearest even. Transcendentals are computed in f64;
`vmla` and `vaxpy` round after the multiply and after the add. Integers wrap, except that
conversions to an integer truncate and saturate (not-a-number becomes 0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from akg_mlir.machine.program import Array


def convert(values: Array, dtype: np.dtype[Any]) -> Array:
    """`vconv`: floats round to nearest even, float to integer truncates and saturates."""
    if values.dtype.kind == "f" and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        truncated = np.nan_to_num(
            np.trunc(values.astype(np.float64)), posinf=np.inf, neginf=-np.inf
        )
        # The greatest i64 is no f64: what reaches it is replaced after conversion.
        above = truncated >= limits.max
        inside = np.where(above, 0, np.maximum(truncated, limits.min)).astype(dtype)
        return np.where(above, limits.max, inside).astype(dtype)
    if values.dtype.kind in "iu" and dtype.kind == "f":
        return values.astype(np.float64).astype(dtype)
    return values.astype(dtype)


def maximum(a: Array, b: Array) -> Array:
    """Not-a-number where an operand is; 0 is greater than -0, of which numpy takes either."""
    larger = np.maximum(a, b)
    zeros = _zeros(a, b)
    return np.where(zeros, a + b, larger) if np.any(zeros) else larger


def minimum(a: Array, b: Array) -> Array:
    """Not-a-number where an operand is; -0 is less than 0."""
    smaller = np.minimum(a, b)
    zeros = _zeros(a, b)
    return np.where(zeros, -(-a - b), smaller) if np.any(zeros) else smaller


def maximum_number(a: Array, b: Array) -> Array:
    """The other operand where one is not-a-number."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, maximum(a, b)))


def minimum_number(a: Array, b: Array) -> Array:
    """The other operand where one is not-a-number."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, minimum(a, b)))


def _zeros(a: Array, b: Array) -> Any:
    """Where both operands are zeros of floats, of either sign."""
    return np.result_type(a).kind == "f" and (a == 0) & (b == 0)


def _wide(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def rounded_once(values: Array) -> Array:
        return function(values.astype(np.float64)).astype(values.dtype)

    return rounded_once


def _reciprocal(values: Array) -> Array:
    return 1.0 / values


def _reciprocal_root(values: Array) -> Array:
    return 1.0 / np.sqrt(values)


def _relu(values: Array) -> Array:
    return maximum(values, values.dtype.type(0))


BINARY: Mapping[str, Callable[[Array, Array], Array]] = {
    "vadd": np.add,
    "vsub": np.subtract,
    "vmul": np.multiply,
    "vdiv": np.divide,
    "vmax": maximum,
    "vmin": minimum,
    "vand": np.bitwise_and,
    "vor": np.bitwise_or,
}

UNARY: Mapping[str, Callable[[Array], Array]] = {
    "vexp": _wide(np.exp),
    "vln": _wide(np.log),
    "vsqrt": _wide(np.sqrt),
    "vrsqrt": _wide(_reciprocal_root),
    "vrec": _wide(_reciprocal),
    "vabs": np.abs,
    "vrelu": _relu,
    "vnot": np.invert,
}

SCALAR: Mapping[str, Callable[[Array, Array], Array]] = {"vadds": np.add, "vmuls": np.multiply}

COMPARE: Mapping[str, Callable[[Array, Array], Array]] = {
    "vcmp_eq": np.equal,
    "vcmp_ne": np.not_equal,
    "vcmp_lt": np.less,
    "vcmp_le": np.less_equal,
    "vcmp_gt": np.greater,
    "vcmp_ge": np.greater_equal,
}


def multiply_add(first: Array, second: Array, accumulator: Array) -> Array:
    """`vmla` and `vaxpy`: two roundings."""
    return accumulator + first * second


def tree(combine: Callable[[Array, Array], Array], values: Array) -> Array:
    """Combine the last axis (a power of two long) as a balanced binary tree of neighbours."""
    while values.shape[-1] > 1:
        values = combine(values[..., 0::2], values[..., 1::2])
    return values[..., 0]
