"""Field ranges and element types: what the target's encoding and units accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from akg_mlir.machine.errors import FieldError
from akg_mlir.machine.isa.arithmetic import UNARY
from akg_mlir.machine.program import (
    BLOCK,
    DTYPES,
    GM,
    Copy,
    Fetch,
    Instruction,
    Load2d,
    Load3d,
    Mad,
    SetFlag,
    Vec,
    Vnchwconv,
    WaitFlag,
)

if TYPE_CHECKING:
    from akg_mlir.targets import Target

_Field = tuple[str, int, int, int]
_BLOCKS_PER_REPEAT = 8
_SINGLE_SOURCE = frozenset(UNARY) | {"vadds", "vmuls", "vaxpy", "vconv", "vector_dup"}
_SOURCES = {"vector_dup": 0, "vsel": 2, "vmla": 2}
_NEEDS_SCALAR = frozenset(("vadds", "vmuls", "vaxpy", "vector_dup"))


def check_fields(instruction: Instruction, target: Target) -> None:
    """Raise `FieldError` when the target cannot encode or execute the instruction."""
    for name, value, low, high in _fields(instruction, target):
        if not low <= value <= high:
            raise FieldError(f"{instruction.label}: {name} is {value}, allowed {low} to {high}")
    for operand in instruction.operands:
        if operand.element not in DTYPES:
            raise FieldError(f"{instruction.label}: unknown element type {operand.element}")
    match instruction:
        case Vec():
            _check_operands(instruction)
            _check_type(instruction, target, instruction.opcode, _vector_types(instruction))
        case Mad():
            types = f"{instruction.a.element}->{instruction.c.element}"
            _check_memories(instruction, ("l0c", "l0a", "l0b"))
            _check_type(instruction, target, "mad", types)
        case Vnchwconv():
            _check_type(instruction, target, "vnchwconv", instruction.src.element)
            _check_memories(instruction, ("ub", "ub"))
        case Fetch():
            _check_memories(instruction, ("ub", GM))
        case Copy(dst=dst, src=src) if (src.memory, dst.memory) not in target.paths:
            raise FieldError(f"{instruction.label}: no data path from {src.memory} to {dst.memory}")
        case Load3d(dst=dst, src=src) if (src.memory, dst.memory) != ("l1", "l0a"):
            raise FieldError(
                f"{instruction.label}: moves l1 to l0a, not {src.memory} to {dst.memory}"
            )
        case Load2d(dst=dst, src=src) if src.memory != "l1" or dst.memory not in ("l0a", "l0b"):
            raise FieldError(
                f"{instruction.label}: moves l1 to l0a or l0b, not {src.memory} to {dst.memory}"
            )
        case _:
            pass


def _fields(instruction: Instruction, target: Target) -> Iterator[_Field]:
    limits = target.limits
    match instruction:
        case Vec():
            yield from _vector_fields(instruction, target)
        case Copy():
            yield "burst count", instruction.n_burst, 1, limits.bursts
            yield "burst length", instruction.len_burst, 1, limits.burst_blocks
            yield "source gap", instruction.src_gap, 0, limits.burst_gap
            yield "destination gap", instruction.dst_gap, 0, limits.burst_gap
        case Load2d():
            yield "repeat", instruction.repeat, 1, limits.load2d_repeat
            yield "source stride", instruction.src_stride, 0, limits.burst_gap
            yield "destination gap", instruction.dst_gap, 0, limits.burst_gap
        case Load3d():
            yield from _load3d_fields(instruction, limits.load3d)
        case Vnchwconv():
            yield "repeat", instruction.repeat, 1, limits.repeat
            for stride in (instruction.dst_stride, instruction.src_stride):
                yield "block stride", stride, 0, limits.burst_gap
            for stride in (instruction.dst_repeat, instruction.src_repeat):
                yield "repeat step", stride, 0, limits.burst_gap
        case Mad():
            for name in "mkn":
                yield name, getattr(instruction, name), 1, 4095
        case SetFlag() | WaitFlag():
            yield "event id", instruction.event, 0, target.events_per_pair - 1
        case _:
            return


def _load3d_fields(load: Load3d, ranges: Mapping[str, tuple[int, int]]) -> Iterator[_Field]:
    arrays = {
        "image": load.image,
        "pads": load.pads,
        "kernel": load.kernel,
        "strides": load.strides,
        "dilations": load.dilations,
        "repeat": (load.repeat,),
        "jump": (load.jump,),
    }
    for name, entries in arrays.items():
        for entry in entries:
            yield (name, entry, *ranges[name])
    for tap, taps in zip(load.tap, load.kernel):
        yield "tap", tap, 0, taps - 1


def _vector_fields(vec: Vec, target: Target) -> Iterator[_Field]:
    limits = target.limits
    widest = max(DTYPES[op.element].itemsize for op in vec.operands if op.element in DTYPES)
    yield "repeat", vec.repeat, 0, limits.repeat
    yield "mask", vec.mask, 1, _BLOCKS_PER_REPEAT * BLOCK // widest
    single = vec.opcode in _SINGLE_SOURCE
    block_limit = limits.unary_block_stride if single else limits.block_stride
    for block, repeat in (vec.dst_stride, *vec.src_strides):
        yield "block stride", block, 0, block_limit
        yield "repeat stride", repeat, 0, limits.repeat_stride


def _check_operands(vec: Vec) -> None:
    single = vec.opcode in _SINGLE_SOURCE or vec.opcode.startswith("vc")
    expected = _SOURCES.get(vec.opcode, 1 if single else 2)
    if vec.opcode.startswith("vcmp"):
        expected = 2
    if len(vec.srcs) != expected:
        raise FieldError(f"{vec.label}: {expected} sources expected, got {len(vec.srcs)}")
    if vec.dst is None and not vec.opcode.startswith("vcmp"):
        raise FieldError(f"{vec.label}: a destination is expected")
    has_scalar = vec.scalar is not None or vec.register is not None
    if has_scalar != (vec.opcode in _NEEDS_SCALAR):
        raise FieldError(f"{vec.label}: takes {'no' if has_scalar else 'a'} scalar")
    _check_memories(vec, ("ub",) * len(vec.operands))


def _vector_types(vec: Vec) -> str:
    types = [op.element for op in vec.operands]
    if vec.opcode == "vconv":
        return f"{types[1]}->{types[0]}"
    if len(set(types)) != 1:
        raise FieldError(f"{vec.label}: operands of one element type expected, got {types}")
    return types[0]


def _check_type(instruction: Instruction, target: Target, name: str, element: str) -> None:
    if not target.supports(name, element):
        known = ", ".join(target.types.get("vcmp" if name.startswith("vcmp") else name, ()))
        raise FieldError(
            f"{instruction.label}: {target.name} has no {name} for {element} (has: {known})"
        )


def _check_memories(instruction: Instruction, expected: tuple[str, ...]) -> None:
    found = tuple(operand.memory for operand in instruction.operands)
    if found != expected:
        raise FieldError(f"{instruction.label}: operands must be in {expected}, are in {found}")
