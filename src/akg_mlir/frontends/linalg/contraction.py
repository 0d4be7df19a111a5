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
    lhs = _matrix(nest, a, [*([d] for d in batch), m, k], function, emit)
    rhs = _matrix(nest, b, [*([d] for d in batch), k, n], function, emit)
    cls = te.BatchMatmulOp if batch else te.MatmulOp
    product = emit(cls(lhs, rhs, element_type=to))
    order = [*batch, *m, *n]
    product = emit.reshape(product, [nest.bounds[loop] for loop in order])
    product = emit.transpose(product, [order.index(loop) for loop in sorted(order)])
    return emit.reshape(product, [nest.bounds[loop] for loop in nest.parallel])


def _matrix(
    nest: Structured, number: int, groups: list[list[int]], function: Function, emit: Emitter
) -> SSAValue:
    """An operand with a dimension per group of loops."""
    value = function.value(nest.inputs[number], nest.op)
    taken, loops = plain(value, nest.accesses[number], nest.bounds, emit)
    running = [loop if loop is not None and nest.bounds[loop] > 1 else None for loop in loops]
    return arranged(taken, running, groups, nest.bounds, emit)


def _loops(nest: Structured, number: int) -> set[int]:
    return {loop for subscript in nest.accesses[number] for loop in subscript.scales}


def _running(nest: Structured, number: int) -> set[int]:
    return {loop for loop in _loops(nest, number) if nest.bounds[loop] > 1}
