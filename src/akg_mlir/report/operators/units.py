"""The units that run a `te` op, from what the passes and the targets say of each scalar op."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Attribute, Block, Operation
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import te
from akg_mlir.dialects.npu import Unary
from akg_mlir.parsing import make_context
from akg_mlir.passes.affine.bodies import (
    BINARY,
    CASTS,
    FRACTALS,
    PREDICATES,
    REDUCING,
    UNARY,
    is_vector_type,
)
from akg_mlir.passes.npu.legalise import vector
from akg_mlir.passes.tensor.rewriting import functions
from akg_mlir.passes.tensor.te_decompose import TeDecompose
from akg_mlir.targets import Target

UNITS = ("cube", "vector", "scalar", "moves")
"""`moves`: transfers alone, nothing is computed."""


def units_of(program: ModuleOp, target: Target) -> tuple[str, ...]:
    """The units that compute a program of tensor ops (which is decomposed), in the order of UNITS.

    For ops that are not fused with others, in shapes that fill instructions: odd ones move
    elements by the scalar unit, too.
    """
    TeDecompose().apply(make_context(), program)
    found = {
        _unit(op, target)
        for function in functions(program)
        for op in function.body.block.ops
        if not isinstance(op, ReturnOp | te.ConstantOp | te.ReshapeOp)
    }
    computing = found - {"moves"}
    return tuple(unit for unit in UNITS if unit in (computing or {"moves"}))


def _unit(op: Operation, target: Target) -> str:
    if isinstance(op, te.ContractionOp | te.Conv2dOp) and _on_cube(op, target):
        return "cube"
    if isinstance(op, te.GatherOp):
        return "scalar"
    if isinstance(op, te.CompareOp):
        return "vector" if _selects(op) and _compares(op, target) else "scalar"
    if isinstance(op, te.SelectOp):
        condition, element = op.condition.owner, te.element_of(op.result)
        compared = isinstance(condition, te.CompareOp) and te.element_of(condition.lhs) == element
        return "vector" if compared and target.supports("vsel", str(element)) else "scalar"
    if not isinstance(op, te.StructuredOp):
        return "moves"
    body = Block(arg_types=[te.element_of(value) for value in op.operands])
    op.build_body(Builder(InsertPoint.at_end(body)), body.args)
    inner = [each for each in body.ops if not isinstance(each, arith.ConstantOp)]
    if op.reduction is None and not inner:
        return "moves"
    reduces = op.reduction is None or op.reduction in _REDUCED
    if reduces and op.reduction is not None:
        opcode = f"v{op.reduction.value}"
        reduces = target.supports(opcode, str(te.element_of(op.results[0])))
    return "vector" if reduces and all(_runs(each, target) for each in inner) else "scalar"


_REDUCED = tuple(te.Reduction(kind.value) for kind in REDUCING)


def _on_cube(op: te.ContractionOp | te.Conv2dOp, target: Target) -> bool:
    element = te.element_of(op.operands[0])
    sums = te.accumulator(element)
    if isinstance(op, te.Conv2dOp) and not te.is_cube_conv(op):
        return False
    return (element, sums) in FRACTALS and target.supports("mad", f"{element}->{sums}")


def _selects(op: te.CompareOp) -> bool:
    uses = list(op.result.uses)
    return bool(uses) and all(isinstance(use.operation, te.SelectOp) for use in uses)


def _compares(op: te.CompareOp, target: Target) -> bool:
    return target.supports("vcmp", str(te.element_of(op.lhs)))


def _runs(op: Operation, target: Target) -> bool:
    """Whether the vector unit has an instruction for a scalar op on its types."""
    element: Attribute = op.results[0].type
    kind = type(op)
    if not isinstance(op, arith.CmpfOp) and not all(
        is_vector_type(value.type) for value in (*op.operands, *op.results)
    ):
        return False
    if kind in BINARY:
        return target.supports(vector.BINARY[BINARY[kind]].value, str(element))
    if kind in UNARY:
        if UNARY[kind] == Unary.NEG:
            return target.supports("vmuls", str(element)) or target.supports("vsub", str(element))
        return target.supports(vector.UNARY[UNARY[kind]].value, str(element))
    if kind in CASTS:
        return target.supports("vconv", f"{op.operands[0].type}->{element}")
    if isinstance(op, arith.CmpfOp):
        return op.predicate.value.data in PREDICATES and target.supports("vcmp", str(op.lhs.type))
    return False
