"""Element-wise tile ops to vector instructions. Every function may raise `NoVectorForm`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f32, i1, i8, i32
from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Opcode, Predicate, Unary
from akg_mlir.passes.npu.legalise.broadcast import is_lane_broadcast
from akg_mlir.passes.npu.legalise.bursts import is_one_burst_copy, write_bursts
from akg_mlir.passes.npu.legalise.elementwise import require, write_vec
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.issue import Fields
from akg_mlir.passes.npu.legalise.overwritten import from_blocks
from akg_mlir.passes.npu.legalise.permute import apply, is_permuted, move, permuted_copy
from akg_mlir.passes.npu.legalise.scalar import number
from akg_mlir.passes.npu.legalise.transpose import floor_to_block
from akg_mlir.passes.npu.legalise.views import Box, Operand, box_of, normalise

UNARY = {
    Unary.ABS: Opcode.VABS,
    Unary.EXP: Opcode.VEXP,
    Unary.LN: Opcode.VLN,
    Unary.SQRT: Opcode.VSQRT,
    Unary.RSQRT: Opcode.VRSQRT,
    Unary.REC: Opcode.VREC,
    Unary.RELU: Opcode.VRELU,
}
BINARY = {
    Binary.ADD: Opcode.VADD,
    Binary.SUB: Opcode.VSUB,
    Binary.MUL: Opcode.VMUL,
    Binary.DIV: Opcode.VDIV,
    Binary.MAX: Opcode.VMAX,
    Binary.MIN: Opcode.VMIN,
}
WITH_SCALAR = {Binary.ADD: Opcode.VADDS, Binary.MUL: Opcode.VMULS}
COMPARE = {p: Opcode(f"vcmp_{p.value}") for p in Predicate}


def lower_unary(emitter: Emitter, op: npu.VUnaryOp) -> None:
    box, kind = box_of(op.dst, op.src), op.kind.data
    element = box.dst.element
    match kind:
        case Unary.COPY:
            copy(emitter, box)
        case Unary.NEG if emitter.has(Opcode.VMULS, element):
            apply(emitter, box, write_vec(emitter, Opcode.VMULS, number(-1, element)))
        case Unary.NEG:
            require(emitter, Opcode.VSUB, element)
            zero = emitter.constant(number(0, element), len(box.sizes))
            apply(emitter, _with(box, zero, box.operands[1]), write_vec(emitter, Opcode.VSUB))
        case Unary.RELU if not emitter.has(Opcode.VRELU, element):
            with_number(emitter, box, Opcode.VMAX, number(0, element))
        case _:
            require(emitter, UNARY[kind], element)
            apply(emitter, box, write_vec(emitter, UNARY[kind]))


def _with(box: Box, *sources: Operand) -> Box:
    return Box(box.sizes, (box.dst, *sources))


def with_number(emitter: Emitter, box: Box, opcode: Opcode, value: FloatAttr | IntegerAttr) -> None:
    """`dst = src op value` through a block that holds the value in every lane."""
    require(emitter, opcode, box.dst.element)
    require(emitter, Opcode.VECTOR_DUP, box.dst.element)
    block = emitter.constant(value, len(box.sizes))
    apply(emitter, _with(box, box.operands[1], block), write_vec(emitter, opcode))


def copy(emitter: Emitter, box: Box) -> None:
    """Move a box inside UB: one burst copy, transposes, or lane by lane under a mask."""
    normal = normalise(box)
    if is_one_burst_copy(normal, emitter.target.limits):
        write_bursts(emitter, normal)
    elif is_permuted(normal, normal.operands[1]):
        permuted_copy(emitter, normal)
    elif emitter.has(Opcode.VMAX, box.dst.element):
        move(emitter, box)
    else:
        write_bursts(emitter, normal)


def lower_binary(emitter: Emitter, op: npu.VBinaryOp) -> None:
    box = box_of(op.dst, op.lhs, op.rhs)
    binary(emitter, BINARY[op.kind.data], box)


def binary(emitter: Emitter, opcode: Opcode, box: Box) -> None:
    """`dst = lhs op rhs`; one element known at run time only becomes a register operand."""
    require(emitter, opcode, box.dst.element)
    dst, lhs, rhs = box.operands
    with_register = {BINARY[k]: o for k, o in WITH_SCALAR.items()}.get(opcode)
    if with_register is not None and emitter.has(with_register, dst.element):
        for single, other in ((rhs, lhs), (lhs, rhs)):
            if is_single_unknown(box, single):
                write = write_vec(emitter, with_register, register=emitter.scalar_load(single))
                apply(emitter, _with(box, other), write)
                return
    apply(emitter, box, write_vec(emitter, opcode))


def is_single_unknown(box: Box, operand: Operand) -> bool:
    """One element for the whole box, at a lane that only run time knows."""
    normal = normalise(_with(box, operand))
    if not is_lane_broadcast(normal, normal.operands[1]) or any(normal.operands[1].strides):
        return False
    return floor_to_block(operand) is None


def lower_scalar(emitter: Emitter, op: npu.VScalarOp) -> None:
    box, kind = box_of(op.dst, op.src), op.kind.data
    value = op.scalar
    with_immediate = WITH_SCALAR.get(kind)
    if with_immediate is not None and emitter.has(with_immediate, box.dst.element):
        apply(emitter, box, write_vec(emitter, with_immediate, value))
    else:
        with_number(emitter, box, BINARY[kind], value)


def lower_fill(emitter: Emitter, op: npu.VFillOp) -> None:
    fill(emitter, from_blocks(op, box_of(op.dst)), op.scalar)


def fill(emitter: Emitter, box: Box, value: FloatAttr | IntegerAttr) -> None:
    """The same number in every element."""
    require(emitter, Opcode.VECTOR_DUP, box.dst.element)
    apply(emitter, box, write_vec(emitter, Opcode.VECTOR_DUP, value))


def lower_cast(emitter: Emitter, op: npu.VCastOp) -> None:
    box = box_of(op.dst, op.src).map(_as_byte)
    dst, src = (o.element for o in box.operands)
    if dst == src:
        copy(emitter, box)
    elif emitter.target.supports("vconv", f"{src}->{dst}"):
        apply(emitter, box, write_vec(emitter, Opcode.VCONV))
    else:
        raise NoVectorForm(f"vconv does not convert {src} to {dst}")


def _as_byte(operand: Operand) -> Operand:
    """Truth values lie as bytes, 0 or 1."""
    return replace(operand, element=i8) if operand.element == i1 else operand


def lower_select(emitter: Emitter, op: npu.VSelectOp) -> None:
    box = box_of(op.dst, op.lhs, op.rhs, op.on_true, op.on_false)
    choose(emitter, COMPARE[op.predicate.data], box)


def choose(emitter: Emitter, compare: Opcode, box: Box) -> None:
    """Each repeat: compare into the mask register, then select by it. The box has the result, what
    is compared, and what is chosen."""
    require(emitter, compare, box.operands[1].element)
    if box.dst.element == i32:
        dst, lhs, rhs, *values = box.operands
        as_f32 = [replace(o, element=f32) for o in (dst, *values)]
        box = box.with_operands([as_f32[0], lhs, rhs, *as_f32[1:]])
    require(emitter, Opcode.VSEL, box.dst.element)

    def write(pointers: Sequence[SSAValue], fields: Fields) -> None:
        dst, lhs, rhs, *values = pointers
        repeat, mask = fields.repeat, fields.mask
        emitter.insert(
            npu.VecOp(
                compare,
                None,
                [lhs, rhs],
                repeat=repeat,
                mask=mask,
                src_strides=fields.strides[1:3],
            )
        )
        emitter.insert(
            npu.VecOp(
                Opcode.VSEL,
                dst,
                values,
                repeat=repeat,
                mask=mask,
                dst_stride=fields.strides[0],
                src_strides=fields.strides[3:],
            )
        )

    apply(emitter, box, write, max_repeat=1)
