"""Every tile op on the scalar unit: what it means, element by element."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise import scalar
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.gather import gather_by_scalar
from akg_mlir.passes.npu.legalise.reduce import KINDS
from akg_mlir.passes.npu.legalise.views import box_of

Values = Sequence[SSAValue]


def lower_by_scalar(emitter: Emitter, op: Operation) -> None:
    """The op as one `npu.scalar`. Raises `CompileError` where even that has no form."""
    match op:
        case npu.DmaOp():
            scalar.scalar_box(emitter, box_of(op.dst, op.src), lambda _, v: v[0])
        case npu.GatherOp():
            gather_by_scalar(emitter, op)
        case npu.VUnaryOp():
            _unary(emitter, op)
        case npu.VCastOp():
            to = npu.memref_type(op.dst).element_type
            box = box_of(op.dst, op.src)
            scalar.scalar_box(emitter, box, lambda b, v: scalar.cast(b, v[0], to))
        case npu.VFillOp():
            _fill(emitter, op)
        case npu.VSelectOp():
            _select(emitter, op)
        case npu.VBlendOp():
            _blend(emitter, op)
        case _:
            _arithmetic(emitter, op)


def _fill(emitter: Emitter, op: npu.VFillOp) -> None:
    number, element = op.scalar.value.data, op.scalar.type
    scalar.scalar_box(emitter, box_of(op.dst), lambda b, _: scalar.constant(b, number, element))


def _unary(emitter: Emitter, op: npu.VUnaryOp) -> None:
    kind = op.kind.data

    def compute(builder: Builder, values: Values) -> SSAValue:
        return scalar.unary(builder, kind, values[0], op)

    scalar.scalar_box(emitter, box_of(op.dst, op.src), compute)


def _select(emitter: Emitter, op: npu.VSelectOp) -> None:
    predicate = op.predicate.data

    def compute(builder: Builder, values: Values) -> SSAValue:
        lhs, rhs, on_true, on_false = values
        condition = scalar.compare(builder, predicate, lhs, rhs)
        return builder.insert(arith.SelectOp(condition, on_true, on_false)).result

    box = box_of(op.dst, op.lhs, op.rhs, op.on_true, op.on_false)
    scalar.scalar_box(emitter, box, compute)


def _blend(emitter: Emitter, op: npu.VBlendOp) -> None:
    def compute(builder: Builder, values: Values) -> SSAValue:
        truth, *choice = values
        condition = scalar.cast(builder, truth, i1)
        return builder.insert(arith.SelectOp(condition, *choice)).result

    box = box_of(op.dst, op.truth, op.on_true, op.on_false)
    scalar.scalar_box(emitter, box, compute)


def _arithmetic(emitter: Emitter, op: Operation) -> None:
    match op:
        case npu.VBinaryOp():
            kind = op.kind.data
            box = box_of(op.dst, op.lhs, op.rhs)
            scalar.scalar_box(emitter, box, lambda b, v: scalar.binary(b, kind, v[0], v[1]))
        case npu.VScalarOp():
            _with_scalar(emitter, op)
        case npu.VReduceOp():
            kind = KINDS[op.kind.data]
            box = box_of(op.dst, op.src)
            scalar.scalar_box(
                emitter, box, lambda b, v: scalar.binary(b, kind, v[0], v[1]), reads_result=True
            )
        case npu.VMulAddOp():
            _multiply_add(emitter, op)
        case _:
            raise CompileError("no instruction does this tile op", op)


def _with_scalar(emitter: Emitter, op: npu.VScalarOp) -> None:
    kind, value = op.kind.data, op.scalar

    def compute(builder: Builder, values: Values) -> SSAValue:
        constant = builder.insert(arith.ConstantOp(value)).result
        return scalar.binary(builder, kind, values[0], constant)

    scalar.scalar_box(emitter, box_of(op.dst, op.src), compute)


def _multiply_add(emitter: Emitter, op: npu.VMulAddOp) -> None:
    def compute(builder: Builder, values: Values) -> SSAValue:
        old, lhs, rhs = values
        product = scalar.binary(builder, npu.Binary.MUL, lhs, rhs)
        return scalar.binary(builder, npu.Binary.ADD, old, product)

    scalar.scalar_box(emitter, box_of(op.dst, op.lhs, op.rhs), compute, reads_result=True)
