"""Compute products with narrow results turned: rows of the result are long then."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression, functions
from akg_mlir.passes.tensor.workload import spread

NAME = "te-turn-products"
NARROW = 32
"""Columns that leave at least half of a vector instruction's lanes idle (64 of f32)."""
LONG = 64
"""Rows that fill its lanes instead."""


@dataclass(frozen=True)
class TeTurnProducts(ModulePass):
    """Compute `a b` as the transpose of `b' a'` where few columns would leave lanes idle.

    That is for f32, whose products the vector unit sums with the columns in its lanes, and for
    factors `a` that are given transposed, so that rows of the result lie next to each other there.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            for each in list(function.body.block.ops):
                if isinstance(each, te.ContractionOp) and _is_narrow(each):
                    _turn(each)


def _is_narrow(op: te.ContractionOp) -> bool:
    m, n, _ = op.sizes
    on_vector = te.element_of(op.a) == f32
    return on_vector and op.transpose_a is not None and n <= NARROW and m >= LONG


def _turn(op: te.ContractionOp) -> None:
    e = Expression(op)
    # b' is b read the other way round, and a' is what is given.
    turned = e(type(op)(op.b, op.a, transpose_a=op.transpose_b is None))
    spread(op, e.inserted)
    rank = len(te.shape_of(turned))
    result = e(te.TransposeOp(turned, [*range(rank - 2), rank - 1, rank - 2]))
    m, n, _ = op.sizes
    remark(NAME, "passed", f"{op.name}{location_of(op)}", "computed turned", columns=n, rows=m)
    e.finish(result)
