"""The scalar unit as a last resort: any layout, any element type, one element at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.builder import Builder
from xdsl.dialects import arith, math, memref
from xdsl.dialects.builtin import (
    AnyFloat,
    FixedBitwidthType,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    f32,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.dialects.te import structured, ui8
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.views import Box, Operand, merge, squeeze

Compute = Callable[[Builder, Sequence[SSAValue]], SSAValue]
"""From the values of all operands at one point (the result's old value first) to the new one."""

_REACHABLE = (npu.Space.GM, npu.Space.UB)


def scalar_box(emitter: Emitter, box: Box, compute: Compute, reads_result: bool = False) -> None:
    """`box.dst[i] = compute(..)` at every point. Raises `CompileError` for memories of the cube."""
    box = merge(squeeze(box))
    if not box.sizes:
        box = Box((1,), tuple(o.with_strides((1,)) for o in box.operands))
    for operand in box.operands:
        if operand.space not in _REACHABLE:
            raise CompileError(
                f"this box needs the scalar unit, which cannot reach {operand.space.value}",
                emitter.op,
                hint="move whole 32-byte blocks to and from l1 and l0",
            )
    views = [emitter.view(o, box.sizes) for o in box.operands]
    indices = [IndexType()] * len(box.sizes)
    block = Block(arg_types=[*indices, *(v.type for v in (*views[1:], views[0]))])
    at, memrefs = block.args[: len(indices)], block.args[len(indices) :]
    builder = Builder(InsertPoint.at_end(block))
    loaded = [builder.insert(memref.LoadOp.get(m, at)).res for m in memrefs[:-1]]
    if reads_result:
        loaded.insert(0, builder.insert(memref.LoadOp.get(memrefs[-1], at)).res)
    builder.insert(memref.StoreOp.get(compute(builder, loaded), memrefs[-1], at))
    emitter.insert(npu.ScalarOp(box.sizes, views[1:], [views[0]], Region(block)))


def scalar_copy(emitter: Emitter, dst: Operand, src: Operand, sizes: Sequence[int]) -> None:
    """Element by element from `src` to `dst`."""
    scalar_box(emitter, Box(tuple(sizes), (dst, src)), lambda _, values: values[0])


def number(value: float, element: Attribute) -> FloatAttr | IntegerAttr:
    """A scalar attribute of an element type. Raises `CompileError` for other types."""
    if isinstance(element, AnyFloat):
        return FloatAttr(value, element)
    if isa(element, IntegerType):
        return IntegerAttr(int(value), element)
    raise CompileError(f"{element} is not a number type")


def constant(builder: Builder, value: float, element: Attribute) -> SSAValue:
    return structured.scalar(builder, number(value, element).value.data, element)


_FLOAT_BINARY: dict[npu.Binary, type[Operation]] = {
    npu.Binary.ADD: arith.AddfOp,
    npu.Binary.SUB: arith.SubfOp,
    npu.Binary.MUL: arith.MulfOp,
    npu.Binary.DIV: arith.DivfOp,
    npu.Binary.MAX: arith.MaximumfOp,
    npu.Binary.MIN: arith.MinimumfOp,
}
_INT_BINARY: dict[npu.Binary, type[Operation]] = {
    npu.Binary.ADD: arith.AddiOp,
    npu.Binary.SUB: arith.SubiOp,
    npu.Binary.MUL: arith.MuliOp,
    npu.Binary.DIV: arith.DivSIOp,
    npu.Binary.MAX: arith.MaxSIOp,
    npu.Binary.MIN: arith.MinSIOp,
}
_BOOL_BINARY: dict[npu.Binary, type[Operation]] = {
    **_INT_BINARY,
    npu.Binary.MAX: arith.MaxUIOp,
    npu.Binary.MIN: arith.MinUIOp,
}


def is_float(element: Attribute) -> bool:
    return isinstance(element, AnyFloat)


def is_bool(element: Attribute) -> bool:
    return isinstance(element, IntegerType) and element.bitwidth == 1


def is_unsigned(element: Attribute) -> bool:
    """Whether conversions add zeros in front of a number."""
    return is_bool(element) or element == ui8


def binary(builder: Builder, kind: npu.Binary, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
    """One binary operation on scalars of one type."""
    if is_float(lhs.type):
        table = _FLOAT_BINARY
    else:
        table = _BOOL_BINARY if is_bool(lhs.type) else _INT_BINARY
    return builder.insert(table[kind](lhs, rhs)).results[0]  # pyright: ignore[reportCallIssue]


_FLOAT_UNARY: dict[npu.Unary, type[Operation]] = {
    npu.Unary.NEG: arith.NegfOp,
    npu.Unary.ABS: math.AbsFOp,
    npu.Unary.EXP: math.ExpOp,
    npu.Unary.LN: math.LogOp,
    npu.Unary.SQRT: math.SqrtOp,
    npu.Unary.RSQRT: math.RsqrtOp,
}


def unary(builder: Builder, kind: npu.Unary, x: SSAValue, op: Operation) -> SSAValue:
    """One unary operation on a scalar. Raises `CompileError` where integers have none."""
    if kind == npu.Unary.COPY:
        return x
    if is_float(x.type) and kind in _FLOAT_UNARY:
        return builder.insert(_FLOAT_UNARY[kind](x)).results[0]  # pyright: ignore[reportCallIssue]
    match kind:
        case npu.Unary.REC if is_float(x.type):
            return binary(builder, npu.Binary.DIV, constant(builder, 1, x.type), x)
        case npu.Unary.RELU:
            return binary(builder, npu.Binary.MAX, x, constant(builder, 0, x.type))
        case npu.Unary.NEG:
            return binary(builder, npu.Binary.SUB, constant(builder, 0, x.type), x)
        case npu.Unary.ABS:
            return builder.insert(math.AbsIOp(x)).results[0]
        case _:
            raise CompileError(f"{kind.value} is not defined on {x.type}", op)


_PREDICATES: dict[npu.Predicate, tuple[str, str, str]] = {
    npu.Predicate.EQ: ("oeq", "eq", "eq"),
    npu.Predicate.NE: ("une", "ne", "ne"),
    npu.Predicate.LT: ("olt", "slt", "ult"),
    npu.Predicate.LE: ("ole", "sle", "ule"),
    npu.Predicate.GT: ("ogt", "sgt", "ugt"),
    npu.Predicate.GE: ("oge", "sge", "uge"),
}
"""Predicate -> its name for floats, integers and booleans."""


def compare(builder: Builder, kind: npu.Predicate, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
    """An i1. NaN is different from everything, itself included."""
    floating, integer, boolean = _PREDICATES[kind]
    if is_float(lhs.type):
        return builder.insert(arith.CmpfOp(lhs, rhs, floating)).result
    name = boolean if is_bool(lhs.type) else integer
    return builder.insert(arith.CmpiOp(lhs, rhs, name)).result


def cast(builder: Builder, x: SSAValue, to: Attribute) -> SSAValue:
    """Convert a scalar: floats round to nearest even, float to integer truncates."""
    if x.type == to:
        return x
    if is_bool(to):
        return compare(builder, npu.Predicate.NE, x, constant(builder, 0, x.type))
    source = x.type
    assert isinstance(source, FixedBitwidthType)
    assert isinstance(to, FixedBitwidthType)
    if is_float(source) and is_float(to) and source.bitwidth == to.bitwidth:
        return cast(builder, cast(builder, x, f32), to)
    op = _conversion(source, to)
    return builder.insert(op(x, to)).results[0]  # pyright: ignore[reportCallIssue]


def _conversion(source: FixedBitwidthType, to: FixedBitwidthType) -> type[Operation]:
    wider = to.bitwidth > source.bitwidth
    match is_float(source), is_float(to):
        case True, True:
            return arith.ExtFOp if wider else arith.TruncFOp
        case True, False:
            return arith.FPToUIOp if is_unsigned(to) else arith.FPToSIOp
        case False, True:
            return arith.UIToFPOp if is_unsigned(source) else arith.SIToFPOp
        case _:
            if not wider:
                return arith.TruncIOp
            return arith.ExtUIOp if is_unsigned(source) else arith.ExtSIOp
