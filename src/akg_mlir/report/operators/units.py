"""The units that run a `te` op, from what the passes and the targets say of each scalar op."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp, f16, f32, i1, i32
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
    REDUCING,
    UNARY,
    is_logic,
    op_refusal,
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


def _runs(op: Operation, target: Target) -> bool:
    """Whether the vector unit has instructions for a scalar op on its types."""
    if op_refusal(op) is not None:
        return False
    element, kind = op.results[0].type, type(op)
    if kind in CASTS:
        return _converts(op.operands[0].type, element, target)
    match op:
        case arith.CmpfOp():
            return target.supports("vcmp", str(op.lhs.type)) and target.supports("vsel", "f16")
        case arith.CmpiOp():
            return _converts(op.lhs.type, f16, target)
        case arith.SelectOp():
            return target.supports("vsel", str(f32 if element == i32 else element))
        case _ if is_logic(op):
            return target.supports("vmin", "f16")
        case _ if kind in UNARY and UNARY[kind] == Unary.NEG:
            return target.supports("vmuls", str(element)) or target.supports("vsub", str(element))
        case _:
            found = vector.BINARY[BINARY[kind]] if kind in BINARY else vector.UNARY[UNARY[kind]]
            return target.supports(found.value, str(element))


def _converts(source: Attribute, to: Attribute, target: Target) -> bool:
    """Truth values are bytes, and numbers of f16 on the way to others."""
    if source == i1:
        source, hops = f16, target.supports("vconv", "i8->f16")
        return hops and (to == f16 or _converts(source, to, target))
    return target.supports("vconv", f"{source}->{to}")
