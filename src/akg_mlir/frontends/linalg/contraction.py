"""Sums of products of two matrices, in whatever order of loops, as matrix products."""

from __future__ import annotations

from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.linalg.operands import arranged, plain
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter, Function


def contracts(nest: Structured, a: int, b: int) -> bool:
    """Whether the product is one of matrices: each operand has loops of its own, and all k."""
    left, right = (_loops(nest, x) for x in (a, b))
    covered = nest.reductions <= left & right and len(left | right) == len(nest.bounds)
    return covered and bool(left - right) and bool(right - left)


def contract(
    nest: Structured, a: int, b: int, function: Function, emit: Emitter, to: Attribute
) -> SSAValue:
    """A (batch) matmul: loops in both operands are batch or k, those in one are m or n.

    Loops that run once are none of them. The result has one dimension per parallel loop.
    """
    left, right = (_running(nest, x) for x in (a, b))
    batch = sorted((left & right) - nest.reductions)
    k = sorted(left & right & nest.reductions)
    m, n = sorted(left - right), sorted(right - left)
    lhs, swapped_a = _matrix(nest, a, batch, m, k, function, emit)
    rhs, swapped_b = _matrix(nest, b, batch, k, n, function, emit)
    cls = te.BatchMatmulOp if batch else te.MatmulOp
    product = emit(cls(lhs, rhs, swapped_a, swapped_b, to))
    order = [*batch, *m, *n]
    product = emit.reshape(product, [nest.bounds[loop] for loop in order])
    product = emit.transpose(product, [order.index(loop) for loop in sorted(order)])
    return emit.reshape(product, [nest.bounds[loop] for loop in nest.parallel])


def _matrix(
    nest: Structured,
    number: int,
    batch: list[int],
    rows: list[int],
    columns: list[int],
    function: Function,
    emit: Emitter,
) -> tuple[SSAValue, bool]:
    """An operand with a dimension per batch loop, then one for the loops of its rows and one for
    those of its columns; and whether these two are swapped, because it lies so."""
    value = function.value(nest.inputs[number], nest.op)
    taken, loops = plain(value, nest.accesses[number], nest.bounds, emit)
    taken, loops = _shown(taken, loops)
    running = [loop for loop in loops if loop is not None and nest.bounds[loop] > 1]
    swapped = running == [*batch, *columns, *rows] and bool(rows) and bool(columns)
    matrix = [columns, rows] if swapped else [rows, columns]
    groups = [*([loop] for loop in batch), *matrix]
    return arranged(taken, loops, groups, nest.bounds, emit), swapped


def _shown(value: SSAValue, loops: list[int | None]) -> tuple[SSAValue, list[int | None]]:
    """What a transpose shows in another order, and the loops over its dimensions."""
    owner = value.owner
    if not isinstance(owner, te.TransposeOp):
        return value, loops
    before: list[int | None] = [None] * len(loops)
    for place, axis in enumerate(owner.permutation):
        before[axis] = loops[place]
    return _shown(owner.operand, before)


def _loops(nest: Structured, number: int) -> set[int]:
    return {loop for subscript in nest.accesses[number] for loop in subscript.scales}


def _running(nest: Structured, number: int) -> set[int]:
    return {loop for loop in _loops(nest, number) if nest.bounds[loop] > 1}
