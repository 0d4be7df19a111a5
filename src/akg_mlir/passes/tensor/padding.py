"""What the padding of a packed matrix holds: knowing it lets values stay packed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import with_operands
from akg_mlir.reference.te import evaluate, shaped


@dataclass(frozen=True)
class Padding:
    """The value of all padding elements in rows, and in columns, beyond the matrix.

    None when they differ or are unknown. A size that fills its fractals has padding of any value.
    """

    rows: float | None
    columns: float | None


ZERO = Padding(0.0, 0.0)


def of_elementwise(op: te.ElementwiseOp, operands: Sequence[Padding]) -> Padding:
    """The padding of `op` computed in the packed domain."""
    return Padding(
        _constant(op, [p.rows for p in operands]), _constant(op, [p.columns for p in operands])
    )


def _constant(op: te.ElementwiseOp, values: Sequence[float | None]) -> float | None:
    if any(v is None for v in values):
        return None
    scalars = [
        te.ConstantOp.splat(TensorType(te.element_of(v), []), _representable(x or 0.0, v)).result
        for v, x in zip(op.operands, values)
    ]
    point = with_operands(op, scalars)
    arrays = [np.full((), x, dtype=shaped(s)[1]) for s, x in zip(scalars, values)]
    with np.errstate(all="ignore"):
        value = float(evaluate(point, arrays))
    return value if math.isfinite(value) else None


def _representable(value: float, operand: SSAValue) -> float:
    return value if te.is_float(te.element_of(operand)) else int(value)
