"""Instruction fields are in the ranges the target can encode, types and paths are legal."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerAttr, i64

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import (
    CopyOp,
    FetchOp,
    Load2dOp,
    Load3dOp,
    MadOp,
    Opcode,
    PipeOp,
    ScalarLoadOp,
    ScalarOp,
    VecOp,
    VnchwconvOp,
    space_of,
)
from akg_mlir.passes.npu.memory.footprint import bytes_of, element_of
from akg_mlir.targets import Target


def check_fields(op: PipeOp, target: Target) -> None:
    """Raises `CompileError` naming the op, the field, its value and the limit."""
    match op:
        case CopyOp() | FetchOp():
            _check_copy(op, target)
        case VecOp():
            _check_vector(op, target)
        case VnchwconvOp():
            _in_range(op, "repeat", op.repeat, 1, target.limits.repeat)
            _supported(op, target, "vnchwconv", str(element_of(op.src)))
        case Load2dOp():
            _in_range(op, "repeat", op.repeat, 1, target.limits.load2d_repeat)
            _in_range(op, "dst_gap", op.dst_gap, 0, target.limits.burst_gap)
            _in_range(op, "src_stride", op.src_stride, 0, target.limits.burst_gap)
            _check_path(op, target, space_of(op.src.type), space_of(op.dst.type))
        case Load3dOp():
            _check_load3d(op, target)
        case MadOp():
            for field, value in (("m", op.m), ("k", op.k), ("n", op.n)):
                _in_range(op, field, value, 1, None)
            _supported(op, target, "mad", f"{element_of(op.a)}->{element_of(op.c)}")
        case ScalarOp() | ScalarLoadOp():
            pass
        case _:
            raise CompileError(
                "is a tile op, the machine has no such instruction", op, hint="run npu-legalise"
            )


def _check_copy(op: CopyOp | FetchOp, target: Target) -> None:
    limits = target.limits
    _in_range(op, "n_burst", op.n_burst, 1, limits.bursts)
    _in_range(op, "len_burst", op.len_burst, 1, limits.burst_blocks)
    _in_range(op, "src_gap", op.src_gap, 0, limits.burst_gap)
    _in_range(op, "dst_gap", op.dst_gap, 0, limits.burst_gap)
    _check_path(op, target, space_of(op.src.type), space_of(op.dst.type))


def _check_load3d(op: Load3dOp, target: Target) -> None:
    ranges = target.limits.load3d
    arrays = {
        "image": op.image,
        "pads": op.pads,
        "kernel": op.kernel,
        "strides": op.strides,
        "dilations": op.dilations,
    }
    for field, array in arrays.items():
        for entry in array.get_values():
            _in_range(op, field, IntegerAttr(entry, i64), *ranges[field])
    for field, value in (("repeat", op.repeat), ("jump", op.jump)):
        _in_range(op, field, value, *ranges[field])
    for tap, taps in zip(op.tap.get_values(), op.kernel.get_values()):
        _in_range(op, "tap", IntegerAttr(tap, i64), 0, taps - 1)
    _check_path(op, target, space_of(op.src.type), space_of(op.dst.type))


def _check_path(op: PipeOp, target: Target, source: str, destination: str) -> None:
    if (str(source), str(destination)) not in target.paths:
        raise CompileError(f"{target.name} has no path from {source} to {destination}", op)


def _check_vector(op: VecOp, target: Target) -> None:
    limits, opcode = target.limits, op.opcode.data
    operands = [*op.srcs, *([] if op.dst is None else [op.dst])]
    sizes = [bytes_of(element_of(v)) for v in operands]
    lanes = target.vector.repeat_bytes // max(sizes, default=1)
    _in_range(op, "repeat", op.repeat, 0, limits.repeat)
    _in_range(op, "mask", op.mask, 1, lanes)
    block = limits.unary_block_stride if len(op.srcs) < 2 else limits.block_stride
    _check_strides(op, "dst_stride", op.dst_stride.get_values(), block, limits.repeat_stride)
    _check_strides(op, "src_stride", op.src_stride.get_values(), block, limits.repeat_stride)
    elements = [str(element_of(v)) for v in operands]
    if opcode is Opcode.VCONV and op.dst is not None:
        _supported(op, target, "vconv", f"{elements[0]}->{elements[-1]}")
    else:
        for element in dict.fromkeys(elements):
            _supported(op, target, opcode.value, element)


def _check_strides(op: VecOp, field: str, strides: Sequence[int], block: int, repeat: int) -> None:
    for i, stride in enumerate(strides):
        limit = repeat if i % 2 else block
        if not 0 <= stride <= limit:
            what = "repeat stride" if i % 2 else "block stride"
            raise CompileError(f"field {field}: {what} {stride} is not in 0..{limit}", op)


def _supported(op: PipeOp, target: Target, instruction: str, element: str) -> None:
    if not target.supports(instruction, element):
        raise CompileError(f"{target.name} has no {instruction} on {element}", op)


def _in_range(op: PipeOp, field: str, value: IntegerAttr, low: int, high: int | None) -> None:
    number = value.value.data
    if number < low or (high is not None and number > high):
        top = "" if high is None else high
        raise CompileError(f"field {field} is {number}, not in {low}..{top}", op)
