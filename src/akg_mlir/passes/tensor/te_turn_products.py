"""Products of the vector unit in the order of loops that fills its lanes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f16, f32
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.rewriting import Expression, functions, nested
from akg_mlir.passes.tensor.workload import hand_on, spread
from akg_mlir.targets import Target

NAME = "te-turn-products"
NARROW = 32
"""Columns that leave at least half of a vector instruction's lanes idle (64 of f32)."""
LONG = 64
"""Rows, or elements of a sum, that fill its lanes instead."""
BLOCK = 8
"""Elements of f32 in a block: lanes come in whole ones."""
FEW = 1024
"""Results below which adding up lanes costs more than it saves, where they sum less than `STEPS`
elements each."""
STEPS = 8
LONG_ROW = 8192
"""Elements that no more results than `FRACTAL` sum from which cores share `k` instead of lanes
(te-split-reductions)."""
ROWS = 16
"""Rows of results that keep the cores busy with long columns of weights. With fewer, every core
needs two instructions of them: bursts of shorter columns take longer than rows of the weights."""
LONG_SUM = 512
"""Elements that results of a single fractal sum from which the vector units of all cores, which
share the results out, take less time than the cube of the one core that would have the fractal."""


@dataclass(frozen=True)
class TeTurnProducts(ModulePass):
    """Compute f32 products in an order of loops that fills the lanes of the vector unit.

    Where few columns would leave lanes idle and the factor `a` is given transposed, so that rows of
    the result lie next to each other there, or can be turned on chip for that, `a b` is the
    transpose of `b' a'`. Where both factors follow `k` in memory, every lane sums its own share of
    `k` (all elements of the same remainder) and the lanes are added up last: else each element of
    the result would be a product of rows and a sum of its own. Few columns of other factors are
    turned for that; one row or column follows `k` as it is. Sums are then taken in another order.
    Products of f16 with that layout that are long sums for no more than one fractal of results
    become such f32 products: the cube would multiply them on one core, behind kernels that pack.
    Weights that follow `k` are transposed instead, by the host, where long columns of them fill the
    lanes.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        for function in functions(op):
            products = [o for o in function.body.block.ops if isinstance(o, te.ContractionOp)]
            for each in map(_along_k, products):
                if _is_one_fractal(each, target):
                    each = _widen(each)
                if te.element_of(each.a) != f32:
                    continue
                if _is_narrow(each, target):
                    _turn(each)
                elif _may_transpose(each, target):
                    _transpose(each)
                else:
                    each = _turn_columns(each) if _has_few_columns(each) else each
                    if lanes := _lanes(each):
                        _sum_in_lanes(each, lanes)


def _along_k(op: te.ContractionOp) -> te.ContractionOp:
    """The product whose factors of one row or column follow `k`, as they do in either order."""
    m, n, _ = op.sizes
    row, column = op.transpose_a is not None and m == 1, op.transpose_b is None and n == 1
    if not row and not column:
        return op
    e = Expression(op)
    a, b = (_as_row(e, value) if one else value for value, one in ((op.a, row), (op.b, column)))
    flags = op.transpose_a is not None and not row, op.transpose_b is not None or column
    product = type(op)(a, b, *flags, te.element_of(op.result))
    hand_on(op, product)
    e.finish(e(product))
    return product


def _as_row(e: Expression, column: SSAValue) -> SSAValue:
    *batch, k, one = te.shape_of(column)
    return e.reshaped(column, [*batch, one, k])


def _is_one_fractal(op: te.ContractionOp, target: Target) -> bool:
    """Long f16 sums along rows of both factors, for results that the cube has on one core."""
    m, n, k = op.sizes
    along = op.transpose_a is None and op.transpose_b is not None
    few = prod(op.batch) == 1 and max(m, n) <= FRACTAL and k >= LONG_SUM
    widened = target.supports("vconv", "f16->f32") and target.supports("vmul", "f32")
    return te.element_of(op.a) == f16 and along and few and widened


def _widen(op: te.ContractionOp) -> te.ContractionOp:
    """The product of the factors in f32, rounded as it was; returns the product."""
    e = Expression(op)
    product = type(op)(e.cast(op.a, f32), e.cast(op.b, f32), transpose_b=True)
    message = "on the vector unit: its results are one fractal"
    remark(NAME, "passed", f"{op.name}{location_of(op)}", message, k=op.sizes[2])
    e.finish(e.cast(e(product), te.element_of(op.result)))
    return product


def pays_turning(m: int, n: int, target: Target) -> bool:
    """Whether `m` rows of `n` columns are computed turned although `a` has to be turned on chip:
    few columns of long rows, of which every core has a block of columns."""
    return n <= NARROW and m >= LONG and m * n >= target.cores * LONG * BLOCK


def _is_narrow(op: te.ContractionOp, target: Target) -> bool:
    """Few columns of long rows. (Where both factors follow `k`, lanes share that.)"""
    m, n, _ = op.sizes
    if op.transpose_a is not None:
        return n <= NARROW and m >= LONG
    return op.transpose_b is None and pays_turning(m, n, target)


def _turn(op: te.ContractionOp) -> None:
    e = Expression(op)
    # b' is b read the other way round, and a' is what is given.
    turned = e(
        type(op)(op.b, op.a, transpose_a=op.transpose_b is None, transpose_b=op.transpose_a is None)
    )
    spread(op, e.inserted)
    rank = len(te.shape_of(turned))
    result = e(te.TransposeOp(turned, [*range(rank - 2), rank - 1, rank - 2]))
    m, n, _ = op.sizes
    remark(NAME, "passed", f"{op.name}{location_of(op)}", "computed turned", columns=n, rows=m)
    e.finish(result)


def _may_transpose(op: te.ContractionOp, target: Target) -> bool:
    """Whether the factor `b` is weights whose columns follow each other as soon as the host has
    transposed them."""
    m, n, _ = op.sizes
    along = op.transpose_a is None and op.transpose_b is not None
    enough = m >= ROWS or prod(op.batch) * n >= 2 * LONG * target.cores
    return along and n >= LONG and enough and is_weight(op.b)


def _transpose(op: te.ContractionOp) -> None:
    e, rank = Expression(op), len(op.batch)
    weights = e(te.TransposeOp(op.b, [*range(rank), rank + 1, rank]))
    product = type(op)(op.a, weights)
    hand_on(op, product)
    remark(NAME, "passed", f"{op.name}{location_of(op)}", "weights transposed", rows=op.sizes[1])
    e.finish(e(product))


def _has_few_columns(op: te.ContractionOp) -> bool:
    """Whether lanes may share the sums of few columns, once these are turned."""
    m, n, k = op.sizes
    plain = op.transpose_a is None and op.transpose_b is None
    return plain and n <= FRACTAL <= m and k >= LONG


def _turn_columns(op: te.ContractionOp) -> te.ContractionOp:
    """The product with `b` transposed, in place of `op`."""
    e, rank = Expression(op), len(op.batch)
    columns = e(te.TransposeOp(op.b, [*range(rank), rank + 1, rank]))
    product = type(op)(op.a, columns, transpose_b=True)
    hand_on(op, product)
    e.finish(e(product))
    return product


def _lanes(op: te.ContractionOp) -> int:
    """The most lanes that share `k` evenly, several elements each; 0 if that leaves more than half
    of them idle, or is not worth it. (Of a single row, products come as fast as its factor.)"""
    m, n, k = op.sizes
    results = prod(op.batch) * m * n
    if op.transpose_a is not None or op.transpose_b is None or m == 1:
        return 0
    if results <= FRACTAL and k >= LONG_ROW:
        return 0
    possible = range(NARROW, min(LONG, k // 2) + 1, BLOCK)
    lanes = max((lanes for lanes in possible if k % lanes == 0), default=0)
    return lanes if results >= FEW or k >= STEPS * lanes else 0


def _sum_in_lanes(op: te.ContractionOp, lanes: int) -> None:
    """`sum over l of (sum over i of a[m, lanes i + l] b[n, lanes i + l])`."""
    m, n, k = op.sizes
    e, rank = Expression(op), len(op.batch)
    batch = [AffineExpr.dimension(d) for d in range(rank)]
    row, column, lane, step = (AffineExpr.dimension(rank + d) for d in range(4))
    maps = [AffineMap(rank + 4, 0, (*batch, side, step * lanes + lane)) for side in (row, column)]
    shape = [*op.batch, m, n, lanes]
    sums = nested(op, op.operands, [*shape, k // lanes], maps, len(shape))
    hand_on(op, sums)
    result = e(te.ReduceOp(te.Reduction.ADD, e(sums), [rank + 2]))
    remark(NAME, "passed", f"{op.name}{location_of(op)}", "lanes share k", lanes=lanes, k=k)
    e.finish(result)
